import { Crash } from '../../../ports/storage-fault.ts'
import type { Heads } from './heads.ts'
import type { Job, Kind } from './job.ts'
import { patiently } from './patience.ts'
import type { LogRow } from './rows.ts'
import type { Suspects } from './suspects.ts'
import { Turns } from './turns.ts'

/** Streams that are followed up, beyond which nothing more is begun. */
const MAX_FOLLOWED = 2_000
/** A job with more deliveries is finished on its own. */
const FEW_DELIVERIES = 64
/** Long follow-ups, such as a purge, that run at once: they are to leave the database to others. */
const LONG_AT_ONCE = 4

export interface FinisherOptions<I, O, H extends { last_change: number }, W> {
  kind: Kind<I, O, H, W>
  publish: (rows: readonly LogRow[]) => void
  heads: Heads<H>
  suspects: Suspects
  /** The stream may be taken by another flush. */
  release: (stream: string) => void
}

/**
 * Takes jobs from their place in the log to their answers: project, deliver, move the heads, clear away. What writes to
 * other streams or clears away is followed up beside the lanes: it makes its own calls wait and keeps its stream to itself,
 * but no other.
 */
export class Finisher<I, O, H extends { last_change: number }, W> {
  readonly #options: FinisherOptions<I, O, H, W>
  readonly #followed = new Set<string>()
  readonly #turns = new Turns(LONG_AT_ONCE)

  constructor(options: FinisherOptions<I, O, H, W>) {
    this.#options = options
  }

  /** Streams whose entries stand while something that follows from them does not. */
  get followed(): ReadonlySet<string> {
    return this.#followed
  }

  get full(): boolean {
    return this.#followed.size >= MAX_FOLLOWED
  }

  /** Resolves when the lane may go on, with the first failure among what it waited for. Never rejects. */
  finish(jobs: readonly Job<I, O, H, W>[]): Promise<unknown> {
    const quick: Job<I, O, H, W>[] = []
    const delivering: Job<I, O, H, W>[] = []
    for (const job of jobs) {
      const deliveries = this.#options.kind.deliveries(job)
      if (deliveries === 0) quick.push(job)
      else {
        this.#followed.add(job.stream)
        if (deliveries <= FEW_DELIVERIES) delivering.push(job)
        else void this.#turns.take(() => this.#carry([job]))
      }
    }
    void this.#carry(delivering)
    return this.#carry(quick)
  }

  fail(jobs: readonly Job<I, O, H, W>[], error: unknown): void {
    const { heads, suspects } = this.#options
    for (const job of jobs) {
      if (job.settled) continue
      heads.forget(job.stream)
      if (job.sent && !(error instanceof Crash)) suspects.add(job.stream, job.head?.last_change ?? 0)
      job.reject(error)
      this.#leave(job)
    }
  }

  async #carry(jobs: readonly Job<I, O, H, W>[]): Promise<unknown> {
    const { kind, heads } = this.#options
    try {
      const changed = jobs.filter(job => job.doc || job.tail.length > 0)
      if (changed.length > 0) await patiently(() => kind.project(changed))
      await Promise.all(changed.map(job => this.#deliver(job)))
      const open = jobs.filter(job => !job.settled)
      const moving = changed.filter(job => !job.settled)
      const moved = await patiently(async () => {
        if (moving.length > 0) await kind.advance(moving)
        return kind.complete(open)
      })
      for (const [stream, head] of moved) heads.remember(stream, head)
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

  /** Before the head moves: whoever finds it behind delivers again. One that fails does not fail the others. */
  async #deliver(job: Job<I, O, H, W>): Promise<void> {
    try {
      await patiently(() => this.#options.kind.deliver(job))
    } catch (error) {
      this.fail([job], error)
    }
  }

  async #clear(job: Job<I, O, H, W>, clear: () => Promise<void>): Promise<void> {
    this.#followed.add(job.stream)
    try {
      await this.#turns.take(() => patiently(clear))
      this.#answer(job)
    } catch (error) {
      this.fail([job], error)
    }
  }

  #answer(job: Job<I, O, H, W>): void {
    const { publish, suspects } = this.#options
    // Others' rows too: their process may be dead, and who moved the head over them cannot be known for sure.
    publish([...job.untold, ...job.tail, ...(job.doc ? [job.doc] : [])])
    suspects.cleared(job.stream)
    job.resolve()
    this.#leave(job)
  }

  #leave({ stream }: Job<I, O, H, W>): void {
    this.#followed.delete(stream)
    this.#options.release(stream)
  }
}
