import type { EventMessage } from '../../../contracts/entities.ts'
import type { Services } from '../../context.ts'
import { mayNotify } from '../../domain/blocking.ts'
import { silenceOf } from '../../domain/notify.ts'
import { toPreferences } from '../../domain/preferences.ts'
import type { DeviceRecord } from '../../domain/push.ts'
import { QuietHours } from '../../domain/quiet-hours.ts'
import type { ConversationRecord, MemberRecord } from '../../domain/records.ts'
import type { Follower } from '../../followers/follower.ts'
import type { StoredEntry } from '../../ports/storage.ts'
import { toNewJob, type PushJob } from './push-jobs.ts'
import { queueReads } from './read-follower.ts'

/** Members that are looked at in one step, and jobs that are stored in one. */
const MEMBERS_AT_ONCE = 200
const JOBS_AT_ONCE = 500
/** Messages of one conversation that came so closely together that later ones replace earlier ones before they are queued. */
const MAX_PUSHED_AT_ONCE = 20
/** A message is not pushed that is older when the follower gets to it, such as after the server was off for days. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000

type Deps = Pick<Services, 'storage' | 'clock' | 'isConnected'>
type Message = Pick<EventMessage, 'id' | 'seq' | 'sender_id' | 'type' | 'deleted_at' | 'mentions'>

/**
 * Queues the pushes of new messages: for each device of each member who is to be notified. Handling an entry again queues the
 * same jobs again, which has no effect while they are queued, nor after the device was pushed the message (`deliver.ts`).
 */
export function messageFollower(deps: Deps): Follower {
  const quiet = new QuietHours()

  async function handleConversation(conversation: ConversationRecord, messages: readonly Message[]): Promise<void> {
    for (let start: string | undefined; ;) {
      const page = { ascending: true, limit: MEMBERS_AT_ONCE + 1, ...(start === undefined ? {} : { start }) }
      const members = await deps.storage.members.list(conversation.id, page)
      await handleMembers(conversation, messages, members.slice(0, MEMBERS_AT_ONCE))
      start = members[MEMBERS_AT_ONCE]?.user_id
      if (start === undefined) return
      // Reads of an embedded store do not wait: others get their turn.
      await new Promise<void>(resolve => setImmediate(resolve))
    }
  }

  async function handleMembers(
    conversation: ConversationRecord,
    messages: readonly Message[],
    members: readonly MemberRecord[],
  ): Promise<void> {
    const { storage, clock } = deps
    const away = members.filter(({ user_id }) => !deps.isConnected(user_id))
    const devices = byUser(await storage.devices.ofUsers(away.map(({ user_id }) => user_id)))
    const reachable = away.filter(({ user_id }) => devices.has(user_id))
    if (reachable.length === 0) return
    const user_ids = reachable.map(({ user_id }) => user_id)
    const senders = [...new Set(messages.map(({ sender_id }) => sender_id))]
    const [users, preferences, relations] = await Promise.all([
      storage.users.findMany(user_ids),
      storage.preferences.findMany(user_ids),
      Promise.all(senders.map(async id => [id, await storage.contacts.relations(id, user_ids)] as const)),
    ])
    const [user_by_id, relations_of] = [new Map(users.map(user => [user.id, user])), new Map(relations)]
    const preferences_of = new Map(preferences.map(each => [each.user_id, each]))
    const now = clock()
    const jobs = reachable.flatMap(member => {
      const { user_id } = member
      const user = user_by_id.get(user_id)
      if (!user) return []
      const own = { user, member, preferences: toPreferences(preferences_of.get(user_id) ?? null), connected: false }
      const pushed = latest(messages, message => {
        const blocked = !mayNotify(relations_of.get(message.sender_id)?.get(user_id))
        return silenceOf(message, conversation, { ...own, blocked }, now, quiet) === null
      })
      const own_devices = devices.get(user_id) ?? []
      return pushed.flatMap(message => own_devices.map(device => messageJob(device, conversation.id, message, now)))
    })
    for (let from = 0; from < jobs.length; from += JOBS_AT_ONCE)
      await storage.jobs.enqueue(jobs.slice(from, from + JOBS_AT_ONCE).map(job => toNewJob(job)))
  }

  return {
    name: 'push',
    streams: 'conversations',
    from: 'now',
    async handle(entries) {
      const oldest = new Date(deps.clock().getTime() - MAX_AGE_MS).toISOString()
      const created = entries.filter(({ event, at }) => event === 'message.created' && at > oldest)
      for (const [id, messages] of byStream(created)) {
        const conversation = await deps.storage.conversations.find(id)
        if (!conversation) continue
        await handleConversation(conversation, messages)
        // Sending moves the sender's marker: what their other devices show is read.
        const sent = messages.map(({ sender_id, seq }) => ({ user_id: sender_id, conversation_id: id, seq }))
        await queueReads(deps, sent)
      }
    },
  }
}

/** The latest messages that fit, `MAX_PUSHED_AT_ONCE` at most, in their order. */
function latest(messages: readonly Message[], fits: (message: Message) => boolean): Message[] {
  const found: Message[] = []
  for (const message of messages.toReversed()) {
    if (found.length === MAX_PUSHED_AT_ONCE) break
    if (fits(message)) found.push(message)
  }
  return found.toReversed()
}

function messageJob(device: DeviceRecord, conversation_id: string, { id, seq }: Message, now: Date): PushJob {
  const { id: device_id, user_id } = device
  return { kind: 'message', device_id, user_id, conversation_id, message_id: id, seq, at: now.toISOString() }
}

/** The messages of each conversation. Entries of a purged one are blank and left out. */
function byStream(entries: readonly StoredEntry[]): Map<string, Message[]> {
  const streams = new Map<string, Message[]>()
  for (const { stream, json } of entries) {
    // Cast: contracts/events.ts defines the data of these events; a blank one has no field.
    const message = JSON.parse(json) as EventMessage | object
    if ('id' in message) streams.set(stream, [...(streams.get(stream) ?? []), message])
  }
  return streams
}

function byUser(devices: readonly DeviceRecord[]): Map<string, DeviceRecord[]> {
  return Map.groupBy(devices, ({ user_id }) => user_id)
}
