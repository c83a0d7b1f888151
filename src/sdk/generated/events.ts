// Generated from contracts/ by `bun run docs`. Do not edit.
import type {
  Preferences,
  Contact,
  Member,
  Status,
  EventConversation,
  EventMessage,
  EventReaction,
} from './entities.ts'

/** The `data` of each event. */
export interface EventDataMap {
  /** Of the stream of the conversation. */
  'conversation.created': {
    conversation: EventConversation
    /** all members, without a limit */
    member_ids: string[]
  }
  /** Of the stream of the conversation. */
  'conversation.updated': { conversation: EventConversation; message: EventMessage | null }
  /** Of the stream of the conversation. */
  'conversation.deleted': { conversation_id: string }
  /** Of the stream of the conversation. */
  'member.added': { members: Member[]; participant_count: number; message: EventMessage }
  /** Of the stream of the conversation. */
  'member.updated': Omit<Member, 'joined_at'>
  /** Of the stream of the conversation. */
  'member.removed': {
    user_ids: string[]
    /** members who come into the first 100 `participants`; absent in entries of earlier versions */
    moved_up?: Member[] | undefined
    participant_count: number
    message: EventMessage
  }
  /** Of the stream of the conversation. */
  'message.created': EventMessage
  /** Of the stream of the conversation. */
  'message.updated': EventMessage
  /** Of the stream of the conversation. */
  'message.deleted': EventMessage
  /** Of the stream of the conversation. */
  'message.reacted': { message_id: string; reactions: EventReaction[]; user_id: string; emoji: string; added: boolean }
  /** Of the stream of the conversation. */
  'message.pinned': { message_id: string; user_id: string; at: string }
  /** Of the stream of the conversation. */
  'message.unpinned': { message_id: string; user_id: string; at: string }
  /** Of the user's own stream. */
  'conversation.joined': { conversation: EventConversation }
  /** Of the user's own stream. */
  'conversation.left': { conversation_id: string }
  /** Of the user's own stream. */
  'read.updated': {
    conversation_id: string
    last_read_seq: number
    /** the conversation's last_seq when the marker was set */
    at_seq: number
    /** the conversation's last_change for which the two counts hold */
    at_change: number
    unread_count: number
    mention_count: number
  }
  /** Of the user's own stream. */
  'membership.updated': {
    conversation_id: string
    muted_until: string | null
    pinned: boolean
    archived: boolean
    notify: 'all' | 'mentions' | 'none'
  }
  /** Of the user's own stream. */
  'contact.added': Contact
  /** Of the user's own stream. */
  'contact.updated': Contact
  /** Of the user's own stream. */
  'contact.removed': Contact
  /** Of the user's own stream. */
  'preferences.updated': Preferences
  /** Without a stream. */
  'receipt.updated': { conversation_id: string; user_id: string; last_read_seq: number; at: string }
  /** Without a stream. */
  'user.updated': Omit<Contact, 'contact_id' | 'added_at' | 'blocked_at'>
  /** Without a stream. */
  'typing.started': { conversation_id: string; user_id: string; expires_at: string }
  /** Without a stream. */
  'typing.stopped': { conversation_id: string; user_id: string }
  /** Without a stream. */
  'presence.updated': Status
}
/** Numbered by the stream of a conversation. */
export type ConversationEvent =
  | 'conversation.created'
  | 'conversation.updated'
  | 'conversation.deleted'
  | 'member.added'
  | 'member.updated'
  | 'member.removed'
  | 'message.created'
  | 'message.updated'
  | 'message.deleted'
  | 'message.reacted'
  | 'message.pinned'
  | 'message.unpinned'
/** Numbered by the user's own stream. */
export type UserEvent =
  | 'conversation.joined'
  | 'conversation.left'
  | 'read.updated'
  | 'membership.updated'
  | 'contact.added'
  | 'contact.updated'
  | 'contact.removed'
  | 'preferences.updated'
/** Without `stream` and `change`: may be lost, and is not replayed. */
export type EphemeralEvent =
  'receipt.updated' | 'user.updated' | 'typing.started' | 'typing.stopped' | 'presence.updated'
