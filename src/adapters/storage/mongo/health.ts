import type { GuardRow } from './rows/rows.ts'
import type { Table } from './rows/table.ts'

/** How long a success is reused, because there may be several probes and each write waits for a majority. */
const FRESH_MS = 2_000

/** Whether the store can be written. Concurrent checks share one write. */
export class Health {
  readonly #guards: Table<GuardRow>
  #checking: Promise<void> | null = null
  #succeeded_at = -Infinity

  constructor(guards: Table<GuardRow>) {
    this.#guards = guards
  }

  async check(): Promise<void> {
    if (performance.now() - this.#succeeded_at < FRESH_MS) return
    this.#checking ??= this.#write().finally(() => (this.#checking = null))
    await this.#checking
  }

  async #write(): Promise<void> {
    await this.#guards.updateOne({ id: 'health', set: { step: 0 }, upsert: true })
    this.#succeeded_at = performance.now()
  }
}
