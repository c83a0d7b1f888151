/** The stored shapes, on which domain functions decide. Times are ISO 8601 in UTC with milliseconds. */
import type { Message, MemberRole, Preferences, Visibility } from '../../contracts/entities.ts'
import type { Role } from '../../contracts/roles.ts'

export interface UserRecord {
  id: string
  username: string
  full_name: string | null
  avatar_file_id: string | null
  /** null once deleted. */
  email: string | null
  /** The user's id in the system of who runs this server, which signs it in by tokens of its own; unique. null: it has none. */
  external_id: string | null
  role: Role
  disabled: boolean
  deleted: boolean
  /** PHC string; null: nobody signs in by password, as once the user is deleted. */
  password_hash: string | null
  created_at: string
  updated_at: string
}

export interface SessionRecord {
  id: string
  user_id: string
  /** How often the refresh token has rotated. The token of this generation is the current one. */
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
  visibility: Visibility
  created_by: string
  disabled: boolean
  last_seq: number
  last_change: number
  /** The last change of members, roles or settings: what a decision about access depends on. */
  access_change: number
  participant_count: number
  /** When the latest message was stored, or the conversation created. Never goes back. */
  active_at: string
  /** How many messages it ever had that count as unread for others: all but system messages, deleted ones included. */
  countable: number
  /** The greatest seqs of deleted countable messages, ascending, at most `MAX_TOMBSTONES`. */
  tombstones: number[]
  /** The greatest seq of a deleted countable message that is not among `tombstones`; 0 without one. */
  tombstones_cut: number
  created_at: string
  updated_at: string
}

export interface MemberRecord {
  conversation_id: string
  user_id: string
  role: MemberRole
  joined_at: string
  /** The change at which this membership began. An earlier position of the user belongs to an earlier membership. */
  joined_change: number
  /** The marker as last set, and the conversation's last_seq at that time. */
  read_seq: number
  read_at_seq: number
  /** The conversation's `countable` up to and including `read_seq`. */
  read_countable: number
  /** The user's own messages beyond `read_seq` that are not deleted; void once `own_seq` > `read_at_seq`. */
  own_unread: number
  /** The seq of the user's latest message here, 0 without one. */
  own_seq: number
  /** The conversation's `countable` up to and including `own_seq`. */
  own_countable: number
  /** The greatest seq the user has read, and when. Never goes back. */
  receipt_seq: number
  receipt_at: string | null
  muted_until: string | null
  pinned: boolean
  archived: boolean
  notify: 'all' | 'mentions' | 'none'
}

export interface MessageRecord extends Omit<Message, 'reactions'> {
  /** All users who reacted, in the order they did. */
  reactions: { emoji: string; user_ids: string[] }[]
  /** The changes whose entries hold a text of the message: its creation, then each edit. */
  text_changes: number[]
  /** The conversation's `countable` up to and including this message. */
  countable: number
  /** Keyed digest of the first request. Another digest under the same client_id is another message, not a repeat. */
  digest: string | null
}

/** An uploaded file. Its bytes are under its id in the port of files; what refers to it is in the port of file rows. */
export interface FileRecord {
  /** Random, and not known to anybody to whom no reference shows it. */
  id: string
  /** Who uploaded it. */
  user_id: string
  /** Text for display only. */
  name: string
  /** Found in the content. */
  content_type: string
  size: number
  sha256: string
  width: number | null
  height: number | null
  /** Whether there is a thumbnail. */
  thumbnail: boolean
  created_at: string
}

/** An earlier text of a message. `change` is the change that wrote it. */
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
  /** The change that pinned it, by which pins are ordered. */
  pinned_change: number
}

/** What a user is notified of; a user without a row has `DEFAULT_PREFERENCES`. */
export interface PreferencesRecord extends Preferences {
  user_id: string
}

/** What a user keeps of another one. There is no row where both times are null. */
export interface ContactRecord {
  user_id: string
  contact_id: string
  added_at: string | null
  blocked_at: string | null
  /** While blocked: the receipts that the two saw of each other when the block began, by conversation. */
  receipts: Readonly<Record<string, SeenReceipts>> | null
}
export interface SeenReceipts {
  mine: SeenReceipt
  theirs: SeenReceipt
}
export interface SeenReceipt {
  seq: number
  at: string | null
}

export interface InviteRecord {
  /** By which invites are ordered: older ones have smaller ids. */
  id: string
  /** What the link holds. Unique. */
  code: string
  conversation_id: string
  created_by: string
  created_at: string
  /** null: never. */
  expires_at: string | null
  /** null: no limit. */
  max_uses: number | null
  /** How many joins it has admitted. */
  uses: number
  revoked_at: string | null
}

/** The key of two users' direct conversation, the same for both orders. */
export function pairOf(user_ids: readonly string[]): string {
  return user_ids.toSorted().join(':')
}
