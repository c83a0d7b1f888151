import type { LeaseRow } from '../rows/rows.ts'
import type { Table } from '../rows/table.ts'

/** A lease whose heartbeat is older belongs to a process that is dead or idle. */
const DEAD_AFTER_MS = 30_000
/** A lease that names all streams of a flush is written again only when its heartbeat is older. */
const RENEW_AFTER_MS = 10_000
/** Streams of a lease: some that are done stay in it, so that the next flush of the same streams need not write it. */
const MAX_STREAMS = 512

interface Lease {
  streams: ReadonlySet<string>
  heartbeat: number
}

/**
 * In-flight leases: before a flush appends, its streams are named in the database. If the process dies, the lease says which
 * streams may be behind their log.
 */
export class InFlightLeases {
  readonly #table: Table<LeaseRow>
  readonly #instance_id: string
  readonly #clock: () => Date
  /** By id, as the database has them for sure. */
  readonly #written = new Map<string, Lease>()
  #versions = 0

  constructor(table: Table<LeaseRow>, instance_id: string, clock: () => Date) {
    this.#table = table
    this.#instance_id = instance_id
    this.#clock = clock
  }

  /** Resolves when the slot's lease names the streams: those of its flush, and those that earlier flushes have not finished. */
  async hold(type: LeaseRow['type'], slot: number, streams: ReadonlySet<string>): Promise<void> {
    const id = `${this.#instance_id}/${type}-${slot}`
    const now = this.#clock()
    const known = this.#written.get(id)
    const age = known ? now.getTime() - known.heartbeat : Infinity
    if (known && age >= 0 && age < RENEW_AFTER_MS && streams.isSubsetOf(known.streams)) return
    const kept = [...(known?.streams ?? [])].slice(-Math.max(0, MAX_STREAMS - streams.size))
    const named = new Set([...kept.filter(stream => !streams.has(stream)), ...streams])
    this.#versions += 1
    const set = { type, version: this.#versions, heartbeat_at: now.toISOString(), streams: [...named] }
    // A write that was given up and lands late does not replace a later one.
    const guard = { version: { $lt: set.version } }
    this.#written.delete(id)
    if (await this.#table.updateOne({ id, guard, set, upsert: true }))
      this.#written.set(id, { streams: named, heartbeat: now.getTime() })
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
