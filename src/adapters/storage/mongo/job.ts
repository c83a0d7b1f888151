import type { LogLine, LogRow } from './rows.ts'

/** One call that waits for a flush. */
export interface Call<I, O> {
  readonly input: I
  /** How many entries it may become. */
  readonly weight: number
  resolve(answer: O): void
  reject(error: unknown): void
}

/** What is taken out of the queue for one stream of one flush. */
export interface Taken<I, O> {
  stream: string
  calls: Call<I, O>[]
  settling: Call<null, void>[]
}

/** The work of one flush on one stream. Without calls it only settles what somebody left behind. It ends alone. */
export class Job<I, O, H extends { last_change: number }, W> {
  readonly stream: string
  readonly calls: Call<I, O>[]
  /** Who waits until what stood in the log is projected. */
  readonly settling: Call<null, void>[]
  /** The stream as far as the projections cover it; null for one without entries. */
  head: H | null = null
  /** Something that was begun here may not be finished: somebody waits for it, or this process failed at it. */
  doubted = false
  /** The head was read in this flush: decisions that append nothing may rest on it. */
  fresh = false
  /** What stands in the log after the head and is projected together with what is appended. */
  tail: LogRow[] = []
  /** Entries before `tail` that this process may have committed without telling its listeners. */
  untold: LogRow[] = []
  work: W | null = null
  lines: LogLine[] = []
  /** For each call what it is answered once everything is in place. */
  answers: (() => O)[] = []
  /** The decision met something newer than the head. */
  behind = false
  /** The decision failed: what was loaded contradicts the log, or the code is wrong. */
  error: unknown = null
  /** What was sent to the log. */
  doc: LogRow | null = null
  sent = false
  /** What is to be removed once the head has moved, and before the answer. */
  clear: (() => Promise<void>) | null = null
  settled = false

  constructor({ stream, calls, settling }: Taken<I, O>) {
    this.stream = stream
    this.calls = calls
    this.settling = settling
  }

  /** The last change of the log as far as it is known. */
  get tip(): number {
    return this.tail.at(-1)?.last ?? this.head?.last_change ?? 0
  }

  /** Where the projections stand when the job is done. */
  get last(): number {
    return this.doc?.last ?? this.tip
  }

  /** Carries out a step that reads what is stored or decides on it: what it throws is the error of this job alone. */
  guard<T>(step: () => T): T | null {
    try {
      return step()
    } catch (error) {
      this.error = error
      return null
    }
  }

  resolve(): void {
    if (this.settled) return
    this.settled = true
    for (const [index, call] of this.calls.entries()) {
      const answer = this.answers[index]
      if (answer) call.resolve(answer())
      else call.reject(new Error(`no answer for a call on ${this.stream}`))
    }
    for (const call of this.settling) call.resolve()
  }

  reject(error: unknown): void {
    if (this.settled) return
    this.settled = true
    for (const call of [...this.calls, ...this.settling]) call.reject(error)
  }
}

/** What a kind of stream adds to the flush: how it decides, what it projects. */
export interface Kind<I, O, H extends { last_change: number }, W> {
  readonly name: 'conversation' | 'own'
  /** The heads of those streams that have one. */
  heads(streams: string[]): Promise<Map<string, H>>
  /** Sets `work`, `lines`, `answers`, `behind` and `error` of each; throws only where the database fails. */
  decide(jobs: Job<I, O, H, W>[]): Promise<void>
  /** Writes what tail and doc ask for, but not the head and not into other streams. */
  project(jobs: Job<I, O, H, W>[]): Promise<void>
  /** How many entries of other streams follow from the job's. */
  deliveries(job: Job<I, O, H, W>): number
  /** Appends them, once each. */
  deliver(job: Job<I, O, H, W>): Promise<void>
  /** Moves the heads, only forward; throws if one is not where its job ends, or beyond. */
  advance(jobs: Job<I, O, H, W>[]): Promise<void>
  /** After the heads: completes the answers, says what is to be cleared, gives the heads to remember. */
  complete(jobs: Job<I, O, H, W>[]): Promise<Map<string, H>>
}
