import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'

/** How long a dependency may take to answer. */
const PATIENCE_MS = 2_500

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

const LIVE = JSON.stringify({ status: 'ok', feature_level: FEATURE_LEVEL })

/** Whether the process runs. Does not ask any dependency. */
export function live(): Response {
  return new Response(LIVE, { headers: HEADERS })
}

/** What the server uses, by name. It serves without one that is not `needed`. */
export type Dependencies = Readonly<Record<string, Dependency>>

export interface Dependency {
  needed: boolean
  /** Rejects or gives false while the dependency is unavailable. */
  check: () => Promise<boolean | void>
}

export interface Background {
  /** The names of followers, jobs and queues that make no progress. */
  stuck(): Promise<string[]>
}

/**
 * Whether the server can serve: 503 while a dependency that it needs is unavailable or the server is stopping. It stays ready
 * while another one is unavailable, or background work makes no progress.
 */
export async function ready(dependencies: Dependencies, background: Background, draining: boolean): Promise<Response> {
  const checks = Object.entries(dependencies).map(async ([name, { needed, check }]) => {
    const works = await answers(check())
    return { name, needed, works }
  })
  const checked = await Promise.all(checks)
  const ok = checked.every(({ needed, works }) => works || !needed) && !draining
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

async function answers(check: Promise<boolean | void>): Promise<boolean> {
  const works = check.then(answer => answer !== false)
  return within(works, false)
}

/** The answer, or `otherwise` if it fails or takes too long. */
function within<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  return Promise.race([answer.catch(() => otherwise), Bun.sleep(PATIENCE_MS).then(() => otherwise)])
}
