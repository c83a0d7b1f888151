import type { Logger } from '../logger.ts'
import type { Log, StoredEntry } from '../ports/storage.ts'
import type { Connection } from './connection.ts'

/** Entries read at once to fill a gap. */
const READ_AT_ONCE = 500
/** Reads in a row that may fail, or give nothing although the log is known to reach further, before reading stops. */
const MAX_TRIES = 5
const RETRY_MS = 100

interface Deps {
  log: Pick<Log, 'read'>
  logger: Logger
  /** Called with each entry once, in order. */
  emit: (entry: StoredEntry, stream: Stream) => void
  /** Called when a gap was filled: the stream may have no reader left. */
  idle: (stream: Stream) => void
}

/** A stream with readers on this node: puts its entries in order and leaves none out. */
export class Stream {
  readonly id: string
  readonly readers = new Set<Connection>()
  /** Called after every entry, for readers that pull (`/sync`, SSE). */
  readonly watchers = new Set<() => void>()
  /** The last change that was emitted here. Later entries are emitted in order. */
  emitted: number
  /** Resolves when the present gap is filled; null if there is none. */
  filling: Promise<void> | null = null
  /** The greatest change that is known to be in the log. */
  #seen: number
  readonly #deps: Deps

  constructor(id: string, at: number, deps: Deps) {
    this.id = id
    this.emitted = at
    this.#seen = at
    this.#deps = deps
  }

  get used(): boolean {
    return this.readers.size > 0 || this.watchers.size > 0 || this.filling !== null
  }

  /** Emits the entry if it is the next one. If entries before it are missing, reads the log first. */
  take(entry: StoredEntry): void {
    if (!this.filling && entry.change === this.emitted + 1) this.#emit(entry)
    else this.reach(entry.change)
  }

  /** Reads and emits the log at least up to this change. */
  reach(change: number): void {
    this.#seen = Math.max(this.#seen, change)
    if (!this.filling && this.emitted < this.#seen) this.filling = this.#readOn()
  }

  #emit(entry: StoredEntry): void {
    this.emitted = entry.change
    this.#deps.emit(entry, this)
  }

  async #readOn(): Promise<void> {
    const { log, logger, idle } = this.#deps
    for (let tries = 0; this.emitted < this.#seen;) {
      let why: unknown = `the log ends before change ${this.#seen}`
      const entries = await log.read(this.id, this.emitted, READ_AT_ONCE).catch((error: unknown) => {
        why = error
        return []
      })
      for (const entry of entries) if (entry.change === this.emitted + 1) this.#emit(entry)
      tries = entries.length > 0 ? 0 : tries + 1
      if (tries === MAX_TRIES) {
        logger.warn({ err: why, stream: this.id }, 'a stream could not be read on')
        break
      }
      if (tries > 0) await Bun.sleep(tries * RETRY_MS)
    }
    // In the same tick, so that entries that come from here on are taken directly.
    this.filling = null
    idle(this)
  }
}
