/** How long a dependency may take to answer. */
const PATIENCE_MS = 2_500

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Whether the process runs. Does not ask any dependency. */
export function live(): Response {
  return new Response('{"status":"ok"}', { headers: HEADERS })
}

/** What the server cannot serve without, by name. */
export type Dependencies = Readonly<Record<string, { health(): Promise<void> }>>

/** Whether the server can serve: 503 while a dependency is unavailable or the server is stopping. */
export async function ready(dependencies: Dependencies, draining: boolean): Promise<Response> {
  const checks = Object.entries(dependencies).map(async ([name, dependency]) => {
    const works = await answers(dependency.health())
    return { name, works }
  })
  const checked = await Promise.all(checks)
  const ok = checked.every(({ works }) => works) && !draining
  const status = draining ? 'stopping' : ok ? 'ok' : 'unavailable'
  const states = checked.map(({ name, works }) => [name, { status: works ? 'ok' : 'unavailable' }] as const)
  return new Response(JSON.stringify({ status, dependencies: Object.fromEntries(states) }), {
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
