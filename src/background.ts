import type { Services } from './context.ts'
import type { Follower } from './followers/follower.ts'
import { FollowerRunner } from './followers/runner.ts'
import { Webhooks } from './followers/webhooks.ts'
import type { Job, Worker } from './jobs/job.ts'
import { Ownership } from './jobs/ownership.ts'
import { Scheduler, type Queue } from './jobs/scheduler.ts'
import type { Measurements } from './metrics/measurements.ts'
import type { Lag } from './ports/following.ts'

/** The followers of all webhooks, and the job that keeps them: how often it reads them again, and looks for what is due. */
const WEBHOOKS = { name: 'webhooks', every_ms: 1_000 }
/** The name of the ownership that all background work of a store shares. */
const WORK = 'background'

export interface BackgroundOptions {
  services: Pick<Services, 'storage' | 'webhookSender' | 'logger' | 'clock' | 'ids'>
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
  /** Deliveries of enabled webhooks that wait for an attempt; 0 where the background work is not done. */
  waitingDeliveries(): number
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
  const webhooks = new Webhooks({
    services,
    owns,
    attempted: result => measurements.webhook_attempts.add(result),
    monotonic,
  })
  const scheduler = new Scheduler({
    jobs: [...jobs, { ...WEBHOOKS, run: () => webhooks.keep() }],
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
      const all = [...stuck, ...(webhooks.stuck ? [WEBHOOKS.name] : []), ...(await scheduler.stuck())]
      return [...new Set(all)]
    },
    get owned() {
      return owns()
    },
    async lags() {
      const now = clock().getTime()
      const lagOf = async (follower: string, lag: Promise<Lag>) => {
        const { streams, oldest_at } = await lag
        const seconds = oldest_at === null ? 0 : Math.max(0, (now - Date.parse(oldest_at)) / 1_000)
        return { follower, streams, seconds }
      }
      const own = runners.map(runner => lagOf(runner.name, runner.lag()))
      return Promise.all([...own, lagOf(WEBHOOKS.name, webhooks.lag())])
    },
    queues: () => scheduler.queues(),
    waitingDeliveries: () => webhooks.waiting,
    async [Symbol.asyncDispose]() {
      await Promise.all([...runners, webhooks, scheduler].map(each => each[Symbol.asyncDispose]()))
      await ownership[Symbol.asyncDispose]()
    },
  }
}
