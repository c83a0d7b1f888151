import type { Logger } from '../logger.ts'
import type { Following, Unhandled } from '../ports/following.ts'
import { Unavailable, type Log } from '../ports/storage.ts'
import type { Follower } from './follower.ts'

/** What a follower takes at once; its memory is bounded by it. */
const BATCH = { streams: 64, entries: 128, bytes: 128 * 1024 }
/** How long a follower waits after a commit, so that it handles several at once. */
const GATHER_MS = 100
/** How often it looks for work that it was not woken for, such as that of another process. */
const POLL_MS = 1_000
/**
 * After a batch a follower waits this many times as long as the batch took, so that calls have most of the process's time; not
 * where nothing was committed meanwhile.
 */
const REST = 4
const MAX_REST_MS = 250
/** The pause after a failure, doubled with each further one. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 15_000
/** Streams that are tried one by one after a batch has failed, until so many have failed in a row. */
const MAX_FAILED_ALONE = 3
/** A follower that has failed, or has been busy with one batch, for so long is stuck. */
const STUCK_MS = 30_000
/** How long `stop` waits for the batch in progress. What is not handled by then is handled after the next start. */
const STOP_MS = 2_000

export interface RunnerOptions {
  log: Log
  /** Whether this process runs the followers of the store now. */
  owns: () => boolean
  logger: Logger
  monotonic: () => number
}

/**
 * Runs one follower: reads what it has not handled, lets it handle that, and moves its positions. If a batch fails, its streams
 * are handled one by one, so that one whose entries cannot be handled does not stop the others; it is put behind them and tried
 * again, with growing pauses, until it succeeds.
 */
export class FollowerRunner implements AsyncDisposable {
  readonly #follower: Follower
  readonly #options: RunnerOptions
  readonly #unsubscribe: () => void
  readonly #running: Promise<void>
  #following: Following | null = null
  #wake: (() => void) | null = null
  #woken = false
  /** Something was committed since the batch began. */
  #committed = false
  #stopped = false
  #failures = 0
  #failing_since: number | null = null
  #busy_since: number | null = null
  /** One line in the log for each time that it fails, however often it is tried again. */
  #complained = false

  constructor(follower: Follower, options: RunnerOptions) {
    this.#follower = follower
    this.#options = options
    this.#unsubscribe = options.log.onCommit(() => this.#wakeUp())
    this.#running = this.#run()
  }

  get name(): string {
    return this.#follower.name
  }

  /** Whether it has failed or made no progress for so long that someone should look at it. */
  get stuck(): boolean {
    const since = this.#failing_since ?? this.#busy_since
    return since !== null && this.#options.monotonic() - since > STUCK_MS
  }

  async lag() {
    return (await this.#open()).lag()
  }

  async #open(): Promise<Following> {
    const { name, streams, from } = this.#follower
    return (this.#following ??= await this.#options.log.follow(name, { streams, from }))
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const begun = this.#options.monotonic()
      try {
        this.#busy_since = begun
        this.#committed = false
        const more = this.#options.owns() && (await this.#step())
        this.#busy_since = null
        this.#succeeded()
        const rest = this.#committed ? Math.min(REST * (this.#options.monotonic() - begun), MAX_REST_MS) : 0
        if (more) await this.#pause(rest)
        else await this.#sleep()
      } catch (error) {
        this.#busy_since = null
        this.#failed(error)
        await this.#pause(Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS))
      }
    }
  }

  /** Handles one batch; false if there was nothing to handle. */
  async #step(): Promise<boolean> {
    const following = await this.#open()
    const batch = await following.next(BATCH)
    if (batch.length === 0) return false
    try {
      await this.#handle(following, batch)
    } catch (error) {
      if (batch.length === 1) throw error
      await this.#handleAlone(following, batch)
    }
    return true
  }

  async #handle(following: Following, batch: readonly Unhandled[]): Promise<void> {
    await this.#follower.handle(batch.flatMap(({ entries }) => entries))
    await following.advance(batch.map(({ stream, entries }) => ({ stream, change: entries.at(-1)?.change ?? 0 })))
  }

  async #handleAlone(following: Following, batch: readonly Unhandled[]): Promise<void> {
    const failed: string[] = []
    let in_a_row = 0
    let last: unknown = null
    for (const each of batch) {
      if (this.#stopped || in_a_row === MAX_FAILED_ALONE) break
      try {
        await this.#handle(following, [each])
        in_a_row = 0
      } catch (error) {
        failed.push(each.stream)
        in_a_row += 1
        last = error
      }
    }
    if (failed.length === 0) return
    await following.postpone(failed)
    throw last
  }

  #succeeded(): void {
    if (this.#complained) this.#options.logger.info({ follower: this.name }, 'a follower continues')
    this.#complained = false
    this.#failing_since = null
    this.#failures = 0
  }

  #failed(error: unknown): void {
    if (this.#stopped) return
    this.#failures += 1
    this.#failing_since ??= this.#options.monotonic()
    // That the store is away is reported by other calls.
    if (this.#complained || (error instanceof Unavailable && !this.stuck)) return
    this.#complained = true
    this.#options.logger.warn({ err: error, follower: this.name }, 'a follower failed and is tried again')
  }

  #wakeUp(): void {
    this.#woken = true
    this.#committed = true
    this.#wake?.()
  }

  /** Until a commit and a little longer, or for `POLL_MS`. */
  async #sleep(): Promise<void> {
    if (!this.#woken) await this.#wait(POLL_MS, true)
    if (this.#woken) await this.#pause(GATHER_MS)
    this.#woken = false
  }

  /** Not ended by commits. At least one turn of the event loop. */
  #pause(ms: number): Promise<void> {
    return this.#wait(ms, false)
  }

  #wait(ms: number, until_woken: boolean): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#wake = () => {
        if (until_woken || this.#stopped) end()
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#unsubscribe()
    this.#wake?.()
    await Promise.race([this.#running, Bun.sleep(STOP_MS)])
  }
}
