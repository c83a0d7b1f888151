import type { Locks } from './environment.ts'

/** A tab that holds a lock for longer is frozen; then the work is done without the lock. */
const PATIENCE_MS = 10_000

/**
 * Does work that no other tab does at the same time, where the platform can tell. `waited`: another tab had the lock until now.
 */
export async function exclusively<T>(
  locks: Locks | undefined,
  name: string,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  if (!locks) return work(false)
  const patience = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let begun = false
  const begin = (waited: boolean) => {
    begun = true
    clearTimeout(timer)
    return work(waited)
  }
  try {
    const done = await locks.request(name, { ifAvailable: true }, async lock =>
      lock === null ? null : { result: await begin(false) },
    )
    if (done) return done.result
    timer = setTimeout(() => patience.abort(), PATIENCE_MS)
    return await locks.request(name, { signal: patience.signal }, () => begin(true))
  } catch (error) {
    if (begun) throw error
    // Or a page that may not use locks, as in a sandboxed frame.
    return work(true)
  } finally {
    clearTimeout(timer)
  }
}
