import type { LogLine, LogRow } from '../rows/rows.ts'

/** The types of one kind of stream: input and answer of a call, the stored head, the work of a flush. */
export interface FlushTypes {
  input: unknown
  answer: unknown
  head: { last_change: number }
  work: unknown
}

/** One call that waits for a flush. */
export interface Call<I, O> {
  readonly input: I
  /** The most entries that it can become. */
  readonly weight: number
  resolve(answer: O): void
  reject(error: unknown): void
}

/** What is taken out of the queue for one stream of one flush. */
export interface Taken<F extends FlushTypes> {
  stream: string
  calls: Call<F['input'], F['answer']>[]
  settling: Call<null, void>[]
}

/**
 * The work of one flush on one stream. It goes through the phases of docs/adr/0002-the-life-of-a-flush.md in step with the
 * other jobs of its flush, and ends alone. Without calls it only settles what an earlier flush left unfinished.
 *
 * Maintained invariant: `tip` never exceeds the last change that is known to be in the log.
 */
export class Job<F extends FlushTypes> {
  readonly stream: string
  readonly calls: Call<F['input'], F['answer']>[]
  /** Callers that wait until everything in the log is projected. */
  readonly settling: Call<null, void>[]

  // Phase "read".
  /** The stream as far as the projections cover it; null for one without entries. */
  head: F['head'] | null = null
  /** An earlier flush of the stream may be unfinished: head and tail are read again. */
  doubted = false
  /** The head was read in this flush: decisions that append nothing may rest on it. */
  fresh = false
  /** Rows of the log after the head; projected together with what is appended. */
  tail: LogRow[] = []
  /** Rows before `tail` that this process may have committed without notifying its listeners. */
  unnotified: LogRow[] = []

  // Phase "decide".
  work: F['work'] | null = null
  lines: LogLine[] = []
  /** The answer of each call, given after the job is complete. */
  answers: (() => F['answer'])[] = []
  /** The decision met a row newer than the head. */
  behind = false
  /** The decision failed: what was loaded contradicts the log, or the code is wrong. */
  error: unknown = null

  // Phase "append".
  /** The row that was sent to the log. */
  row: LogRow | null = null
  sent = false

  // Phase "complete".
  /** What is removed after the head has moved and before the answer. */
  clear: (() => Promise<void>) | null = null
  settled = false

  constructor({ stream, calls, settling }: Taken<F>) {
    this.stream = stream
    this.calls = calls
    this.settling = settling
  }

  /** The last change of the log as far as it is known. */
  get tip(): number {
    return this.tail.at(-1)?.last ?? this.head?.last_change ?? 0
  }

  /** The head when the job is done. */
  get last(): number {
    return this.row?.last ?? this.tip
  }

  /** Resets what a decision set, before the job is decided again. */
  reset(): void {
    Object.assign(this, { behind: false, error: null, lines: [], answers: [], row: null })
  }

  /** Runs a step that reads rows or decides on them. An error in it fails this job only. */
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

/** What a type of stream adds to the flush: how its calls are decided and what is projected. */
export interface StreamType<F extends FlushTypes> {
  readonly name: 'conversation' | 'user'
  /** The heads of those streams that have one. */
  readHeads(streams: string[]): Promise<Map<string, F['head']>>
  /** Sets `work`, `lines`, `answers`, `behind` and `error` of each job; throws only where the database fails. */
  decide(jobs: Job<F>[]): Promise<void>
  /** Writes the rows that follow from tail and row, but neither the head nor other streams. Idempotent. */
  project(jobs: Job<F>[]): Promise<void>
  /** How many entries of other streams follow from the job's. */
  deliveries(job: Job<F>): number
  /** Appends them, once each. */
  deliver(job: Job<F>): Promise<void>
  /** Moves the heads, only forward; throws if one is not where its job ends, or beyond. */
  advance(jobs: Job<F>[]): Promise<void>
  /** After the heads: completes the answers, sets what is to be cleared, returns the heads to remember. */
  complete(jobs: Job<F>[]): Promise<Map<string, F['head']>>
}
