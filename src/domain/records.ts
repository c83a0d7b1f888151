/** What is stored: the shapes that storage keeps and domain functions decide on. Times are ISO-8601 with milliseconds. */
import type { Message, MemberRole } from '../../contracts/entities.ts'
import type { Role } from '../../contracts/roles.ts'

export interface UserRecord {
  id: string
  username: string
  full_name: string | null
  /** null once deleted. */
  email: string | null
  role: Role
  disabled: boolean
  deleted: boolean
  /** PHC string; null once deleted: nobody can sign in. */
  password_hash: string | null
  created_at: string
  updated_at: string
}

export interface SessionRecord {
  id: string
  user_id: string
  /** How often the refresh token has rotated: the token of this number is the current one. */
  generation: number
  rotated_at: string
  created_at: string
  last_used_at: string
  expires_at: string
  revoked_at: string | null
  user_agent: string | null
  address: string | null
}

export interface ConversationRecord {
  id: string
  type: 'direct' | 'group'
  name: string | null
  topic: string | null
  avatar_file_id: string | null
  created_by: string
  disabled: boolean
  last_seq: number
  last_change: number
  /** The last change of members, roles or settings: what a decision about access depends on. */
  access_change: number
  participant_count: number
  /** When the last message was stored; before the first one, when it was created. */
  active_at: string
  created_at: string
  updated_at: string
}

export interface MemberRecord {
  conversation_id: string
  user_id: string
  role: MemberRole
  joined_at: string
  /** The change at which this membership began: earlier positions of this user are of another membership. */
  joined_change: number
  /** The marker as last set, and the conversation's last_seq when it was. */
  read_seq: number
  read_at_seq: number
  /** The seq of the user's latest message here, 0 without one. */
  own_seq: number
  /** The furthest the user ever read, and when; receipts never go back. */
  receipt_seq: number
  receipt_at: string | null
  muted_until: string | null
  pinned: boolean
  archived: boolean
  notify: 'all' | 'mentions' | 'none'
}

export interface MessageRecord extends Omit<Message, 'reactions'> {
  /** Everybody who reacted, in the order they did. */
  reactions: { emoji: string; user_ids: string[] }[]
  /** The changes whose entries hold a text of it: its creation, then each edit. */
  text_changes: number[]
  /** Keyed digest of the first request, to tell a repeat from another message under the same client_id. */
  digest: string | null
}

/** A superseded text. `change` is the one that wrote it. */
export interface VersionRecord {
  message_id: string
  change: number
  content: string
  edited_at: string
}

export interface PinRecord {
  message_id: string
  conversation_id: string
  user_id: string
  at: string
  /** The change that pinned it: its place in the list. */
  pinned_change: number
}

/** What makes a direct conversation the only one of two people, whoever of them asks. */
export function pairOf(user_ids: readonly string[]): string {
  return user_ids.toSorted().join(':')
}
