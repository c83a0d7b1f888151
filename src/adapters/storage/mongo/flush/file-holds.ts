import type { Tables } from '../rows/tables.ts'

/** How long a hold counts that its process did not end: longer than any append or update takes. */
export const HOLD_MS = 24 * 60 * 60 * 1_000

/**
 * Holds files, so that none is removed between the decision to refer to it and the reference. A writer of a reference inserts a hold and
 * then reads whether the file is there and not being removed; a removal marks the file and then reads holds and
 * references. So of two that run at once at least one gives up. A hold that a crash left expires, and the sweep lets its file expire too
 * (sweep.ts).
 */
export class FileHolds {
  readonly #tables: Pick<Tables, 'files' | 'file_holds'>
  readonly #clock: () => Date
  readonly #ids: () => string

  constructor(tables: Pick<Tables, 'files' | 'file_holds'>, clock: () => Date, ids: () => string) {
    this.#tables = tables
    this.#clock = clock
    this.#ids = ids
  }

  /** Holds the files of each list, whether they exist or not; returns what ends it, for each list. */
  async hold(lists: readonly (readonly string[])[]): Promise<string[][]> {
    const expires_at = new Date(this.#clock().getTime() + HOLD_MS).toISOString()
    const rows = lists.map(file_ids =>
      [...new Set(file_ids)].map(file_id => ({ _id: this.#ids(), file_id, expires_at })),
    )
    await this.#tables.file_holds.insertMissing(rows.flat())
    return rows.map(each => each.map(({ _id }) => _id))
  }

  /** Those of the files, held before, that are there and not being removed. */
  async present(file_ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#tables.files.findIds(file_ids)
    return new Set(rows.filter(row => row.removal === null).map(({ _id }) => _id))
  }

  /** A hold that cannot be ended now expires. */
  async end(hold_ids: readonly string[]): Promise<void> {
    if (hold_ids.length > 0) await this.#tables.file_holds.delete({ _id: { $in: [...hold_ids] } })
  }
}
