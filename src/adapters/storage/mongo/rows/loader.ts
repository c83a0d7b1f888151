import type { WithId } from 'mongodb'
import { AWAY_MS } from '../flush/retry.ts'
import type { Row, Table } from './table.ts'

/** Commands of one loader in progress; the ids of further calls wait and become the next command. */
const MAX_COMMANDS = 2
const MAX_IDS = 1_000

interface Batch<T extends Row> {
  ids: Set<string>
  rows: Promise<Map<string, WithId<T>>>
}

/**
 * Reads rows by primary key, for all callers of a tick by one command. A read begins after the call, so it sees every write
 * that was acknowledged before it.
 */
export class Loader<T extends Row> {
  readonly #table: Table<T>
  #next: Batch<T> | null = null
  #waiting: PromiseWithResolvers<void>[] = []
  #commands = 0

  constructor(table: Table<T>) {
    this.#table = table
  }

  async load(ids: readonly string[]): Promise<Map<string, WithId<T>>> {
    if (ids.length > MAX_IDS) return byId(await this.#table.findIds(ids))
    if (!this.#next || this.#next.ids.size + ids.length > MAX_IDS) this.#next = this.#batch()
    const batch = this.#next
    for (const id of ids) batch.ids.add(id)
    const rows = await batch.rows
    return new Map(
      ids.flatMap(id => {
        const row = rows.get(id)
        return row ? [[id, row] as const] : []
      }),
    )
  }

  #batch(): Batch<T> {
    const ids = new Set<string>()
    const batch: Batch<T> = { ids, rows: this.#read(ids, () => this.#next === batch && (this.#next = null)) }
    return batch
  }

  async #read(ids: ReadonlySet<string>, close: () => void): Promise<Map<string, WithId<T>>> {
    await new Promise<void>(resolve => setImmediate(resolve))
    await this.#turn().finally(close)
    const begun = performance.now()
    try {
      return byId(await this.#table.findIds([...ids]))
    } catch (error) {
      // Otherwise what waits would wait for the database twice.
      if (performance.now() - begun > AWAY_MS) this.#rejectWaiting(error)
      throw error
    } finally {
      const next = this.#waiting.shift()
      if (next) next.resolve()
      else this.#commands -= 1
    }
  }

  async #turn(): Promise<void> {
    if (this.#commands < MAX_COMMANDS) {
      this.#commands += 1
      return
    }
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn)
    await turn.promise
  }

  #rejectWaiting(error: unknown): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) each.reject(error)
  }
}

function byId<T extends Row>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map(row => [row._id, row]))
}
