import { Database } from 'bun:sqlite'
import { StoreRefused } from '../../../ports/backup.ts'

/**
 * Refuses a second process on a store by an exclusive transaction on a file beside it, which is held open. The kernel releases
 * it when the process ends in any way.
 */
export function lockFile(file: string): Disposable {
  const lock = new Database(`${file}.lock`, { strict: true, create: true })
  try {
    lock.run('PRAGMA busy_timeout = 0')
    lock.run('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new StoreRefused(`${file} is in use by another process, probably a server: stop that first`)
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
