import type { EventMessage, Member } from '../../../contracts/entities.ts'
import type { EventData } from '../../../contracts/events.ts'
import type { ConversationRecord, MemberRecord, MessageRecord, PinRecord, VersionRecord } from '../records.ts'
import { edited, firstRole, reacted, tombstone } from './decide.ts'
import type { ConversationEntry, Entry } from './entry.ts'
import type { State } from './state.ts'
import { INLINE_PARTICIPANTS } from '../../../contracts/entities.ts'
import { toEventConversation } from './wire.ts'

/** What an entry makes of the state: the rows to write. Every part is idempotent by the entry's change. */
export interface Projection {
  /** The conversation after it. */
  conversation: ConversationRecord
  /** Superseded text: keep it before the message is replaced. */
  version?: VersionRecord
  /** A new message, or one as it is after the change. */
  message?: MessageRecord
  /** The text of `message` is gone: blank the entries of its `text_changes`, drop its versions, its pin, its mentions' count. */
  erased?: true
  pinned?: PinRecord
  /** The id of the message that is no longer pinned. */
  unpinned?: string
  /** The sender's member gets `own_seq` = this seq at least. */
  sent?: { user_id: string; seq: number }
  /** MemberRows that begin. */
  joined?: MemberRecord[]
  member_role?: { user_id: string; role: MemberRecord['role'] }
  /** User ids whose memberships end. */
  left?: string[]
  /**
   * The conversation ends: messages, versions, pins, members and the pair's claim go; all its entries are blanked, and what it
   * was called in the `conversation.joined` of those who ever joined.
   */
  purged?: true
  /** What follows in the members' own streams, once per (user, conversation, change). */
  own: UserStreamEvent[]
}

export type UserStreamEvent =
  | { user_id: string; event: 'conversation.joined'; data: EventData<'conversation.joined'> }
  | { user_id: string; event: 'conversation.left'; data: EventData<'conversation.left'> }

/** Projects an entry upon the state before it. Pure; throws only where the log contradicts itself. */
export function project(entry: ConversationEntry, state: State): Projection {
  if (entry.event === 'conversation.created') return projectCreated(entry)
  const before = state.conversation
  if (!before) throw new Error(`${entry.event} ${entry.stream}:${entry.change} has no conversation before it`)
  const conversation: ConversationRecord = { ...before, last_change: entry.change }
  if (entry.seq !== null) {
    conversation.last_seq = entry.seq
    conversation.active_at = entry.at
  }
  switch (entry.event) {
    case 'conversation.updated': {
      const { name, topic, disabled, avatar_file_id, updated_at } = entry.data.conversation
      Object.assign(conversation, { name, topic, disabled, avatar_file_id, updated_at, access_change: entry.change })
      return { conversation, own: [], ...stored(entry.data.message) }
    }
    case 'conversation.deleted':
      return {
        conversation: {
          ...conversation,
          name: null,
          topic: null,
          avatar_file_id: null,
          participant_count: 0,
          access_change: entry.change,
        },
        purged: true,
        own: state.members.map(member => leftEvent(member.user_id, entry.stream)),
      }
    case 'member.added':
      return projectAdded(entry, conversation, state)
    case 'member.updated':
      conversation.access_change = entry.change
      return { conversation, member_role: { user_id: entry.data.user_id, role: entry.data.role }, own: [] }
    case 'member.removed':
      conversation.access_change = entry.change
      conversation.participant_count = entry.data.participant_count
      return {
        conversation,
        left: entry.data.user_ids,
        own: entry.data.user_ids.map(user_id => leftEvent(user_id, entry.stream)),
        ...stored(entry.data.message),
      }
    case 'message.created':
      return {
        conversation,
        sent: { user_id: entry.data.sender_id, seq: entry.data.seq },
        own: [],
        ...stored(entry.data, entry.hidden?.digest),
      }
    case 'message.updated':
    case 'message.deleted':
    case 'message.reacted':
    case 'message.pinned':
    case 'message.unpinned':
      return projectOnMessage(entry, conversation, state.message)
  }
}

function projectCreated(entry: Entry<'conversation.created'>): Projection {
  const { conversation: wire, member_ids } = entry.data
  const { participants: _participants, ...rest } = wire
  const conversation: ConversationRecord = { ...rest, access_change: entry.change, active_at: entry.at }
  return {
    conversation,
    joined: member_ids.map(user_id =>
      newMember(entry, { user_id, role: firstRole(wire.type, wire.created_by, user_id), joined_at: entry.at }),
    ),
    own: member_ids.map(user_id => joinedEvent(user_id, wire)),
  }
}

function projectAdded(entry: Entry<'member.added'>, conversation: ConversationRecord, state: State): Projection {
  conversation.access_change = entry.change
  conversation.participant_count = entry.data.participant_count
  const participants = [...state.participants, ...entry.data.members].slice(0, INLINE_PARTICIPANTS)
  const wire = toEventConversation(conversation, participants)
  return {
    conversation,
    joined: entry.data.members.map(member => newMember(entry, member)),
    own: entry.data.members.map(({ user_id }) => joinedEvent(user_id, wire)),
    ...stored(entry.data.message),
  }
}

type MessageEntry = Extract<
  ConversationEntry,
  { event: 'message.updated' | 'message.deleted' | 'message.reacted' | 'message.pinned' | 'message.unpinned' }
>

function projectOnMessage(
  entry: MessageEntry,
  conversation: ConversationRecord,
  before: MessageRecord | null,
): Projection {
  if (!before) throw new Error(`${entry.event} ${entry.stream}:${entry.change} names no message`)
  switch (entry.event) {
    case 'message.updated': {
      const { content, metadata } = entry.data
      const message = edited(before, { content, metadata }, entry.change, entry.at)
      const change = before.text_changes.at(-1) ?? before.change
      const edited_at = before.edited_at ?? before.created_at
      const old = before.content !== null && before.content !== message.content
      return {
        conversation,
        ...(old ? { version: { message_id: before.id, change, content: before.content ?? '', edited_at } } : {}),
        message,
        own: [],
      }
    }
    case 'message.deleted':
      return { conversation, message: tombstone(before, entry.change, entry.at), erased: true, own: [] }
    case 'message.reacted':
      return {
        conversation,
        message: { ...before, reactions: reacted(before.reactions, entry.data), change: entry.change },
        own: [],
      }
    case 'message.pinned': {
      const { message_id, user_id, at } = entry.data
      const pinned = { message_id, conversation_id: entry.stream, user_id, at, pinned_change: entry.change }
      return { conversation, pinned, own: [] }
    }
    case 'message.unpinned':
      return { conversation, unpinned: entry.data.message_id, own: [] }
  }
}

function stored(message: EventMessage | null, digest?: string): { message?: MessageRecord } {
  if (!message) return {}
  return { message: { ...message, reactions: [], text_changes: [message.change], digest: digest ?? null } }
}

/** Joining sets the marker to the last seq: what was said before is read. */
function newMember(entry: ConversationEntry, { user_id, role, joined_at }: Member): MemberRecord {
  const seq = entry.seq ?? 0
  return {
    conversation_id: entry.stream,
    user_id,
    role,
    joined_at,
    joined_change: entry.change,
    read_seq: seq,
    read_at_seq: seq,
    own_seq: 0,
    receipt_seq: seq,
    receipt_at: null,
    muted_until: null,
    pinned: false,
    archived: false,
    notify: 'all',
  }
}

function joinedEvent(user_id: string, conversation: EventData<'conversation.joined'>['conversation']): UserStreamEvent {
  return { user_id, event: 'conversation.joined', data: { conversation } }
}

function leftEvent(user_id: string, conversation_id: string): UserStreamEvent {
  return { user_id, event: 'conversation.left', data: { conversation_id } }
}
