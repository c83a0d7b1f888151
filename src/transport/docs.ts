import { swagger } from '@elysiajs/swagger'
import type { Elysia } from 'elysia'
import { INFO, openApiDocument } from './openapi.ts'
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
}

/** The path of `BASE_URL` without a trailing slash, for a server under a sub-path of a proxy; '' for the root. */
export function prefixOf(base_url: string | null): string {
  return base_url === null ? '' : new URL(base_url).pathname.replace(/\/$/, '')
}

/** `/openapi.json`, and `/docs`: the API reference, which works without internet. */
export function addDocs(app: Elysia, base_url: string | null): void {
  const prefix = prefixOf(base_url)
  let json: string | null = null
  const document = () => {
    json ??= JSON.stringify(openApiDocument(base_url ?? '/'))
    return new Response(json, { headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } })
  }
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
  const scalarConfig = { ...QUIET, url: `${prefix}/docs/json` }
  app.use(swagger({ path: '/docs', scalarCDN: `${prefix}${SCRIPT}`, scalarConfig, documentation: { info: INFO } }))
  // After the plugin, whose route it replaces: the plugin's document would show internals of Zod.
  app.get('/docs/json', document)
}
