import { Unavailable } from '../../../ports/storage.ts'
import type { Db } from './database.ts'

/** Changes in one transaction; more wait for the next. */
const MOST_IN_BATCH = 1_000

interface Job {
  work: () => unknown
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
  result?: unknown
}

/** What stands around each transaction: memory that must not run ahead of the file. */
export interface Around {
  /** Before COMMIT: writes what was held together. */
  flush(): void
  /** After COMMIT, before anybody hears of it. */
  committed(): void
  /** After ROLLBACK. */
  discarded(): void
}

export interface GroupCommit {
  /** Runs the change in the next transaction, with everything else of this tick; resolves once it is durable. */
  submit<T>(work: () => T): Promise<T>
}

/**
 * One transaction for all changes of a tick: with synchronous FULL that makes 8 to 16 times as many of them durable as a
 * commit each. One that throws takes nobody with it: the batch is undone and its changes run one by one.
 */
export function groupCommit(db: Db, around: Around): GroupCommit {
  let waiting: Job[] = []
  let scheduled = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  function flush(): void {
    scheduled = false
    const batch = waiting.splice(0, MOST_IN_BATCH)
    if (waiting.length > 0) schedule()
    try {
      transact(batch)
    } catch (error) {
      if (batch.length === 1 || error instanceof Unavailable) for (const job of batch) job.reject(error)
      else for (const job of batch) alone(job)
    }
  }

  function alone(job: Job): void {
    try {
      transact([job])
    } catch (error) {
      job.reject(error)
    }
  }

  function transact(batch: readonly Job[]): void {
    try {
      db.begin()
      for (const job of batch) job.result = job.work()
      around.flush()
      db.commit()
    } catch (error) {
      db.rollback()
      around.discarded()
      throw error
    }
    around.committed()
    for (const job of batch) job.resolve(job.result)
  }

  return {
    submit<T>(work: () => T): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      // A job's result is what its own `work` gave.
      waiting.push({ work, resolve: value => resolve(value as T), reject })
      schedule()
      return promise
    },
  }
}
