import type { EventMessage } from '../../../contracts/entities.ts'
import { findReaction } from '../reactions.ts'
import type { ConversationRecord, MessageRecord } from '../records.ts'
import { memberAdded, memberRemoved, memberUpdated } from './decide-members.ts'
import type { ConversationDraft, ConversationEntry, DraftOf, Entry, Hidden } from './entry.ts'
import { entry, systemMessage, type Conversation, type EntryPosition } from './new-entry.ts'
import { Rejection, type State } from './state.ts'
import { toEventConversation, toEventMessage, toEventReactions } from './wire.ts'

/** Different emoji on one message (specification, Messages). */
export const MAX_REACTIONS = 20

/**
 * Turns a draft into its log entry, given the state that it applies to. null: it would change nothing, so nothing is
 * appended. Pure: both stores call it inside their append, and again after a conflict.
 */
export function decide(
  draft: ConversationDraft,
  state: State,
  position: EntryPosition,
): ConversationEntry | Rejection | null {
  if (draft.event === 'conversation.created') return created(draft, position)
  const { conversation } = state
  if (!conversation) return new Rejection('not_found')
  switch (draft.event) {
    case 'conversation.updated':
      return conversationUpdated(draft, conversation, state, position)
    case 'conversation.deleted':
      return entry(conversation, position, draft.event, { conversation_id: conversation.id })
    case 'member.added':
      return memberAdded(draft, conversation, state, position)
    case 'member.updated':
      return memberUpdated(draft, conversation, state, position)
    case 'member.removed':
      return memberRemoved(draft, conversation, state, position)
    case 'message.created':
      return messageCreated(draft, conversation, position)
    case 'message.updated':
    case 'message.deleted':
    case 'message.reacted':
    case 'message.pinned':
    case 'message.unpinned':
      return onMessage(draft, conversation, state, position)
  }
}

function created(draft: DraftOf<'conversation.created'>, position: EntryPosition): Entry<'conversation.created'> {
  const { created_by, type } = draft.conversation
  const record = {
    id: position.stream,
    ...draft.conversation,
    avatar_file_id: null,
    disabled: false,
    last_seq: 0,
    last_change: 1,
    participant_count: draft.member_ids.length,
    created_at: position.at,
    updated_at: position.at,
  }
  const ids = draft.member_ids.toSorted()
  const participants = ids.map(user_id => ({
    user_id,
    role: firstRole(type, created_by, user_id),
    joined_at: position.at,
  }))
  const conversation = toEventConversation(record, participants)
  return entry({ last_change: 0 }, position, draft.event, { conversation, member_ids: ids })
}

/** The member role that the creation of a conversation gives a user. */
export function firstRole(type: 'direct' | 'group', created_by: string, user_id: string): 'owner' | 'member' {
  return type === 'group' && user_id === created_by ? 'owner' : 'member'
}

function conversationUpdated(
  draft: DraftOf<'conversation.updated'>,
  before: ConversationRecord,
  state: State,
  position: EntryPosition,
): Entry<'conversation.updated'> | null {
  const { patch } = draft
  const after = { ...before, ...patch }
  if (Bun.deepEquals(after, before)) return null
  const change = before.last_change + 1
  const renamed = after.name !== before.name
  const seq = renamed ? before.last_seq + 1 : null
  const message = renamed
    ? systemMessage(before, position, draft.actor_id, {
        event: 'conversation.renamed',
        ...(after.name === null ? {} : { name: after.name }),
      })
    : null
  const record = { ...after, last_change: change, last_seq: seq ?? before.last_seq, updated_at: position.at }
  const conversation = toEventConversation(record, state.participants)
  return entry(before, position, draft.event, { conversation, message }, { seq })
}

function messageCreated(
  draft: DraftOf<'message.created'>,
  conversation: Conversation,
  position: EntryPosition,
): Entry<'message.created'> {
  const { message, digest, unmentioned = [] } = draft
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
    attachments: message.attachments,
    reply_to: message.reply_to,
    mentions: message.mentions,
    metadata: message.metadata,
    reactions: [],
    edited_at: null,
    deleted_at: null,
    created_at: position.at,
  }
  const hidden: Hidden = {}
  if (digest !== null) hidden.digest = digest
  if (unmentioned.length > 0) hidden.unmentioned = unmentioned
  const some = digest !== null || unmentioned.length > 0
  return entry(conversation, position, draft.event, data, { seq, hidden: some ? hidden : null })
}

type OnMessage = DraftOf<
  'message.updated' | 'message.deleted' | 'message.reacted' | 'message.pinned' | 'message.unpinned'
>

function onMessage(
  draft: OnMessage,
  conversation: ConversationRecord,
  { message, pin }: State,
  position: EntryPosition,
): ConversationEntry | Rejection | null {
  if (!message || message.conversation_id !== conversation.id) return new Rejection('not_found')
  const change = conversation.last_change + 1
  if (draft.event === 'message.deleted') {
    if (message.deleted_at !== null) return null
    return entry(conversation, position, draft.event, toEventMessage(tombstone(message, change, position.at)))
  }
  if (draft.event === 'message.unpinned') {
    if (!pin) return null
    return entry(conversation, position, draft.event, {
      message_id: message.id,
      user_id: draft.user_id,
      at: position.at,
    })
  }
  if (message.deleted_at !== null) return new Rejection('gone')
  switch (draft.event) {
    case 'message.updated': {
      const after = edited(message, draft.patch, change, position.at)
      return after === message ? null : entry(conversation, position, draft.event, toEventMessage(after))
    }
    case 'message.reacted': {
      const { user_id, added } = draft
      const emoji = findReaction(message.reactions, draft.emoji)?.emoji ?? draft.emoji
      const reactions = reacted(message.reactions, draft)
      if (reactions === message.reactions) return null
      if (reactions.length > MAX_REACTIONS && added) return new Rejection('too_many_reactions')
      const data = { message_id: message.id, reactions: toEventReactions(reactions), user_id, emoji, added }
      return entry(conversation, position, draft.event, data)
    }
    case 'message.pinned':
      if (pin) return null
      return entry(conversation, position, draft.event, {
        message_id: message.id,
        user_id: draft.user_id,
        at: position.at,
      })
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

/** A deleted message: seq, sender, mentions and times stay; text, attachments, metadata and reactions do not. */
export function tombstone(message: MessageRecord, change: number, at: string): MessageRecord {
  return { ...message, content: null, attachments: [], metadata: null, reactions: [], deleted_at: at, change }
}

/** The reactions after adding or removing one; the same array if that changes nothing. */
export function reacted(
  reactions: MessageRecord['reactions'],
  { emoji, user_id, added }: { emoji: string; user_id: string; added: boolean },
): MessageRecord['reactions'] {
  const present = findReaction(reactions, emoji)
  if (added === (present?.user_ids.includes(user_id) ?? false)) return reactions
  if (!present) return [...reactions, { emoji, user_ids: [user_id] }]
  const user_ids = added ? [...present.user_ids, user_id] : present.user_ids.filter(id => id !== user_id)
  if (user_ids.length === 0) return reactions.filter(reaction => reaction !== present)
  return reactions.map(reaction => (reaction === present ? { ...present, user_ids } : reaction))
}
