import type { LogRow } from '../rows/rows.ts'
import type { FlushTypes, Job, StreamType } from './job.ts'
import type { KnownHeads } from './known-heads.ts'
import { retrying } from './retry.ts'
import { Semaphore } from './semaphore.ts'
import type { UnsettledStreams } from './unsettled.ts'

/** Streams with follow-ups in progress; with more, no new append is begun. */
const MAX_FOLLOW_UPS = 2_000
/** A job with more deliveries is completed on its own. */
const FEW_DELIVERIES = 64
/** Long follow-ups, such as a purge, that run at once: they leave most of the database's time to others. */
const LONG_FOLLOW_UPS = 4

export interface CompletionOptions<F extends FlushTypes> {
  type: StreamType<F>
  notify: (rows: readonly LogRow[]) => void
  known_heads: KnownHeads<F['head']>
  unsettled: UnsettledStreams
  /** The stream may be taken by another flush. */
  release: (stream: string) => void
}

/**
 * Takes jobs from their place in the log to their answers: project, deliver, advance the heads, clear, notify, answer. What
 * writes to other streams or clears is a follow-up: it runs beside the flushes, delays its own calls and keeps its stream
 * busy, but delays no other stream.
 *
 * Maintained invariants: a head moves only after everything before it is projected and delivered; a call is answered only
 * after the head covers it and the listeners were notified.
 */
export class Completion<F extends FlushTypes> {
  readonly #options: CompletionOptions<F>
  readonly #following_up = new Set<string>()
  readonly #long = new Semaphore(LONG_FOLLOW_UPS)

  constructor(options: CompletionOptions<F>) {
    this.#options = options
  }

  /** Streams whose entries are in the log while a follow-up of them is not done. */
  get following_up(): ReadonlySet<string> {
    return this.#following_up
  }

  get full(): boolean {
    return this.#following_up.size >= MAX_FOLLOW_UPS
  }

  /** Resolves when the flush may end, with the first failure among the jobs without follow-ups. Never rejects. */
  run(jobs: readonly Job<F>[]): Promise<unknown> {
    const quick: Job<F>[] = []
    const delivering: Job<F>[] = []
    for (const job of jobs) {
      const deliveries = this.#options.type.deliveries(job)
      if (deliveries === 0) quick.push(job)
      else {
        this.#following_up.add(job.stream)
        if (deliveries <= FEW_DELIVERIES) delivering.push(job)
        else void this.#long.run(() => this.#complete([job]))
      }
    }
    void this.#complete(delivering)
    return this.#complete(quick)
  }

  fail(jobs: readonly Job<F>[], error: unknown): void {
    const { known_heads, unsettled } = this.#options
    for (const job of jobs) {
      if (job.settled) continue
      known_heads.forget(job.stream)
      if (job.sent) unsettled.add(job.stream, job.head?.last_change ?? 0)
      job.reject(error)
      this.#leave(job)
    }
  }

  async #complete(jobs: readonly Job<F>[]): Promise<unknown> {
    const { type, known_heads } = this.#options
    try {
      const changed = jobs.filter(job => job.row || job.tail.length > 0)
      if (changed.length > 0) await retrying(() => type.project(changed))
      await Promise.all(changed.map(job => this.#deliver(job)))
      const open = jobs.filter(job => !job.settled)
      const moving = changed.filter(job => !job.settled)
      const heads = await retrying(async () => {
        if (moving.length > 0) await type.advance(moving)
        return type.complete(open)
      })
      for (const [stream, head] of heads) known_heads.remember(stream, head)
      for (const job of open) {
        if (job.clear) void this.#clear(job, job.clear)
        else this.#answer(job)
      }
      return null
    } catch (error) {
      this.fail(jobs, error)
      return error
    }
  }

  /** Before the head moves: the next flush that finds it behind delivers again. A failure fails this job alone. */
  async #deliver(job: Job<F>): Promise<void> {
    try {
      await retrying(() => this.#options.type.deliver(job))
    } catch (error) {
      this.fail([job], error)
    }
  }

  async #clear(job: Job<F>, clear: () => Promise<void>): Promise<void> {
    this.#following_up.add(job.stream)
    try {
      await this.#long.run(() => retrying(clear))
      this.#answer(job)
    } catch (error) {
      this.fail([job], error)
    }
  }

  #answer(job: Job<F>): void {
    const { notify, unsettled } = this.#options
    // Rows of other processes too: such a process may be dead, and which one moved the head over them is not known.
    notify([...job.unnotified, ...job.tail, ...(job.row ? [job.row] : [])])
    unsettled.delete(job.stream)
    job.resolve()
    this.#leave(job)
  }

  #leave({ stream }: Job<F>): void {
    this.#following_up.delete(stream)
    this.#options.release(stream)
  }
}
