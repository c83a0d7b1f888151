/** How long a dependency may take to answer. */
const PATIENCE_MS = 2_500

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Whether the process runs. Does not ask any dependency. */
export function live(): Response {
  return new Response('{"status":"ok"}', { headers: HEADERS })
}

/** What the server cannot serve without, by name. */
export type Dependencies = Readonly<Record<string, { health(): Promise<void> }>>

export interface Background {
  /** The names of followers, jobs and queues that make no progress. */
  stuck(): Promise<string[]>
}

/**
 * Whether the server can serve: 503 while a dependency is unavailable or the server is stopping. It stays ready while background
 * work makes no progress.
 */
export async function ready(dependencies: Dependencies, background: Background, draining: boolean): Promise<Response> {
  const checks = Object.entries(dependencies).map(async ([name, dependency]) => {
    const works = await answers(dependency.health())
    return { name, works }
  })
  const checked = await Promise.all(checks)
  const ok = checked.every(({ works }) => works) && !draining
  const status = draining ? 'stopping' : ok ? 'ok' : 'unavailable'
  const states = checked.map(({ name, works }) => [name, { status: works ? 'ok' : 'unavailable' }] as const)
  const stuck = ok ? await within(background.stuck(), []) : []
  const body = {
    status,
    dependencies: Object.fromEntries(states),
    background: stuck.length > 0 ? { status: 'degraded', stuck } : { status: 'ok' },
  }
  return new Response(JSON.stringify(body), {
    status: ok ? 200 : 503,
    headers: ok ? HEADERS : { ...HEADERS, 'retry-after': '1' },
  })
}

async function answers(check: Promise<void>): Promise<boolean> {
  const works = check.then(() => true)
  return within(works, false)
}

/** The answer, or `otherwise` if it fails or takes too long. */
function within<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  return Promise.race([answer.catch(() => otherwise), Bun.sleep(PATIENCE_MS).then(() => otherwise)])
}
