import type { OwnerRecord, Owners } from '../ports/jobs.ts'
import type { Logger } from '../logger.ts'

/** How often the owner renews its record, and others look at it. */
const BEAT_MS = 1_000
/** An owner acts for so long after it began its last successful renewal. Shorter than `DEAD_AFTER_MS`. */
const HELD_MS = 5_000
/** An owner whose record has not changed for so long is dead: another process takes over. */
const DEAD_AFTER_MS = 7_500

export interface OwnershipOptions {
  /** The kind of background work. */
  name: string
  owners: Owners
  /** Names this process. */
  instance_id: string
  monotonic: () => number
  logger: Logger
}

/**
 * One process of a store owns a kind of background work. The owner renews its record; the others take it over at most 10 s after
 * it has ended. Only durations measured by one process are compared, so that clocks may differ. For a moment there may be two
 * owners: one that was stopped for seconds in the middle of its work continues it.
 */
export class Ownership implements AsyncDisposable {
  readonly #options: OwnershipOptions
  readonly #beating: Promise<void>
  #record: OwnerRecord | null = null
  #seen_at = -Infinity
  #confirmed_at = -Infinity
  #stopped = false
  #wake: (() => void) | null = null

  constructor(options: OwnershipOptions) {
    this.#options = options
    this.#beating = this.#beat()
  }

  get held(): boolean {
    return !this.#stopped && this.#options.monotonic() - this.#confirmed_at < HELD_MS
  }

  async #beat(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#renewOrTake()
      } catch {
        // The store reports by other calls that it is unavailable. Without a renewal the ownership ends.
      }
      if (!this.#stopped) await this.#sleep()
    }
  }

  async #renewOrTake(): Promise<void> {
    const { name, owners, instance_id: owner, monotonic } = this.#options
    const begun = monotonic()
    const found = await owners.find(name)
    if (found?.owner !== this.#record?.owner || found?.heartbeat !== this.#record?.heartbeat)
      this.#seen_at = monotonic()
    this.#record = found
    const may = found === null || found.owner === owner || begun - this.#seen_at > DEAD_AFTER_MS
    if (!may) return
    const next = { name, owner, heartbeat: (found?.heartbeat ?? 0) + 1 }
    if (!(await owners.replace(found, next))) return
    if (found?.owner !== owner && found !== null) this.#options.logger.info({ work: name }, 'took over background work')
    this.#record = next
    this.#confirmed_at = begun
  }

  #sleep(): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(end, BEAT_MS)
      this.#wake = end
    })
  }

  /** Gives the work up at once, so that another process can take it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#beating
    // Without it others take over when the record has not changed for a while.
    await this.#options.owners.release(this.#options.name, this.#options.instance_id).catch(() => undefined)
  }
}
