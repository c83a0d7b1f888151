import { CommitListeners } from '../../../domain/log/commit-listeners.ts'
import type { StoredEntry } from '../../../ports/storage.ts'
import { storedEntriesOf } from './rows/records.ts'
import type { LogRow } from './rows/rows.ts'

/** Notifies the listeners of rows of the log, which are opened only if there is one. */
export class Listeners extends CommitListeners<StoredEntry> {
  publish(rows: readonly LogRow[], elsewhere = false): void {
    if (rows.length > 0 && this.size > 0) this.notify(rows.flatMap(storedEntriesOf), elsewhere)
  }
}
