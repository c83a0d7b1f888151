import type { EventMessage } from '../../../contracts/entities.ts'
import type { ConversationEvent, EventData } from '../../../contracts/events.ts'
import type { ConversationRecord } from '../records.ts'
import type { Entry, Hidden } from './entry.ts'

/** Stream, time and ids of the new entry. */
export interface EntryPosition {
  stream: string
  at: string
  /** Makes the id of the system message, if the entry has one. */
  ids: () => string
}

export type Conversation = Pick<ConversationRecord, 'id' | 'last_change' | 'last_seq'>

/** The next entry of the conversation. */
export function entry<E extends ConversationEvent>(
  { last_change }: Pick<Conversation, 'last_change'>,
  { stream, at }: EntryPosition,
  event: E,
  data: EventData<E>,
  { seq = null, hidden = null }: { seq?: number | null; hidden?: Hidden | null } = {},
): Entry<E> {
  return { stream, change: last_change + 1, event, seq, at, data, hidden }
}

/** The next message of the conversation. */
export function systemMessage(
  conversation: Conversation,
  position: EntryPosition,
  sender_id: string,
  metadata: { event: string; user_ids?: string[]; name?: string },
): EventMessage {
  return {
    id: position.ids(),
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
    created_at: position.at,
  }
}
