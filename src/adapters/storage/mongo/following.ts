import type { NodeSetup } from '../../../ports/nodes.ts'
import { Unavailable } from '../../../ports/storage.ts'
import type { LogRow } from './rows/rows.ts'
import { b36, below } from './rows/keys.ts'
import type { Tables } from './rows/tables.ts'

/** How often a process reads what the others have committed. */
const POLL_MS = 400
const HEARTBEAT_MS = 2_000
/** A process whose heartbeat has not changed for this long counts as dead. */
const DEAD_AFTER_MS = 20_000
/** A new process is noticed at the next poll. It also gets what was committed in this time before. */
const RECENT_MS = 2_000
/** Documents older than this have been read by every live process. */
const KEPT_MS = 60_000
/** Rows of the log and ended sessions in one document. */
const MOVES_AT_ONCE = 2_000
/** Beyond this the oldest are dropped: their readers find the gap at the next entry of the stream. */
const MAX_PENDING = 20_000

type Move = { row: string } | { session: string }

interface Other {
  heartbeat: number
  /** When the heartbeat last changed, by the clock of this process. */
  moved_at: number
  /** The last of its documents that was read. */
  last: string
}

export interface FollowingOptions {
  tables: Tables
  instance_id: string
  /** Rows of the log that another process has committed, in order per stream. */
  committed: (rows: readonly LogRow[]) => void
  /** Sessions that another process has ended. */
  ended: (session_ids: readonly string[]) => void
  /** Called when a process has died, to settle its unfinished flushes. */
  settle: () => Promise<void>
  warn: (message: string) => void
}

/**
 * Lets the processes of one database follow the commits of the others, also without a bus. Each process has a heartbeat. While
 * there are several, each writes the keys of the rows that it has committed into documents with ascending keys, and reads those
 * of the others. A single process writes its heartbeat only.
 *
 * At least once and in order per process while both processes live. The last commits of a process that died are read at the next
 * entry of the stream, where readers find the gap.
 */
export class Following implements AsyncDisposable {
  /** Is written with each heartbeat: after a long pause another process may have removed the row. */
  setup: NodeSetup | null = null
  readonly #options: FollowingOptions
  readonly #others = new Map<string, Other>()
  /** Commits of this process that are not in a document yet. */
  #pending: { move: Move; at: number }[] = []
  readonly #named: { id: string; at: number }[] = []
  #documents = 0
  #heartbeats = 0
  #heartbeat_at = -Infinity
  #timer: Timer | null = null
  #ticking: Promise<void> | null = null
  #closed = false

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  /** From here on nothing that another process commits is missed. */
  async open(): Promise<void> {
    await this.#beat()
    for (const { _id, heartbeat } of await this.#processes()) {
      const [latest] = await this.#options.tables.moves.find({ _id: below(_id) }, { sort: { _id: -1 }, limit: 1 })
      this.#others.set(_id, { heartbeat, moved_at: performance.now(), last: latest?._id ?? `${_id}:` })
    }
    this.#schedule()
  }

  committed(rows: readonly LogRow[]): void {
    this.#add(rows.map(({ _id }) => ({ row: _id })))
  }

  ended(session_ids: readonly string[]): void {
    this.#add(session_ids.map(session => ({ session })))
  }

  #add(moves: Move[]): void {
    const at = performance.now()
    for (const move of moves) this.#pending.push({ move, at })
    if (this.#others.size === 0) this.#pending = this.#pending.filter(each => at - each.at < RECENT_MS)
    if (this.#pending.length > MAX_PENDING) this.#pending.splice(0, this.#pending.length - MAX_PENDING)
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      // The next tick continues where this one stopped. That the database is away is reported by other calls.
      this.#ticking = this.#tick()
        .catch((error: unknown) => {
          if (!(error instanceof Unavailable)) this.#options.warn(`following other processes failed: ${String(error)}`)
        })
        .finally(() => this.#schedule())
    }, POLL_MS)
    this.#timer.unref()
  }

  async #tick(): Promise<void> {
    if (performance.now() - this.#heartbeat_at > HEARTBEAT_MS) await this.#beat()
    await this.#meet(await this.#processes())
    if (this.#others.size > 0) await this.#name()
    for (const [id, other] of this.#others) await this.#read(id, other)
  }

  async #beat(): Promise<void> {
    const { tables, instance_id: id } = this.#options
    this.#heartbeats += 1
    const set = { heartbeat: this.#heartbeats, ...(this.setup ? { setup: this.setup } : {}) }
    await tables.processes.updateOne({ id, set, upsert: true })
    this.#heartbeat_at = performance.now()
    const old = this.#named.findLastIndex(each => this.#heartbeat_at - each.at > KEPT_MS)
    const last = this.#named[old]
    if (!last) return
    await tables.moves.delete({ _id: { $gte: `${id}:`, $lte: last.id } })
    this.#named.splice(0, old + 1)
  }

  async #processes() {
    const { tables, instance_id } = this.#options
    return (await tables.processes.find({}, { sort: { _id: 1 } })).filter(({ _id }) => _id !== instance_id)
  }

  /** Adds processes that have started, and removes those that have ended. */
  async #meet(present: readonly { _id: string; heartbeat: number }[]): Promise<void> {
    const now = performance.now()
    for (const { _id, heartbeat } of present) {
      const known = this.#others.get(_id)
      if (!known) this.#others.set(_id, { heartbeat, moved_at: now, last: `${_id}:` })
      else if (known.heartbeat !== heartbeat) Object.assign(known, { heartbeat, moved_at: now })
    }
    const { tables } = this.#options
    for (const [id, other] of this.#others) {
      const gone = !present.some(({ _id }) => _id === id)
      if (!gone && now - other.moved_at < DEAD_AFTER_MS) continue
      await this.#read(id, other)
      this.#others.delete(id)
      await tables.moves.delete({ _id: below(id) })
      if (gone) continue
      await tables.processes.delete({ _id: { $eq: id }, heartbeat: { $eq: other.heartbeat } })
      await this.#options.settle()
    }
  }

  async #name(): Promise<void> {
    const { tables, instance_id } = this.#options
    while (this.#pending.length > 0) {
      const moves = this.#pending.slice(0, MOVES_AT_ONCE)
      const _id = `${instance_id}:${b36(this.#documents + 1)}`
      const rows = moves.flatMap(({ move }) => ('row' in move ? move.row : []))
      const sessions = moves.flatMap(({ move }) => ('session' in move ? move.session : []))
      // Repeated under the same key if the answer is lost.
      await tables.moves.insertMissing([{ _id, rows, sessions }])
      this.#documents += 1
      this.#named.push({ id: _id, at: performance.now() })
      const done = new Set(moves)
      this.#pending = this.#pending.filter(each => !done.has(each))
    }
  }

  async #read(id: string, other: Other): Promise<void> {
    const { tables, committed, ended } = this.#options
    const found = await tables.moves.find({ _id: { $gt: other.last, $lt: below(id).$lt } }, { sort: { _id: 1 } })
    for (const { _id, rows, sessions } of found) {
      committed((await tables.log.rowsByKey(rows)).toSorted((a, b) => (a._id < b._id ? -1 : 1)))
      if (sessions.length > 0) ended(sessions)
      other.last = _id
    }
  }

  /** Writes the last commits for the others, and removes its own row. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#ticking
    const { tables, instance_id } = this.#options
    if (this.#others.size > 0) await this.#name()
    else await tables.moves.delete({ _id: below(instance_id) })
    await tables.processes.delete({ _id: { $eq: instance_id } })
  }
}
