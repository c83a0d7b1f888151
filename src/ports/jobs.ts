/**
 * Queued work that survives crashes. A job is carried out at least once: after `enqueue` resolves, it is returned by `claim`
 * until it is done or dead.
 */
export interface Jobs {
  /** Adds the jobs whose ids are not stored, in one write each. A job that was done may be added again. */
  enqueue(jobs: readonly NewJob[]): Promise<void>
  /**
   * Takes jobs of the queue that are due at `now`, the earliest first. Each is given to one caller only, and is due again at
   * `until` unless it is done or has failed before.
   */
  claim(queue: string, now: string, until: string, limit: number): Promise<JobRecord[]>
  /** Removes the job, if it was not claimed again since. */
  done(job: ClaimedJob): Promise<void>
  /**
   * Makes the job due again at `at`, if it was not claimed again since. `dead`: never again; the row stays, for `state`, until
   * the sweep at `expires_at`.
   */
  fail(job: ClaimedJob, next: { at: string } | { dead: true; expires_at: string }): Promise<void>
  /** The queue at `now`. */
  state(queue: string, now: string): Promise<QueueState>
}

export interface NewJob {
  /** Unique over all queues. */
  id: string
  /** Contains no `:`. */
  queue: string
  /** At most `MAX_PAYLOAD_BYTES`. Ids and numbers only: no purge and no deletion of an account looks into it. */
  payload: string
  due_at: string
}

export interface JobRecord extends NewJob {
  /** How often it was claimed. */
  attempts: number
}
export type ClaimedJob = Pick<JobRecord, 'id' | 'attempts'>

export interface QueueState {
  /** Jobs that are due and not claimed. */
  due: number
  oldest_due_at: string | null
  dead: number
}

export const MAX_PAYLOAD_BYTES = 64 * 1024

/** Which process does a kind of background work. A store that only one process can open forgets the owners when it is opened. */
export interface Owners {
  find(name: string): Promise<OwnerRecord | null>
  /** Stores `next` if the record of its name is still `seen`; null: there is none. Of several callers one gets true. */
  replace(seen: OwnerRecord | null, next: OwnerRecord): Promise<boolean>
  /** Removes the record if it still has this owner. */
  release(name: string, owner: string): Promise<void>
}
export interface OwnerRecord {
  name: string
  /** A process. */
  owner: string
  /** Counts on while the owner lives. */
  heartbeat: number
}
