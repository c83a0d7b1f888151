import { Unavailable } from '../../../../ports/storage.ts'
import { logKey } from '../rows/keys.ts'
import type { LogTable } from '../rows/log-table.ts'
import type { LogRow } from '../rows/rows.ts'
import { Completion } from './completion.ts'
import { Job, type FlushTypes, type StreamType, type Taken } from './job.ts'
import { KnownHeads } from './known-heads.ts'
import type { InFlightLeases } from './leases.ts'
import { Queue } from './queue.ts'
import { AWAY_MS } from './retry.ts'
import { UnsettledStreams } from './unsettled.ts'

/** Flushes that run at once. */
const FLUSHES = 2
/** How often an append is decided again because other processes were faster. */
const MAX_ROUNDS = 40
/** How often a failed decision is made again on rows that are read again. */
const DECIDE_TRIES = 3

export interface AppenderOptions<F extends FlushTypes> {
  type: StreamType<F>
  log: LogTable
  leases: InFlightLeases
  /** Names this process among those that ever wrote here. */
  instance_id: string
  notify: (rows: readonly LogRow[]) => void
}

/**
 * Appends in groups: all calls of a tick become one flush. Its phases, described with a picture in
 * docs/adr/0002-the-life-of-a-flush.md: lease and read, decide, append, complete (`Completion`).
 *
 * Maintained invariants: a stream is in at most one flush of this process; a lease names a stream before anything is
 * appended to it.
 */
export class Appender<F extends FlushTypes> implements AsyncDisposable {
  readonly #options: AppenderOptions<F>
  readonly #queue = new Queue<F>()
  readonly #free_slots = new Set(Array.from({ length: FLUSHES }, (_, slot) => slot))
  readonly #known_heads = new KnownHeads<F['head']>()
  readonly #unsettled: UnsettledStreams
  readonly #completion: Completion<F>
  #attempts = 0
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: AppenderOptions<F>) {
    this.#options = options
    this.#unsettled = new UnsettledStreams(stream => this.settle(stream))
    this.#completion = new Completion<F>({
      type: options.type,
      notify: options.notify,
      known_heads: this.#known_heads,
      unsettled: this.#unsettled,
      release: stream => {
        this.#queue.release(stream)
        this.#schedule()
      },
    })
  }

  call(stream: string, input: F['input'], weight: number): Promise<F['answer']> {
    if (this.#unsettled.full || this.#completion.full) {
      return Promise.reject(new Unavailable('too many streams wait to be settled'))
    }
    return new Promise<F['answer']>((resolve, reject) => {
      this.#queue.add(stream, { input, weight, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when everything in the stream's log at the time of the call is projected and its head covers it. */
  settle(stream: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#queue.addSettling(stream, { input: null, weight: 0, resolve, reject })
      this.#schedule()
    })
  }

  /** The head that this process moved or read last; it may be behind other processes' appends. */
  knownHead(stream: string): F['head'] | undefined {
    return this.#known_heads.get(stream)
  }

  /** Whether the projections are known to cover this change, without a command. */
  covers(stream: string, change: number): boolean {
    return (this.#known_heads.get(stream)?.last_change ?? -1) >= change
  }

  /** Whether no flush of this process left a stream behind. */
  get clean(): boolean {
    return this.#unsettled.size === 0
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#free_slots.size > 0) {
        const taken = this.#queue.take()
        if (taken.length === 0) break
        const [slot = 0] = this.#free_slots
        this.#free_slots.delete(slot)
        void this.#flush(slot, taken)
      }
      if (this.#free_slots.size === FLUSHES && this.#queue.empty && this.#completion.following_up.size === 0) {
        for (const resolve of this.#idle.splice(0)) resolve()
      }
    })
  }

  async #flush(slot: number, taken: Taken<F>[]): Promise<void> {
    const started = performance.now()
    const jobs = taken.map(each => new Job<F>(each))
    let failure: unknown = null
    try {
      const leased = this.#lease(slot, jobs)
      const cold = jobs.filter(job => {
        job.head = this.#known_heads.get(job.stream) ?? null
        job.doubted = job.settling.length > 0 || this.#unsettled.has(job.stream)
        return !job.head || job.doubted
      })
      await this.#read(cold)
      failure = await this.#round(jobs, 1, leased)
    } catch (error) {
      failure = error
      this.#completion.fail(jobs, error)
    }
    this.#free_slots.add(slot)
    if (failure !== null && performance.now() - started > AWAY_MS) this.#queue.rejectAll(failure)
    this.#schedule()
  }

  /** Names the streams of the flush, and those that earlier flushes began and have not finished. */
  #lease(slot: number, jobs: Job<F>[]): Promise<void> {
    const streams = [
      ...jobs.map(({ stream }) => stream),
      ...this.#unsettled.streams(),
      ...this.#completion.following_up,
    ]
    const leased = this.#options.leases.hold(this.#options.type.name, slot, new Set(streams))
    // Awaited before the append; the reads in between may throw first.
    leased.catch(() => undefined)
    return leased
  }

  /** Reads head and tail of each job. */
  async #read(jobs: Job<F>[]): Promise<void> {
    if (jobs.length === 0) return
    const heads = await this.#options.type.readHeads(jobs.map(({ stream }) => stream))
    for (const job of jobs) {
      job.head = heads.get(job.stream) ?? null
      job.fresh = true
    }
    await this.#options.log.readTails(jobs)
    for (const job of jobs) {
      const notified = this.#unsettled.notified(job.stream)
      const head = job.head?.last_change ?? 0
      job.unnotified = []
      if (notified === undefined || notified >= head) continue
      for await (const rows of this.#options.log.rows(job.stream, notified + 1, head)) job.unnotified.push(...rows)
    }
  }

  /**
   * Decides and appends, completes what is in the log, and begins another round for the rest. Returns the first failure of the
   * store, null if there was none; a job that cannot be decided fails alone. Never rejects.
   */
  async #round(jobs: Job<F>[], round: number, leased?: Promise<void>): Promise<unknown> {
    try {
      for (const job of jobs) job.reset()
      await Promise.all([this.#options.type.decide(jobs), leased])
      const broken = round < DECIDE_TRIES ? [] : jobs.filter(job => job.error !== null)
      for (const job of broken) this.#completion.fail([job], job.error)
      const able = jobs.filter(job => !broken.includes(job))
      const again = able.filter(job => job.behind || job.error !== null || (!job.fresh && job.lines.length === 0))
      const decided = able.filter(job => !again.includes(job))
      for (const job of decided) this.#place(job)
      const { won, lost } = await this.#options.log.append(decided.filter(({ row }) => row !== null))
      const done = [...decided.filter(({ row }) => row === null), ...won]
      const failures = await Promise.all([this.#completion.run(done), this.#again([...again, ...lost], round)])
      return failures.find(failure => failure !== null) ?? null
    } catch (error) {
      this.#completion.fail(jobs, error)
      return error
    }
  }

  async #again(jobs: Job<F>[], round: number): Promise<unknown> {
    if (jobs.length === 0) return null
    try {
      if (round === MAX_ROUNDS) throw new Unavailable('other processes were faster too often')
      await this.#read(jobs)
    } catch (error) {
      this.#completion.fail(jobs, error)
      return error
    }
    return this.#round(jobs, round + 1)
  }

  /** The row's key follows from the end of the log: of several processes one gets it. */
  #place(job: Job<F>): void {
    const { stream, lines: entries } = job
    if (entries.length === 0) return
    const first = job.tip + 1
    this.#attempts += 1
    const attempt_id = `${this.#options.instance_id}/${this.#attempts}`
    job.row = { _id: logKey(stream, first), stream, first, last: job.tip + entries.length, attempt_id, entries }
  }

  /** Waits for the flushes and follow-ups in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsettled[Symbol.dispose]()
    await new Promise<void>(resolve => {
      this.#idle.push(resolve)
      this.#schedule()
    })
  }
}
