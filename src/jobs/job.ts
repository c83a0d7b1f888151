import type { JobRecord } from '../ports/jobs.ts'

/** Work that one process of a store does regularly. */
export interface Job {
  readonly name: string
  /** From the end of one run to the begin of the next. The first one begins so long after the start of the process. */
  readonly every_ms: number
  /** If it throws, it is run again at the next time. */
  run(now: Date): Promise<void>
}

/** Carries out the jobs of one queue (`storage.jobs`), each at least once, also after a crash. */
export interface Worker {
  /** Names stored jobs: never change one that was released. Contains no `:`. */
  readonly queue: string
  /** Jobs that run side by side. */
  readonly at_once: number
  /** A job that runs longer is given to another process, too. */
  readonly limit_ms: number
  /** A job that has failed so often is dead. */
  readonly max_attempts: number
  /**
   * When it resolves, the job is done. If it throws, the job is tried again after a pause that doubles from 1 s to 15 minutes,
   * or at the time that a `RetryAt` names.
   */
  run(job: JobRecord, now: Date): Promise<void>
}

/** Thrown by a worker: the job is tried again not before this time. */
export class RetryAt extends Error {
  override readonly name = 'RetryAt'
  readonly at: Date
  constructor(at: Date, options?: ErrorOptions) {
    super('tried again later', options)
    this.at = at
  }
}
