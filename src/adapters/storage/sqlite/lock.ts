import { Database } from 'bun:sqlite'

/**
 * Keeps a second process away from a store: an exclusive transaction on a file beside it, held open. The kernel frees it
 * when the process ends, however it ends.
 */
export function lockFile(file: string): Disposable {
  const lock = new Database(`${file}.lock`, { strict: true, create: true })
  try {
    lock.run('PRAGMA busy_timeout = 0')
    lock.run('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new Error(`${file} is in use by another process: one server per data folder`)
  }
  let held = true
  return {
    [Symbol.dispose]() {
      if (!held) return
      held = false
      lock.run('ROLLBACK')
      lock.close()
    },
  }
}
