import type { EventData } from '../../../contracts/events.ts'
import type { Services } from '../../context.ts'
import type { Follower } from '../../followers/follower.ts'
import type { NewJob } from '../../ports/jobs.ts'
import { toNewJob } from './push-jobs.ts'

/** Marks that are set shortly after one another lead to one push. */
const GATHER_MS = 1_000

type Deps = Pick<Services, 'storage' | 'clock'>

interface Read {
  user_id: string
  conversation_id: string
  seq: number
}

/** Queues the pushes that tell devices that what they show was read elsewhere. */
export function readFollower(deps: Deps): Follower {
  return {
    name: 'push-read',
    streams: 'users',
    from: 'now',
    async handle(entries) {
      const reads = entries.flatMap(({ event, stream, json }) => {
        if (event !== 'read.updated') return []
        // Cast: contracts/events.ts defines the data of this event.
        const { conversation_id, last_read_seq } = JSON.parse(json) as EventData<'read.updated'>
        return { user_id: stream, conversation_id, seq: last_read_seq }
      })
      await queueReads(deps, reads)
    },
  }
}

/** Queues a push for each device that still shows a notification of a conversation, all of which its user has read. */
export async function queueReads({ storage, clock }: Deps, reads: readonly Read[]): Promise<void> {
  const latest = new Map(reads.map(read => [`${read.user_id}:${read.conversation_id}`, read]))
  const devices = await storage.devices.ofUsers([...new Set(reads.map(({ user_id }) => user_id))])
  const devices_of = Map.groupBy(devices, ({ user_id }) => user_id)
  const now = clock()
  const due_at = new Date(now.getTime() + GATHER_MS).toISOString()
  const jobs: NewJob[] = []
  for (const { user_id, conversation_id, seq } of latest.values()) {
    const ids = (devices_of.get(user_id) ?? []).map(({ id }) => id)
    for (const { device_id, shown_seq } of ids.length > 0 ? await storage.devices.pushed(ids, conversation_id) : [])
      if (shown_seq > 0 && shown_seq <= seq) {
        const job = {
          kind: 'read',
          device_id,
          user_id,
          conversation_id,
          seq: shown_seq,
          at: now.toISOString(),
        } as const
        jobs.push(toNewJob(job, due_at))
      }
  }
  if (jobs.length > 0) await storage.jobs.enqueue(jobs)
}
