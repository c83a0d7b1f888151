import { INLINE_PARTICIPANTS, type EventMessage, type Member } from '../../../contracts/entities.ts'
import type { EventData } from '../../../contracts/events.ts'
import { pairOf, type ConversationRecord, type MemberRecord, type MessageRecord } from '../records.ts'
import { edited, firstRole, reacted, tombstone } from './decide.ts'
import type { ConversationEntry, Entry } from './entry.ts'
import type { RowChange, UserStreamEvent } from './rows.ts'
import type { State } from './state.ts'
import { mentionedBy, withTombstone } from '../unread.ts'
import { filesOf } from './needs.ts'
import { toEventConversation } from './wire.ts'

/**
 * The row changes that follow from an entry and the state before it, the conversation's first. Pure; throws only if the log
 * contradicts itself.
 */
export function project(entry: ConversationEntry, state: State): RowChange[] {
  if (entry.event === 'conversation.created') return projectCreated(entry)
  const before = state.conversation
  if (!before) throw new Error(`${entry.event} ${entry.stream}:${entry.change} has no conversation before it`)
  const conversation = advanced(before, entry)
  switch (entry.event) {
    case 'conversation.updated': {
      const { name, topic, visibility, disabled, avatar_file_id, updated_at } = entry.data.conversation
      const settings = { name, topic, visibility, disabled, avatar_file_id, updated_at }
      Object.assign(conversation, settings, { access_change: entry.change })
      return [
        kept(conversation),
        ...system(conversation, entry.data.message),
        ...projectAvatar(before.id, before.avatar_file_id, avatar_file_id),
      ]
    }
    case 'conversation.deleted':
      return projectDeleted(entry, conversation, state)
    case 'member.added':
      return projectAdded(entry, conversation, state)
    case 'member.updated': {
      conversation.access_change = entry.change
      const { user_id, role } = entry.data
      return [kept(conversation), { row: 'member.role', user_id, role }]
    }
    case 'member.removed': {
      const { user_ids, participant_count, message } = entry.data
      Object.assign(conversation, { participant_count, access_change: entry.change })
      return [
        kept(conversation),
        ...system(conversation, message),
        ...user_ids.map(user_id => ({ row: 'member.left' as const, user_id })),
        ...user_ids.map(user_id => left(user_id, entry.stream)),
      ]
    }
    case 'message.created':
      return projectSent(entry, conversation)
    case 'message.updated':
    case 'message.deleted':
    case 'message.reacted':
    case 'message.pinned':
    case 'message.unpinned':
      return [kept(conversation), ...projectOnMessage(entry, state.message, conversation)]
  }
}

function projectAvatar(by: string, before: string | null, after: string | null): RowChange[] {
  if (before === after) return []
  return [...attached(by, after === null ? [] : [after]), ...released(by, before === null ? [] : [before])]
}

function attached(by: string, file_ids: readonly string[]): RowChange[] {
  return file_ids.length > 0 ? [{ row: 'files.attached', by, file_ids }] : []
}

function released(by: string, file_ids: readonly string[]): RowChange[] {
  return file_ids.length > 0 ? [{ row: 'files.released', by, file_ids }] : []
}

/** The conversation with the numbers of one more entry. `active_at` never goes back, even if the server's clock does. */
function advanced(before: ConversationRecord, { event, change, seq, at }: ConversationEntry): ConversationRecord {
  const conversation: ConversationRecord = { ...before, last_change: change }
  if (event === 'message.created') conversation.countable += 1
  if (seq !== null) {
    conversation.last_seq = seq
    if (at > before.active_at) conversation.active_at = at
  }
  return conversation
}

function kept(put: ConversationRecord): RowChange {
  return { row: 'conversation', put, created: false, purged: false, pair: null }
}

function projectCreated(entry: Entry<'conversation.created'>): RowChange[] {
  const { conversation: wire, member_ids } = entry.data
  const { participants: _participants, ...rest } = wire
  const counted = { countable: 0, tombstones: [], tombstones_cut: 0 }
  const put: ConversationRecord = { ...rest, ...counted, access_change: entry.change, active_at: entry.at }
  const pair = wire.type === 'direct' ? pairOf(member_ids) : null
  const role = (user_id: string) => firstRole(wire.type, wire.created_by, user_id)
  return [
    { row: 'conversation', put, created: true, purged: false, pair },
    ...member_ids.map(user_id => begun(entry, put, { user_id, role: role(user_id), joined_at: entry.at })),
    ...member_ids.map(user_id => joined(user_id, wire)),
  ]
}

function projectDeleted(
  { change, stream }: Entry<'conversation.deleted'>,
  conversation: ConversationRecord,
  { members }: State,
): RowChange[] {
  const nameless = { name: null, topic: null, avatar_file_id: null, visibility: 'private' as const }
  const put = { ...conversation, ...nameless, participant_count: 0, access_change: change }
  const user_ids = members.map(member => member.user_id)
  return [
    { row: 'conversation', put, created: false, purged: true, pair: null },
    { row: 'purge', user_ids },
    ...user_ids.map(user_id => left(user_id, stream)),
  ]
}

function projectAdded(entry: Entry<'member.added'>, conversation: ConversationRecord, state: State): RowChange[] {
  const { members, participant_count, message } = entry.data
  Object.assign(conversation, { participant_count, access_change: entry.change })
  const participants = [...state.participants, ...members].slice(0, INLINE_PARTICIPANTS)
  const wire = toEventConversation(conversation, participants)
  return [
    kept(conversation),
    ...system(conversation, message),
    ...(entry.hidden?.invite ? [{ row: 'invite.used' as const, ...entry.hidden.invite }] : []),
    ...members.map(member => begun(entry, conversation, member)),
    ...members.map(({ user_id }) => joined(user_id, wire)),
  ]
}

function projectSent({ data, hidden }: Entry<'message.created'>, conversation: ConversationRecord): RowChange[] {
  const { sender_id: user_id, seq } = data
  const { countable } = conversation
  const rows: RowChange[] = [
    kept(conversation),
    { row: 'message', put: newMessage(data, countable, hidden?.digest ?? null), before: null },
    { row: 'member.sent', user_id, seq, countable },
    ...attached(data.id, filesOf(data)),
  ]
  if (data.mentions.length > 0) {
    const user_ids = mentionedBy(data).filter(user_id => !hidden?.unmentioned?.includes(user_id))
    if (user_ids.length > 0) rows.push({ row: 'mentions', seq, user_ids })
  }
  return rows
}

type MessageEntry = Extract<
  ConversationEntry,
  { event: 'message.updated' | 'message.deleted' | 'message.reacted' | 'message.pinned' | 'message.unpinned' }
>

function projectOnMessage(
  entry: MessageEntry,
  before: MessageRecord | null,
  conversation: ConversationRecord,
): RowChange[] {
  if (!before) throw new Error(`${entry.event} ${entry.stream}:${entry.change} names no message`)
  switch (entry.event) {
    case 'message.updated': {
      const { content, metadata } = entry.data
      const put = edited(before, { content, metadata }, entry.change, entry.at)
      return [...superseded(before, put), { row: 'message', put, before }]
    }
    case 'message.deleted':
      return projectErased(before, tombstone(before, entry.change, entry.at), conversation)
    case 'message.reacted': {
      const put = { ...before, reactions: reacted(before.reactions, entry.data), change: entry.change }
      return [{ row: 'message', put, before }]
    }
    case 'message.pinned': {
      const { message_id, user_id, at } = entry.data
      const put = { message_id, conversation_id: entry.stream, user_id, at, pinned_change: entry.change }
      return [{ row: 'pin', put }]
    }
    case 'message.unpinned':
      return [{ row: 'pin.dropped', message_id: entry.data.message_id }]
  }
}

function superseded(before: MessageRecord, { content }: MessageRecord): RowChange[] {
  if (before.content === null || before.content === content) return []
  const change = before.text_changes.at(-1) ?? before.change
  const edited_at = before.edited_at ?? before.created_at
  return [{ row: 'version', put: { message_id: before.id, change, content: before.content, edited_at } }]
}

/** The changes that remove the text of a deleted message from every row, and its mentions. */
function projectErased(before: MessageRecord, put: MessageRecord, conversation: ConversationRecord): RowChange[] {
  const { id: message_id, sender_id: user_id, seq } = put
  const user_ids = mentionedBy(put)
  if (put.type !== 'system') Object.assign(conversation, withTombstone(conversation, seq))
  return [
    { row: 'message', put, before },
    { row: 'member.unsent', user_id, seq },
    { row: 'log.blanked', changes: put.text_changes },
    { row: 'versions.erased', message: put },
    { row: 'pin.dropped', message_id },
    ...released(message_id, filesOf(before)),
    ...(user_ids.length > 0 ? [{ row: 'mentions.dropped' as const, seq, user_ids }] : []),
  ]
}

function newMessage(message: EventMessage, countable: number, digest: string | null): MessageRecord {
  return { ...message, reactions: [], text_changes: [message.change], countable, digest }
}

function system({ countable }: ConversationRecord, message: EventMessage | null): RowChange[] {
  return message ? [{ row: 'message', put: newMessage(message, countable, null), before: null }] : []
}

/** Joining sets the marker to the last seq, so that earlier messages count as read. */
function begun(entry: ConversationEntry, { last_seq, countable }: ConversationRecord, member: Member): RowChange {
  const put: MemberRecord = {
    conversation_id: entry.stream,
    ...member,
    joined_change: entry.change,
    read_seq: last_seq,
    read_at_seq: last_seq,
    read_countable: countable,
    own_unread: 0,
    own_seq: 0,
    own_countable: 0,
    receipt_seq: last_seq,
    receipt_at: null,
    muted_until: null,
    pinned: false,
    archived: false,
    notify: 'all',
  }
  return { row: 'member', put }
}

function joined(user_id: string, conversation: EventData<'conversation.joined'>['conversation']): RowChange {
  const append: UserStreamEvent = { user_id, event: 'conversation.joined', data: { conversation } }
  return { row: 'user-stream', append }
}

function left(user_id: string, conversation_id: string): RowChange {
  const append: UserStreamEvent = { user_id, event: 'conversation.left', data: { conversation_id } }
  return { row: 'user-stream', append }
}
