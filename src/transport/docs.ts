import { swagger } from '@elysiajs/swagger'
import type { Elysia } from 'elysia'
import type { Config } from '../config.ts'
import { INFO, openApiDocument } from './openapi.ts'

export const SCRIPT = '/docs/assets/reference.js'

/** Keeps the reference page from calling anybody but this server. */
const QUIET = {
  url: '/docs/json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
}

/** `/openapi.json`, and `/docs`: the API reference, which works without internet. */
export function addDocs(app: Elysia, config: Pick<Config, 'base_url'>): void {
  let json: string | null = null
  const document = () => {
    json ??= JSON.stringify(openApiDocument(config.base_url ?? '/'))
    return new Response(json, { headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } })
  }
  let script: Promise<Uint8Array<ArrayBuffer>> | null = null
  app.get(SCRIPT, async () => {
    script ??= compressed(import.meta.resolve('@scalar/api-reference'))
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
  app.use(swagger({ path: '/docs', scalarCDN: SCRIPT, scalarConfig: QUIET, documentation: { info: INFO } }))
  // After the plugin, so that ours is the document: the plugin's would show Zod's insides.
  app.get('/docs/json', document)
}

/** The browser build stands beside the package's entry. */
async function compressed(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  return Bun.gzipSync(await Bun.file(new URL('browser/standalone.js', entry)).bytes())
}
