import type { LeaseRow } from '../rows/rows.ts'
import type { Table } from '../rows/table.ts'

/** A lease whose heartbeat is older belongs to a process that is dead or idle. */
const DEAD_AFTER_MS = 30_000

/**
 * In-flight leases: before a flush appends, its streams are named in the database. If the process dies, the lease says which
 * streams may be behind their log.
 */
export class InFlightLeases {
  readonly #table: Table<LeaseRow>
  readonly #instance_id: string
  readonly #clock: () => Date
  #versions = 0

  constructor(table: Table<LeaseRow>, instance_id: string, clock: () => Date) {
    this.#table = table
    this.#instance_id = instance_id
    this.#clock = clock
  }

  /** A write that was given up and lands late does not replace a later one. */
  async write(type: LeaseRow['type'], slot: number, streams: string[]): Promise<void> {
    this.#versions += 1
    const set = { type, version: this.#versions, heartbeat_at: this.#clock().toISOString(), streams }
    const guard = { version: { $lt: set.version } }
    await this.#table.updateOne({ id: `${this.#instance_id}/${type}-${slot}`, guard, set, upsert: true })
  }

  /** The leases of all other processes, dead or alive. */
  async others(): Promise<LeaseRow[]> {
    const rows = await this.#table.find({}, { sort: { _id: 1 } })
    return rows.filter(row => !row._id.startsWith(`${this.#instance_id}/`))
  }

  /**
   * Removes a lease whose streams were settled. Not before its heartbeat is old: what its process sent last may still be on
   * its way into the database.
   */
  async remove({ _id, heartbeat_at }: LeaseRow): Promise<void> {
    if (this.#clock().getTime() - Date.parse(heartbeat_at) < DEAD_AFTER_MS) return
    await this.#table.delete({ _id: { $eq: _id }, heartbeat_at: { $eq: heartbeat_at } })
  }

  /** Removes the leases of this process. Only after a clean end: nothing may be behind. */
  async close(): Promise<void> {
    await this.#table.delete({ _id: { $gte: `${this.#instance_id}/`, $lt: `${this.#instance_id}0` } })
  }
}
