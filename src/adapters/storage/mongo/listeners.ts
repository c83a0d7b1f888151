import type { StoredEntry } from '../../../ports/storage.ts'
import { storedEntriesOf } from './records.ts'
import type { LogRow } from './rows.ts'

type Listener = (entries: readonly StoredEntry[]) => void

/** Who is told of what this process committed. */
export class Listeners {
  readonly #listeners: Listener[] = []

  add(listener: Listener): void {
    this.#listeners.push(listener)
  }

  publish(rows: readonly LogRow[]): void {
    if (rows.length === 0 || this.#listeners.length === 0) return
    const entries = rows.flatMap(storedEntriesOf)
    for (const listener of this.#listeners) listener(entries)
  }
}
