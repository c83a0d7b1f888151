import type { Table } from './table.ts'
import type { LaneRow } from './rows.ts'

/** A lane that has not moved for so long belongs to a dead process, or to one with nothing to do. */
const DEAD_AFTER_MS = 30_000

/**
 * Says in the database what a flush is about to append to, before it does: if the process dies, whoever reads the lane knows
 * which streams may be behind their log.
 */
export class Lanes {
  readonly #table: Table<LaneRow>
  readonly #incarnation: string
  readonly #clock: () => Date
  #claims = 0

  constructor(table: Table<LaneRow>, incarnation: string, clock: () => Date) {
    this.#table = table
    this.#incarnation = incarnation
    this.#clock = clock
  }

  /** One that was given up and lands late does not replace a later one. */
  async claim(kind: LaneRow['kind'], lane: number, streams: string[]): Promise<void> {
    this.#claims += 1
    const set = { kind, claim: this.#claims, beat: this.#clock().toISOString(), streams }
    const guard = { claim: { $lt: set.claim } }
    await this.#table.updateOne({ id: this.#id(kind, lane), guard, set, upsert: true })
  }

  /** Everything that any process may have left behind, this one apart. */
  async others(): Promise<LaneRow[]> {
    const rows = await this.#table.find({}, { sort: { _id: 1 } })
    return rows.filter(row => !row._id.startsWith(`${this.#incarnation}/`))
  }

  /**
   * Forgets a lane whose streams were settled. Not before it is dead for long: what its process sent last may still be on
   * its way into the database.
   */
  async forget({ _id, beat }: LaneRow): Promise<void> {
    if (this.#clock().getTime() - Date.parse(beat) < DEAD_AFTER_MS) return
    await this.#table.delete({ _id: { $eq: _id }, beat: { $eq: beat } })
  }

  /** At a clean end nothing is behind. */
  async close(): Promise<void> {
    const { $gte, $lt } = { $gte: `${this.#incarnation}/`, $lt: `${this.#incarnation}0` }
    await this.#table.delete({ _id: { $gte, $lt } })
  }

  #id(kind: LaneRow['kind'], lane: number): string {
    return `${this.#incarnation}/${kind}-${lane}`
  }
}
