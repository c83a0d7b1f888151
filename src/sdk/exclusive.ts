import type { Locks } from './environment.ts'

/** A tab that holds a lock for longer is frozen; then the work is done without the lock. */
const PATIENCE_MS = 10_000

/** Does work that no other tab does at the same time, where the platform can tell. */
export async function exclusively<T>(locks: Locks | undefined, name: string, work: () => Promise<T>): Promise<T> {
  if (!locks) return work()
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  let begun = false
  const begin = () => {
    begun = true
    clearTimeout(timer)
    return work()
  }
  try {
    return await locks.request(name, { signal: patience.signal }, begin)
  } catch (error) {
    if (begun) throw error
    // Or a page that may not use locks, as in a sandboxed frame.
    return work()
  } finally {
    clearTimeout(timer)
  }
}
