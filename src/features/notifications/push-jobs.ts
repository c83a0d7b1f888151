import type { NewJob } from '../../ports/jobs.ts'

/** The queue of what is to be pushed. Jobs hold ids; what is pushed is looked up when it is sent. */
export const PUSH_QUEUE = 'push'

interface Pushed {
  device_id: string
  user_id: string
  /** When it was queued. */
  at: string
}
/** A new message. */
export interface MessageJob extends Pushed {
  kind: 'message'
  conversation_id: string
  message_id: string
  seq: number
}
/** The notification that the device shows was read elsewhere, up to `seq`. */
export interface ReadJob extends Pushed {
  kind: 'read'
  conversation_id: string
  seq: number
}
export interface NoticeJob extends Pushed {
  kind: 'notice'
  notice_id: string
}
export type PushJob = MessageJob | ReadJob | NoticeJob

/** The job's id names the device and what is pushed, so that it is queued once however often it is asked for. */
export function toNewJob(job: PushJob, due_at = job.at): NewJob {
  return {
    id: `${PUSH_QUEUE}:${subjectOf(job)}:${job.device_id}`,
    queue: PUSH_QUEUE,
    payload: JSON.stringify(job),
    due_at,
  }
}

/** The cast: the queue contains only what `toNewJob` has made. */
export function readJob(payload: string): PushJob {
  return JSON.parse(payload) as PushJob
}

function subjectOf(job: PushJob): string {
  switch (job.kind) {
    case 'message':
      return job.message_id
    case 'read':
      return `${job.conversation_id}:${job.seq}`
    case 'notice':
      return job.notice_id
  }
}
