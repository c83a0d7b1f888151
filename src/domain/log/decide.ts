import type { EventMessage } from '../../../contracts/entities.ts'
import type { ConversationEvent, EventData } from '../../../contracts/events.ts'
import type { ConversationRecord, MessageRecord } from '../records.ts'
import type { ConversationDraft, ConversationEntry, DraftOf, Entry, Hidden } from './entry.ts'
import { Refusal, type State } from './state.ts'
import { toEventConversation, toEventMessage, toEventReactions } from './wire.ts'

/** Most kinds of reactions on one message (SPEC, Messages). */
export const MOST_REACTIONS = 20

/** Where the new entry will stand, and what names it. */
export interface Place {
  stream: string
  at: string
  /** An id for the system message that the entry may carry. */
  message_id: string
}

/**
 * Turns a draft into the log entry it asks for, given the state it applies to. null: it would change nothing, so nothing is
 * appended. Pure: both stores call it inside their append, and again when somebody else was faster.
 */
export function decide(draft: ConversationDraft, state: State, place: Place): ConversationEntry | Refusal | null {
  if (draft.event === 'conversation.created') return created(draft, place)
  const { conversation } = state
  if (!conversation) return new Refusal('not_found')
  switch (draft.event) {
    case 'conversation.updated':
      return conversationUpdated(draft, conversation, state, place)
    case 'conversation.deleted':
      return entry(conversation, place, draft.event, { conversation_id: conversation.id })
    case 'member.added':
      return memberAdded(draft, conversation, state, place)
    case 'member.updated':
      return memberUpdated(draft, conversation, state, place)
    case 'member.removed':
      return memberRemoved(draft, conversation, state, place)
    case 'message.created':
      return messageCreated(draft, conversation, place)
    case 'message.updated':
    case 'message.deleted':
    case 'message.reacted':
    case 'message.pinned':
    case 'message.unpinned':
      return onMessage(draft, conversation, state, place)
  }
}

type Conversation = Pick<ConversationRecord, 'id' | 'last_change' | 'last_seq'>

function entry<E extends ConversationEvent>(
  { last_change }: Pick<Conversation, 'last_change'>,
  { stream, at }: Place,
  event: E,
  data: EventData<E>,
  { seq = null, hidden = null }: { seq?: number | null; hidden?: Hidden | null } = {},
): Entry<E> {
  return { stream, change: last_change + 1, event, seq, at, data, hidden }
}

function created(draft: DraftOf<'conversation.created'>, place: Place): Entry<'conversation.created'> {
  const { created_by, type } = draft.conversation
  const record: ConversationRecord = {
    id: place.stream,
    ...draft.conversation,
    avatar_file_id: null,
    disabled: false,
    last_seq: 0,
    last_change: 1,
    access_change: 1,
    participant_count: draft.member_ids.length,
    active_at: place.at,
    created_at: place.at,
    updated_at: place.at,
  }
  const ids = draft.member_ids.toSorted()
  const participants = ids.map(user_id => ({
    user_id,
    role: firstRole(type, created_by, user_id),
    joined_at: place.at,
  }))
  const conversation = toEventConversation(record, participants)
  return entry({ last_change: 0 }, place, draft.event, { conversation, member_ids: ids })
}

/** The seat that somebody gets by the creation of a conversation. */
export function firstRole(type: 'direct' | 'group', created_by: string, user_id: string): 'owner' | 'member' {
  return type === 'group' && user_id === created_by ? 'owner' : 'member'
}

function conversationUpdated(
  draft: DraftOf<'conversation.updated'>,
  before: ConversationRecord,
  state: State,
  place: Place,
): Entry<'conversation.updated'> | null {
  const { patch } = draft
  const after = { ...before, ...patch }
  if (after.name === before.name && after.topic === before.topic && after.disabled === before.disabled) return null
  const change = before.last_change + 1
  const renamed = after.name !== before.name
  const seq = renamed ? before.last_seq + 1 : null
  const message = renamed
    ? systemMessage(before, place, draft.actor_id, {
        event: 'conversation.renamed',
        ...(after.name === null ? {} : { name: after.name }),
      })
    : null
  const record = { ...after, last_change: change, last_seq: seq ?? before.last_seq, updated_at: place.at }
  const conversation = toEventConversation(record, state.participants)
  return entry(before, place, draft.event, { conversation, message }, { seq })
}

function memberAdded(
  draft: DraftOf<'member.added'>,
  conversation: ConversationRecord,
  { seats }: State,
  place: Place,
): Entry<'member.added'> | null {
  const present = new Set(seats.map(seat => seat.user_id))
  const members = draft.members
    .filter(member => !present.has(member.user_id))
    .map(({ user_id, role }) => ({ user_id, role, joined_at: place.at }))
    .toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1))
  if (members.length === 0) return null
  const user_ids = members.map(member => member.user_id)
  const message = systemMessage(conversation, place, draft.actor_id, { event: 'member.added', user_ids })
  const participant_count = conversation.participant_count + members.length
  return entry(conversation, place, draft.event, { members, participant_count, message }, { seq: message.seq })
}

function memberUpdated(
  draft: DraftOf<'member.updated'>,
  conversation: ConversationRecord,
  { seats }: State,
  place: Place,
): Entry<'member.updated'> | Refusal | null {
  const seat = seats.find(({ user_id }) => user_id === draft.user_id)
  if (!seat) return new Refusal('not_found')
  if (seat.role === draft.role) return null
  return entry(conversation, place, draft.event, { user_id: draft.user_id, role: draft.role })
}

function memberRemoved(
  draft: DraftOf<'member.removed'>,
  conversation: ConversationRecord,
  { seats }: State,
  place: Place,
): Entry<'member.removed'> | null {
  const present = new Set(seats.map(seat => seat.user_id))
  const user_ids = draft.user_ids.filter(user_id => present.has(user_id))
  if (user_ids.length === 0) return null
  const left = user_ids.length === 1 && user_ids[0] === draft.actor_id
  const event = left ? 'member.left' : 'member.removed'
  const message = systemMessage(conversation, place, draft.actor_id, { event, user_ids })
  const participant_count = conversation.participant_count - user_ids.length
  return entry(conversation, place, draft.event, { user_ids, participant_count, message }, { seq: message.seq })
}

function messageCreated(
  draft: DraftOf<'message.created'>,
  conversation: Conversation,
  place: Place,
): Entry<'message.created'> {
  const { message, digest } = draft
  const seq = conversation.last_seq + 1
  const data: EventMessage = {
    id: message.id,
    conversation_id: conversation.id,
    seq,
    change: conversation.last_change + 1,
    sender_id: message.sender_id,
    client_id: message.client_id,
    type: message.type,
    content: message.content,
    attachments: [],
    reply_to: message.reply_to,
    mentions: message.mentions,
    metadata: message.metadata,
    reactions: [],
    edited_at: null,
    deleted_at: null,
    created_at: place.at,
  }
  return entry(conversation, place, draft.event, data, { seq, hidden: digest === null ? null : { digest } })
}

type OnMessage = DraftOf<
  'message.updated' | 'message.deleted' | 'message.reacted' | 'message.pinned' | 'message.unpinned'
>

function onMessage(
  draft: OnMessage,
  conversation: ConversationRecord,
  { message, pin }: State,
  place: Place,
): ConversationEntry | Refusal | null {
  if (!message || message.conversation_id !== conversation.id) return new Refusal('not_found')
  const change = conversation.last_change + 1
  if (draft.event === 'message.deleted') {
    if (message.deleted_at !== null) return null
    return entry(conversation, place, draft.event, toEventMessage(tombstone(message, change, place.at)))
  }
  if (draft.event === 'message.unpinned') {
    if (!pin) return null
    return entry(conversation, place, draft.event, { message_id: message.id, user_id: draft.user_id, at: place.at })
  }
  if (message.deleted_at !== null) return new Refusal('gone')
  switch (draft.event) {
    case 'message.updated': {
      const after = edited(message, draft.patch, change, place.at)
      return after === message ? null : entry(conversation, place, draft.event, toEventMessage(after))
    }
    case 'message.reacted': {
      const { user_id, emoji, added } = draft
      const reactions = reacted(message.reactions, draft)
      if (reactions === message.reactions) return null
      if (reactions.length > MOST_REACTIONS && added) return new Refusal('too_many_reactions')
      const data = { message_id: message.id, reactions: toEventReactions(reactions), user_id, emoji, added }
      return entry(conversation, place, draft.event, data)
    }
    case 'message.pinned':
      if (pin) return null
      return entry(conversation, place, draft.event, { message_id: message.id, user_id: draft.user_id, at: place.at })
  }
}

/** The message after an edit; the same object if it changes nothing. */
export function edited(
  message: MessageRecord,
  patch: { content?: string | null; metadata?: MessageRecord['metadata'] },
  change: number,
  at: string,
): MessageRecord {
  const content = patch.content === undefined ? message.content : patch.content
  const metadata = patch.metadata === undefined ? message.metadata : patch.metadata
  if (content === message.content && Bun.deepEquals(metadata, message.metadata)) return message
  return { ...message, content, metadata, change, edited_at: at, text_changes: [...message.text_changes, change] }
}

/** What a deletion leaves: the seq and who said it to whom, no text. */
export function tombstone(message: MessageRecord, change: number, at: string): MessageRecord {
  return { ...message, content: null, attachments: [], metadata: null, reactions: [], deleted_at: at, change }
}

/** The reactions after one more or one less; the same array if it changes nothing. */
export function reacted(
  reactions: MessageRecord['reactions'],
  { emoji, user_id, added }: { emoji: string; user_id: string; added: boolean },
): MessageRecord['reactions'] {
  const present = reactions.find(reaction => reaction.emoji === emoji)
  if (added === (present?.user_ids.includes(user_id) ?? false)) return reactions
  if (!present) return [...reactions, { emoji, user_ids: [user_id] }]
  const user_ids = added ? [...present.user_ids, user_id] : present.user_ids.filter(id => id !== user_id)
  if (user_ids.length === 0) return reactions.filter(reaction => reaction !== present)
  return reactions.map(reaction => (reaction === present ? { emoji, user_ids } : reaction))
}

function systemMessage(
  conversation: Conversation,
  place: Place,
  sender_id: string,
  metadata: { event: string; user_ids?: string[]; name?: string },
): EventMessage {
  return {
    id: place.message_id,
    conversation_id: conversation.id,
    seq: conversation.last_seq + 1,
    change: conversation.last_change + 1,
    sender_id,
    client_id: null,
    type: 'system',
    content: null,
    attachments: [],
    reply_to: null,
    mentions: [],
    metadata,
    reactions: [],
    edited_at: null,
    deleted_at: null,
    created_at: place.at,
  }
}
