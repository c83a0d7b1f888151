import type { Services } from './context.ts'
import type { Follower } from './followers/follower.ts'
import { FollowerRunner } from './followers/runner.ts'
import type { Job, Worker } from './jobs/job.ts'
import { Ownership } from './jobs/ownership.ts'
import { Scheduler } from './jobs/scheduler.ts'

/** The name of the ownership that all background work of a store shares. */
const WORK = 'background'

export interface BackgroundOptions {
  services: Pick<Services, 'storage' | 'logger' | 'clock' | 'ids'>
  monotonic: () => number
  followers: readonly Follower[]
  jobs: readonly Job[]
  workers: readonly Worker[]
}

/** What runs beside calls: followers of the log and jobs, on one process of a store at a time. */
export interface Background extends AsyncDisposable {
  /** The names of followers, jobs and queues that make no progress; for `/health/ready`. */
  stuck(): Promise<string[]>
}

export function openBackground(options: BackgroundOptions): Background {
  const { services, monotonic, followers, jobs, workers } = options
  const { storage, logger, clock, ids } = services
  const ownership = new Ownership({ name: WORK, owners: storage.owners, instance_id: ids(), monotonic, logger })
  const owns = () => ownership.held
  const runners = followers.map(follower => new FollowerRunner(follower, { log: storage.log, owns, logger, monotonic }))
  const scheduler = new Scheduler({ jobs, workers, queues: storage.jobs, owns, clock, monotonic, logger })
  return {
    async stuck() {
      const stuck = runners.filter(runner => runner.stuck).map(({ name }) => name)
      return [...stuck, ...(await scheduler.stuck())]
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...runners, scheduler].map(each => each[Symbol.asyncDispose]()))
      await ownership[Symbol.asyncDispose]()
    },
  }
}
