import type { Logger } from '../logger.ts'
import type { JobRecord, Jobs } from '../ports/jobs.ts'
import { Unavailable } from '../ports/storage.ts'
import { RetryAt, type Job, type Worker } from './job.ts'

/** How often queues are looked at, and periodic jobs are begun. */
const TICK_MS = 500
/** The pause after a failed attempt of a queued job, doubled with each further one. */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 15 * 60 * 1_000
/** How long a dead job is kept. */
const DEAD_KEPT_MS = 7 * 24 * 60 * 60 * 1_000
/** A periodic job is stuck when it has run for so long, or has failed so often in a row. */
const STUCK_MS = 10 * 60 * 1_000
const STUCK_FAILURES = 3
/** A queue is stuck when a job has been due for so long. */
const STUCK_QUEUE_MS = 60_000
/** How long `stop` waits for what runs. Queued jobs that are not done are done after the next start. */
const STOP_MS = 2_000

export interface SchedulerOptions {
  jobs: readonly Job[]
  workers: readonly Worker[]
  queues: Jobs
  /** Whether this process does the store's background work now. */
  owns: () => boolean
  /** Called with the name of each job that ended, and that of the queue for queued ones. */
  ended: (name: string, ms: number, failed: boolean) => void
  clock: () => Date
  monotonic: () => number
  logger: Logger
}

export interface Queue {
  queue: string
  /** Jobs that are due and not claimed. */
  due: number
  dead: number
  /** How long the oldest of them has been due. */
  seconds: number
}

interface Periodic {
  job: Job
  due_at: number
  running_since: number | null
  failures: number
}

/** Runs periodic jobs and queued ones, on the process that owns the background work. A job never overlaps itself. */
export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions
  readonly #periodic: Periodic[]
  readonly #working = new Map<Worker, number>()
  readonly #claiming = new Set<Worker>()
  readonly #running = new Set<Promise<void>>()
  readonly #timer: Timer
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const now = options.monotonic()
    this.#periodic = options.jobs.map(job => ({ job, due_at: now + job.every_ms, running_since: null, failures: 0 }))
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** The names of periodic jobs and queues that someone should look at. */
  async stuck(): Promise<string[]> {
    const { monotonic, clock, queues, workers } = this.#options
    const now = clock()
    const periodic = this.#periodic.filter(
      ({ running_since, failures }) =>
        failures >= STUCK_FAILURES || (running_since !== null && monotonic() - running_since > STUCK_MS),
    )
    const waiting = await Promise.all(
      workers.map(async ({ queue }) => {
        const { oldest_due_at } = await queues.state(queue, now.toISOString())
        return oldest_due_at !== null && now.getTime() - Date.parse(oldest_due_at) > STUCK_QUEUE_MS ? [queue] : []
      }),
    )
    return [...periodic.map(({ job }) => job.name), ...waiting.flat()]
  }

  /** How each queue is now. */
  async queues(): Promise<Queue[]> {
    const { clock, queues, workers } = this.#options
    const now = clock()
    const ageOf = (at: string | null) => (at === null ? 0 : Math.max(0, (now.getTime() - Date.parse(at)) / 1_000))
    return Promise.all(
      workers.map(async ({ queue }) => {
        const { due, dead, oldest_due_at } = await queues.state(queue, now.toISOString())
        return { queue, due, dead, seconds: ageOf(oldest_due_at) }
      }),
    )
  }

  /** Looks at the queues now. */
  #tick(): void {
    const { owns, monotonic, workers } = this.#options
    if (this.#stopped || !owns()) return
    for (const periodic of this.#periodic)
      if (periodic.running_since === null && periodic.due_at <= monotonic()) this.#track(this.#runPeriodic(periodic))
    for (const worker of workers) if (!this.#claiming.has(worker)) this.#track(this.#claim(worker))
  }

  #track(work: Promise<void>): void {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  async #runPeriodic(periodic: Periodic): Promise<void> {
    const { clock, monotonic, logger, ended } = this.#options
    const begun = monotonic()
    periodic.running_since = begun
    try {
      await periodic.job.run(clock())
      periodic.failures = 0
      ended(periodic.job.name, monotonic() - begun, false)
    } catch (error) {
      periodic.failures += 1
      ended(periodic.job.name, monotonic() - begun, true)
      // That the store is away is reported by other calls.
      if (!(error instanceof Unavailable)) logger.warn({ err: error, job: periodic.job.name }, 'a job failed')
    } finally {
      periodic.running_since = null
      periodic.due_at = monotonic() + periodic.job.every_ms
    }
  }

  /** Takes as many due jobs of the queue as may run, until there are no more. */
  async #claim(worker: Worker): Promise<void> {
    const { queues, clock, logger } = this.#options
    this.#claiming.add(worker)
    try {
      for (;;) {
        const room = worker.at_once - (this.#working.get(worker) ?? 0)
        if (room <= 0 || this.#stopped) return
        const now = clock()
        const until = new Date(now.getTime() + worker.limit_ms).toISOString()
        const claimed = await queues.claim(worker.queue, now.toISOString(), until, room)
        if (claimed.length === 0) return
        for (const job of claimed) this.#track(this.#work(worker, job))
      }
    } catch (error) {
      // That the store is away is reported by other calls.
      if (!(error instanceof Unavailable)) logger.warn({ err: error, queue: worker.queue }, 'a queue cannot be read')
    } finally {
      this.#claiming.delete(worker)
    }
  }

  async #work(worker: Worker, job: JobRecord): Promise<void> {
    const { queues, clock, monotonic, logger, ended } = this.#options
    this.#working.set(worker, (this.#working.get(worker) ?? 0) + 1)
    try {
      const begun = monotonic()
      const failure = await failureOf(() => worker.run(job, clock()))
      ended(worker.queue, monotonic() - begun, failure !== null)
      if (failure === null) await queues.done(job)
      else await this.#fail(worker, job, failure.error)
    } catch (error) {
      // The claim ends by itself, and the job is tried again.
      if (!(error instanceof Unavailable))
        logger.warn({ err: error, queue: worker.queue }, 'the end of a job cannot be stored')
    } finally {
      this.#working.set(worker, (this.#working.get(worker) ?? 1) - 1)
      if (!this.#stopped && !this.#claiming.has(worker) && this.#options.owns()) this.#track(this.#claim(worker))
    }
  }

  async #fail(worker: Worker, job: JobRecord, error: unknown): Promise<void> {
    const { queues, clock, logger } = this.#options
    const now = clock().getTime()
    if (job.attempts >= worker.max_attempts) {
      logger.warn({ err: error, queue: worker.queue, attempts: job.attempts }, 'a job has failed for good')
      return queues.fail(job, { dead: true, expires_at: new Date(now + DEAD_KEPT_MS).toISOString() })
    }
    const pause = Math.min(FIRST_RETRY_MS * 2 ** (job.attempts - 1), MAX_RETRY_MS)
    const at = error instanceof RetryAt ? error.at : new Date(now + pause)
    return queues.fail(job, { at: at.toISOString() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await Promise.race([Promise.allSettled(this.#running), Bun.sleep(STOP_MS)])
  }
}

async function failureOf(work: () => Promise<void>): Promise<{ error: unknown } | null> {
  try {
    await work()
    return null
  } catch (error) {
    return { error }
  }
}
