import type { Services } from './context.ts'
import type { Follower } from './followers/follower.ts'
import { FollowerRunner } from './followers/runner.ts'
import type { Job, Worker } from './jobs/job.ts'
import { Ownership } from './jobs/ownership.ts'
import { Scheduler, type Queue } from './jobs/scheduler.ts'
import type { Measurements } from './metrics/measurements.ts'

/** The name of the ownership that all background work of a store shares. */
const WORK = 'background'

export interface BackgroundOptions {
  services: Pick<Services, 'storage' | 'logger' | 'clock' | 'ids'>
  monotonic: () => number
  followers: readonly Follower[]
  jobs: readonly Job[]
  workers: readonly Worker[]
  measurements: Measurements
}

/** What runs beside calls: followers of the log and jobs, on one process of a store at a time. */
export interface Background extends AsyncDisposable {
  /** The names of followers, jobs and queues that make no progress; for `/health/ready`. */
  stuck(): Promise<string[]>
  /** Whether this process does the store's background work now. */
  readonly owned: boolean
  lags(): Promise<FollowerLag[]>
  queues(): Promise<Queue[]>
}

export interface FollowerLag {
  follower: string
  /** Those with entries that it has not handled. */
  streams: number
  /** The age of the oldest of these entries. */
  seconds: number
}

export function openBackground(options: BackgroundOptions): Background {
  const { services, monotonic, followers, jobs, workers, measurements } = options
  const { storage, logger, clock, ids } = services
  const ownership = new Ownership({ name: WORK, owners: storage.owners, instance_id: ids(), monotonic, logger })
  const owns = () => ownership.held
  const runners = followers.map(follower => new FollowerRunner(follower, { log: storage.log, owns, logger, monotonic }))
  const scheduler = new Scheduler({
    jobs,
    workers,
    queues: storage.jobs,
    owns,
    ended: (name, ms, failed) => measurements.jobEnded(name, ms, failed),
    clock,
    monotonic,
    logger,
  })
  return {
    async stuck() {
      const stuck = runners.filter(runner => runner.stuck).map(({ name }) => name)
      return [...stuck, ...(await scheduler.stuck())]
    },
    get owned() {
      return owns()
    },
    async lags() {
      const now = clock().getTime()
      return Promise.all(
        runners.map(async runner => {
          const { streams, oldest_at } = await runner.lag()
          const seconds = oldest_at === null ? 0 : Math.max(0, (now - Date.parse(oldest_at)) / 1_000)
          return { follower: runner.name, streams, seconds }
        }),
      )
    },
    queues: () => scheduler.queues(),
    async [Symbol.asyncDispose]() {
      await Promise.all([...runners, scheduler].map(each => each[Symbol.asyncDispose]()))
      await ownership[Symbol.asyncDispose]()
    },
  }
}
