import type { Storage } from '../ports/storage.ts'

/** How long a dependency may take to answer. */
const PATIENCE_MS = 2_500

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Whether the process runs. Does not ask any dependency. */
export function live(): Response {
  return new Response('{"status":"ok"}', { headers: HEADERS })
}

/** Whether the server can serve: 503 while a dependency is unavailable or the server is stopping. */
export async function ready(storage: Pick<Storage, 'health'>, draining: boolean): Promise<Response> {
  const storageWorks = await answers(storage.health())
  const ok = storageWorks && !draining
  const status = draining ? 'stopping' : ok ? 'ok' : 'unavailable'
  const dependencies = { storage: { status: storageWorks ? 'ok' : 'unavailable' } }
  return new Response(JSON.stringify({ status, dependencies }), {
    status: ok ? 200 : 503,
    headers: ok ? HEADERS : { ...HEADERS, 'retry-after': '1' },
  })
}

async function answers(check: Promise<void>): Promise<boolean> {
  const works = check.then(
    () => true,
    () => false,
  )
  return Promise.race([works, Bun.sleep(PATIENCE_MS).then(() => false)])
}
