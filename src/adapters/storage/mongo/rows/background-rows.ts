/** What followers, jobs and roll-ups store: ids and numbers only. */

/** `_id` = name of a follower. */
export interface FollowerRow {
  _id: string
  streams: 'conversations' | 'users'
  /** It does not get what was committed before; empty: it gets everything. */
  since: string
  /** Whether all heads that were there when it became known were marked for it. */
  marked: boolean
}

/** `_id` = `follower:stream`. */
export interface FollowRow {
  _id: string
  follower: string
  stream: string
  /** The last change that was handled. */
  position: number
  /** The stream's last change when it was last given to the follower. */
  head: number
  /** `follower:b36(ms)` while `head` is beyond `position`: since when it waits. */
  queue?: string
}

/** `_id` = job. */
export interface JobRow {
  _id: string
  queue: string
  payload: string
  /** `queue:due_at`; absent for a dead job. */
  due?: string
  attempts: number
  /** The last claim. */
  claim: string
  /** The queue, of a dead job only. */
  dead?: string
  expires_at?: string
}

/** `_id` = a kind of background work. */
export interface OwnerRow {
  _id: string
  owner: string
  heartbeat: number
}

/** `_id` = `batch`: the batch of numbers that was added last to the roll-ups. */
export interface RollupBatchRow {
  _id: string
  number: number
  /** Its sheets and counted streams as JSON. */
  content: string
  /** Whether it is carried out. */
  done: boolean
}

/** `_id` = `conversation:month:sender`; an empty conversation or sender: all. */
export interface SheetRow {
  _id: string
  conversation_id: string
  sender_id: string
  month: string
  /** The sum of `counts`. */
  count: number
  /** JSON */
  counts: string
  /** The last batch that is contained. */
  batch: number
}

/** `_id` = stream: how far it is contained in the roll-ups. */
export interface CountedRow {
  _id: string
  change: number
  batch: number
}
