import { NOTHING, type Usage } from './rows/files.ts'
import type { Tables } from './rows/tables.ts'

/**
 * What each user uses, as one row that a conditional update changes. It is counted before the row of a file or an upload is
 * inserted, and given back after that is removed: a crash in between counts too much, never too little, until the sweep counts anew
 * (`sweepFiles`).
 */
export class Quotas {
  readonly #tables: Pick<Tables, 'file_usage'>
  readonly #clock: () => Date
  constructor(tables: Pick<Tables, 'file_usage'>, clock: () => Date) {
    this.#tables = tables
    this.#clock = clock
  }

  async find(user_id: string): Promise<Usage> {
    return (await this.#tables.file_usage.findId(user_id)) ?? NOTHING
  }

  /** Counts `more`, if the user then uses at most `most`. */
  async take(id: string, more: Partial<Usage>, most: Partial<Usage>): Promise<boolean> {
    const { bytes, uploads } = { ...NOTHING, ...more }
    const { bytes: most_bytes = Number.MAX_SAFE_INTEGER, uploads: most_uploads = Number.MAX_SAFE_INTEGER } = most
    // An upsert of a new row by several callers at once would count some of them twice.
    await this.#tables.file_usage.insert({ _id: id, ...NOTHING })
    const guard = { bytes: { $lte: most_bytes - bytes }, uploads: { $lte: most_uploads - uploads } }
    return this.#tables.file_usage.add({ id, guard, set: this.#changed(), add: { bytes, uploads } })
  }

  /** Has the sweep count anew, also after a crash: before something is removed whose bytes or uploads `give` gives back. */
  async recountLater(id: string): Promise<void> {
    await this.#tables.file_usage.updateOne({ id, set: this.#changed() })
  }

  /** Counts `less` no more. */
  async give(id: string, less: Partial<Usage>): Promise<void> {
    const { bytes, uploads } = { ...NOTHING, ...less }
    await this.#tables.file_usage.add({ id, set: this.#changed(), add: { bytes: -bytes, uploads: -uploads } })
  }

  #changed() {
    return { counted_at: this.#clock().toISOString() }
  }
}
