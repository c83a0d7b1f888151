import type { Storage } from '../ports/storage.ts'

/** How long a dependency may take to say that it works. */
const PATIENCE_MS = 2_500

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Whether the process runs at all: asks nothing of anybody. */
export function live(): Response {
  return new Response('{"status":"ok"}', { headers: HEADERS })
}

/** Whether it can serve: 503 while a dependency is down or the server is stopping. */
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
