/** Makes the entities of events from records: nothing in them depends on the viewer. */
import {
  INLINE_PARTICIPANTS,
  INLINE_REACTORS,
  type EventConversation,
  type EventMessage,
  type Member,
} from '../../../contracts/entities.ts'
import type { MemberRecord, MessageRecord } from '../records.ts'

export function toMember({ user_id, role, joined_at }: MemberRecord): Member {
  return { user_id, role, joined_at }
}

/** `participants` are the first 100 in the order they joined. */
export function toEventConversation(
  record: Omit<EventConversation, 'participants'>,
  participants: readonly Member[],
): EventConversation {
  return {
    id: record.id,
    type: record.type,
    name: record.name,
    topic: record.topic,
    avatar_file_id: record.avatar_file_id,
    visibility: record.visibility,
    created_by: record.created_by,
    disabled: record.disabled,
    last_seq: record.last_seq,
    last_change: record.last_change,
    participants: participants.slice(0, INLINE_PARTICIPANTS),
    participant_count: record.participant_count,
    created_at: record.created_at,
    updated_at: record.updated_at,
  }
}

export function toEventReactions(reactions: MessageRecord['reactions']): EventMessage['reactions'] {
  return reactions.map(({ emoji, user_ids }) => ({
    emoji,
    count: user_ids.length,
    user_ids: user_ids.slice(0, INLINE_REACTORS),
  }))
}

export function toEventMessage(record: MessageRecord): EventMessage {
  return messageWith(record, toEventReactions(record.reactions))
}

/** A record's public fields, with its reactions in the form of the viewer or of an event. */
export function messageWith<R>(
  record: MessageRecord,
  reactions: R,
): Omit<EventMessage, 'reactions'> & { reactions: R } {
  return {
    id: record.id,
    conversation_id: record.conversation_id,
    seq: record.seq,
    change: record.change,
    sender_id: record.sender_id,
    client_id: record.client_id,
    type: record.type,
    content: record.content,
    attachments: record.attachments,
    reply_to: record.reply_to,
    mentions: record.mentions,
    metadata: record.metadata,
    reactions,
    edited_at: record.edited_at,
    deleted_at: record.deleted_at,
    created_at: record.created_at,
  }
}
