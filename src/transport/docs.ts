import { swagger } from '@elysiajs/swagger'
import type { Elysia } from 'elysia'
import { asyncApiDocument } from './asyncapi.ts'
import { frameSchemas } from './frame-schemas.ts'
import { INFO, openApiDocument } from './openapi.ts'
import type { Json } from './openapi-schemas.ts'
import { reference } from './reference.ts'

export const SCRIPT = '/docs/assets/reference.js'

/** Settings with which the reference page makes requests to this server only. */
const QUIET = {
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  // Codes and numbers in tables are not broken in two, and wide tables scroll by themselves.
  customCss:
    '.markdown table{display:block!important;max-width:100%;overflow-x:auto!important}.markdown :is(td,th,td code){word-break:normal!important;overflow-wrap:normal!important}',
}

const HTML = { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' }

/** The path of `BASE_URL` without a trailing slash, for a server under a sub-path of a proxy; '' for the root. */
export function prefixOf(base_url: string | null): string {
  return base_url === null ? '' : new URL(base_url).pathname.replace(/\/$/, '')
}

/** `/openapi.json`, `/asyncapi.json`, the schemas of frames, and `/docs`: the API reference, which works without internet. */
export function addDocs(app: Elysia, base_url: string | null): void {
  const prefix = prefixOf(base_url)
  const server = base_url ?? '/'
  const document = published(() => openApiDocument(server))
  let script: Promise<Uint8Array<ArrayBuffer>> | null = null
  app.get(SCRIPT, async () => {
    script ??= reference()
    return new Response(await script, {
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'content-encoding': 'gzip',
        'cache-control': 'public, max-age=86400',
        'x-content-type-options': 'nosniff',
      },
    })
  })
  app.get('/openapi.json', document)
  app.get(
    '/asyncapi.json',
    published(() => asyncApiDocument(server)),
  )
  app.get('/schemas/frames.json', published(frameSchemas))
  const scalarConfig = { ...QUIET, url: `${prefix}/docs/json` }
  app.use(swagger({ path: '/docs', scalarCDN: `${prefix}${SCRIPT}`, scalarConfig, documentation: { info: INFO } }))
  app.get('/docs/socket', () => new Response(socketPage(prefix), { headers: HTML }))
  // After the plugin, whose route it replaces: the plugin's document would show internals of Zod.
  app.get(
    '/docs/json',
    published(() => byName(openApiDocument(server))),
  )
}

/** The page of the socket, made from `/asyncapi.json` by the same script. */
function socketPage(prefix: string): string {
  const config = JSON.stringify({ ...QUIET, url: `${prefix}/asyncapi.json` })
  return `<!doctype html>
<html lang="en">
  <head>
    <title>Parley: the socket</title>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
  </head>
  <body style="margin: 0">
    <script id="api-reference" data-configuration='${config}'></script>
    <script src="${prefix}${SCRIPT}"></script>
  </body>
</html>`
}

/** The document for the page, which lists operations by their names. */
function byName(document: Json): Json {
  // Cast: the document is made by `openApiDocument`.
  const paths = document['paths'] as Record<string, Record<string, Described>>
  const named = Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, { operationId, summary, description, ...rest }]) => [
        method,
        {
          operationId,
          summary: operationId,
          description: [summary, description].filter(Boolean).join('\n\n'),
          ...rest,
        },
      ]),
    ),
  ])
  return { ...document, paths: Object.fromEntries(named) as Json }
}

interface Described {
  operationId: string
  summary: string
  description?: string
}

interface Document {
  json: string
  gzip: Uint8Array<ArrayBuffer>
  /** Weak, because it names both encodings. */
  etag: string
}

/** A route of a document, which is made at the first request. */
function published(make: () => Json) {
  let made: Document | null = null
  return ({ request }: { request: Request }) => answer((made ??= toDocument(make())), request)
}

function toDocument(content: Json): Document {
  const json = JSON.stringify(content)
  return { json, gzip: Bun.gzipSync(json), etag: `W/"${Bun.hash(json).toString(36)}"` }
}

function answer({ json, gzip, etag }: Document, { headers: asked }: Request): Response {
  const headers = { etag, vary: 'accept-encoding', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
  const known = asked.get('if-none-match')?.split(',') ?? []
  if (known.some(each => each.trim() === etag)) return new Response(null, { status: 304, headers })
  const typed = { ...headers, 'content-type': 'application/json' }
  if (!takesGzip(asked.get('accept-encoding') ?? '')) return new Response(json, { headers: typed })
  return new Response(gzip, { headers: { ...typed, 'content-encoding': 'gzip' } })
}

function takesGzip(accepted: string): boolean {
  return accepted.split(',').some(each => /^\s*gzip\s*(?:;\s*q=(?:0\.0*[1-9]|1)\S*\s*)?$/i.test(each))
}
