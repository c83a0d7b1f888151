import type { ConversationEvent, DurableEvent, EventData, UserEvent } from '../../../contracts/events.ts'
import type { Attachment, Contact, MemberRole, Preferences, Visibility } from '../../../contracts/entities.ts'
import type { ContactRecord, MemberRecord } from '../records.ts'

/** One entry of the log: one change of one stream, with its event. */
export interface Entry<E extends DurableEvent = DurableEvent> {
  /** A conversation's id, or for a user stream the user's id. */
  stream: string
  /** 1, 2, 3 … of the stream, without gaps. */
  change: number
  event: E
  /** The seq that the entry assigned, if it stored a message. */
  seq: number | null
  at: string
  /** The event's data as sent. Blanked when the message in it is deleted. */
  data: EventData<E>
  /** What a projection needs besides `data`. Never sent to a client. */
  hidden: Hidden | null
}

export interface Hidden {
  /** message.created: keyed digest of the request. */
  digest?: string
  /** read.updated: whether it moves the receipt that others see. */
  receipt?: boolean
  /** read.updated: `read_countable` and `own_unread` of the member after it. */
  countable?: number
  own_unread?: number
  /** member.added: the invite by which the user joined, and its uses after that. */
  invite?: { code: string; uses: number }
  /** message.created: mentioned users for whom it does not count as a mention, because they had blocked the sender. */
  unmentioned?: string[]
  /** contact.updated: the `receipts` of the row. */
  receipts?: ContactRecord['receipts']
}

/** What a handler asks to be appended to a conversation's log. */
export type ConversationDraft =
  | {
      event: 'conversation.created'
      conversation: NewConversation
      /** All members, the creator included. In a group the creator becomes owner, the others member. */
      member_ids: string[]
    }
  | {
      event: 'conversation.updated'
      actor_id: string
      patch: {
        name?: string | null
        topic?: string | null
        avatar_file_id?: string | null
        visibility?: Visibility
        disabled?: boolean
      }
    }
  | { event: 'conversation.deleted' }
  | { event: 'member.added'; actor_id: string; members: { user_id: string; role: MemberRole }[]; join?: Join }
  | { event: 'member.updated'; user_id: string; role: MemberRole }
  | { event: 'member.removed'; actor_id: string; user_ids: string[] }
  /** `unmentioned`: mentioned users for whom the message does not count as a mention. */
  | { event: 'message.created'; message: NewMessage; digest: string | null; unmentioned?: string[] }
  | {
      event: 'message.updated'
      message_id: string
      patch: { content?: string; metadata?: NewMessage['metadata'] }
    }
  | { event: 'message.deleted'; message_id: string }
  | { event: 'message.reacted'; message_id: string; user_id: string; emoji: string; added: boolean }
  | { event: 'message.pinned'; message_id: string; user_id: string }
  | { event: 'message.unpinned'; message_id: string; user_id: string }

export interface NewConversation {
  type: 'direct' | 'group'
  name: string | null
  topic: string | null
  visibility: Visibility
  created_by: string
}

/**
 * The actor joins on their own: because the group is public, or by the invite with this code. Whether they may is decided inside
 * the append, so that many can join at once without conflicts, and no invite admits more than its limit.
 */
export type Join = 'public' | { code: string }

/** A message before the append assigns `seq` and `change`. */
export interface NewMessage {
  id: string
  sender_id: string
  client_id: string | null
  type: 'text' | 'image' | 'file' | 'audio' | 'video'
  content: string | null
  attachments: Attachment[]
  reply_to: string | null
  mentions: string[]
  metadata: EventData<'message.created'>['metadata']
}

/** What a handler asks to be appended to a user stream. `joined` and `left` follow from the conversation's entries. */
export type UserDraft =
  /** `read` moves the marker forward to `seq`; `unread` sets it to `seq` in either direction. */
  | { event: 'read.updated'; conversation_id: string; seq: number; kind: 'read' | 'unread' }
  | { event: 'membership.updated'; conversation_id: string; patch: Partial<Settings> }
  /** `user` is the profile that the event shows. */
  | { event: 'contact.added'; user: Contact['user'] }
  /** `receipts`: those that the two see of each other until the block ends. */
  | { event: 'contact.updated'; user: Contact['user']; blocked: boolean; receipts?: ContactRecord['receipts'] }
  | { event: 'contact.removed'; user: Contact['user'] }
  | { event: 'preferences.updated'; patch: Partial<Preferences> }

export type Settings = Pick<MemberRecord, 'muted_until' | 'pinned' | 'archived' | 'notify'>

export type Draft = ConversationDraft | UserDraft
export type DraftOf<E extends DurableEvent> = Extract<Draft, { event: E }>

export type ConversationEntry = { [E in ConversationEvent]: Entry<E> }[ConversationEvent]
export type UserEntry = { [E in UserEvent]: Entry<E> }[UserEvent]
export type AnyEntry = ConversationEntry | UserEntry
