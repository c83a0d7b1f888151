import { Unavailable } from '../../../ports/storage.ts'
import { Crash } from '../../../ports/storage-fault.ts'
import { Finisher } from './finisher.ts'
import { Heads } from './heads.ts'
import { Job, type Kind, type Taken } from './job.ts'
import type { Lanes } from './lanes.ts'
import { logKey } from './keys.ts'
import type { LogTable } from './log-table.ts'
import { AWAY_MS } from './patience.ts'
import { Queue } from './queue.ts'
import type { LogRow } from './rows.ts'
import { Suspects } from './suspects.ts'

/** Flushes that run side by side. */
const LANES = 2
/** How often an append is decided anew because others were faster. */
const MAX_ROUNDS = 40
/** How often a decision that failed is made anew on what is read then. */
const DECIDE_TRIES = 3

export interface AppenderOptions<I, O, H extends { last_change: number }, W> {
  kind: Kind<I, O, H, W>
  log: LogTable
  lanes: Lanes
  /** Names this process among those that ever wrote here. */
  incarnation: string
  publish: (rows: readonly LogRow[]) => void
}

/**
 * Appends in groups: all calls of a tick become one flush, two flushes run side by side, and a stream is in at most one of
 * them. A flush is: name the streams in the lane, decide, append to the log, finish.
 */
export class Appender<I, O, H extends { last_change: number }, W> implements AsyncDisposable {
  readonly #options: AppenderOptions<I, O, H, W>
  readonly #queue = new Queue<I, O>()
  readonly #free = new Set(Array.from({ length: LANES }, (_, lane) => lane))
  readonly #heads = new Heads<H>()
  readonly #suspects: Suspects
  readonly #finisher: Finisher<I, O, H, W>
  #attempts = 0
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: AppenderOptions<I, O, H, W>) {
    this.#options = options
    this.#suspects = new Suspects(stream => this.settle(stream))
    this.#finisher = new Finisher<I, O, H, W>({
      kind: options.kind,
      publish: options.publish,
      heads: this.#heads,
      suspects: this.#suspects,
      release: stream => {
        this.#queue.release(stream)
        this.#schedule()
      },
    })
  }

  call(stream: string, input: I, weight: number): Promise<O> {
    if (this.#suspects.full || this.#finisher.full) {
      return Promise.reject(new Unavailable('too many streams wait to be settled'))
    }
    return new Promise<O>((resolve, reject) => {
      this.#queue.add(stream, { input, weight, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when everything that stood in the stream's log is projected and its head covers it. */
  settle(stream: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#queue.addSettling(stream, { input: null, weight: 0, resolve, reject })
      this.#schedule()
    })
  }

  /** Whether the projections are known to cover this change, without asking. */
  covers(stream: string, change: number): boolean {
    return (this.#heads.get(stream)?.last_change ?? -1) >= change
  }

  /** Whether nothing that this process began is behind. */
  get clean(): boolean {
    return this.#suspects.none
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#free.size > 0) {
        const taken = this.#queue.take()
        if (taken.length === 0) break
        const [lane = 0] = this.#free
        this.#free.delete(lane)
        void this.#flush(lane, taken)
      }
      if (this.#free.size === LANES && this.#queue.empty && this.#finisher.followed.size === 0) {
        for (const resolve of this.#idle.splice(0)) resolve()
      }
    })
  }

  async #flush(lane: number, taken: Taken<I, O>[]): Promise<void> {
    const started = performance.now()
    const jobs = taken.map(each => new Job<I, O, H, W>(each))
    const { kind, lanes } = this.#options
    let failure: unknown = null
    try {
      const streams = jobs.map(({ stream }) => stream)
      const cold = jobs.filter(job => {
        job.head = this.#heads.get(job.stream) ?? null
        job.doubted = job.settling.length > 0 || this.#suspects.has(job.stream)
        return !job.head || job.doubted
      })
      // What this lane began and is not done yet stays named, too.
      const claimed = [...new Set([...streams, ...this.#suspects.streams(), ...this.#finisher.followed])]
      const claim = lanes.claim(kind.name, lane, claimed)
      claim.catch(() => undefined)
      await this.#refresh(cold)
      failure = await this.#round(jobs, 1, claim)
    } catch (error) {
      failure = error
      this.#finisher.fail(jobs, error)
    }
    this.#free.add(lane)
    if (failure instanceof Crash || (failure !== null && performance.now() - started > AWAY_MS))
      this.#queue.rejectAll(failure)
    this.#schedule()
  }

  /** Reads head and tail anew. */
  async #refresh(jobs: Job<I, O, H, W>[]): Promise<void> {
    if (jobs.length === 0) return
    const heads = await this.#options.kind.heads(jobs.map(({ stream }) => stream))
    for (const job of jobs) {
      job.head = heads.get(job.stream) ?? null
      job.tail = []
      job.fresh = true
    }
    await this.#options.log.readTails(jobs)
    for (const job of jobs) {
      const told = this.#suspects.told(job.stream)
      const head = job.head?.last_change ?? 0
      job.untold = []
      if (told === undefined || told >= head) continue
      for await (const rows of this.#options.log.rows(job.stream, told + 1, head)) job.untold.push(...rows)
    }
  }

  /**
   * Carries the jobs as far as the lane waits for them. Gives the first failure of the store, null if there was none: a job
   * that cannot be decided fails alone. Never rejects.
   */
  async #round(jobs: Job<I, O, H, W>[], round: number, claim?: Promise<void>): Promise<unknown> {
    try {
      for (const job of jobs) Object.assign(job, { behind: false, error: null, lines: [], answers: [], doc: null })
      await Promise.all([this.#options.kind.decide(jobs), claim])
      const broken = round < DECIDE_TRIES ? [] : jobs.filter(job => job.error !== null)
      for (const job of broken) this.#finisher.fail([job], job.error)
      const able = jobs.filter(job => !broken.includes(job))
      const again = able.filter(job => job.behind || job.error !== null || (!job.fresh && job.lines.length === 0))
      const sure = able.filter(job => !again.includes(job))
      const { won, lost } = await this.#options.log.append(sure.filter(job => this.#place(job)))
      const done = [...sure.filter(job => !job.doc), ...won]
      const failures = await Promise.all([this.#finisher.finish(done), this.#again([...again, ...lost], round)])
      return failures.find(failure => failure !== null) ?? null
    } catch (error) {
      this.#finisher.fail(jobs, error)
      return error
    }
  }

  async #again(jobs: Job<I, O, H, W>[], round: number): Promise<unknown> {
    if (jobs.length === 0) return null
    try {
      if (round === MAX_ROUNDS) throw new Unavailable('others were faster too often')
      await this.#refresh(jobs)
    } catch (error) {
      this.#finisher.fail(jobs, error)
      return error
    }
    return this.#round(jobs, round + 1)
  }

  #place(job: Job<I, O, H, W>): boolean {
    if (job.lines.length === 0) return false
    const first = job.tip + 1
    const last = job.tip + job.lines.length
    const { stream, lines: entries } = job
    this.#attempts += 1
    const tok = `${this.#options.incarnation}/${this.#attempts}`
    job.doc = { _id: logKey(stream, first), stream, first, last, tok, entries }
    return true
  }

  /** Waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#suspects[Symbol.dispose]()
    await new Promise<void>(resolve => {
      this.#idle.push(resolve)
      this.#schedule()
    })
  }
}
