/** Between rows and records: booleans are 0 and 1, empty lists are null, objects are JSON text. */
import type {
  ConversationRecord,
  MemberRecord,
  MessageRecord,
  SessionRecord,
  UserRecord,
} from '../../../domain/records.ts'

type Row<T, Flags extends keyof T> = Omit<T, Flags> & Record<Flags, number>

export type UserRow = Row<UserRecord, 'disabled' | 'deleted'>
export type SessionRow = SessionRecord
export type ConversationRow = Row<ConversationRecord, 'disabled'> & { n: number; purged: number }
export type MemberRow = Row<Omit<MemberRecord, 'conversation_id'>, 'pinned' | 'archived'> & { conversation: number }

export const USER = 'id, username, full_name, email, role, disabled, deleted, password_hash, created_at, updated_at'

export function toUserRecord(row: UserRow): UserRecord {
  return { ...row, disabled: row.disabled === 1, deleted: row.deleted === 1 }
}

export const CONVERSATION =
  'n, purged, id, type, name, topic, avatar_file_id, created_by, disabled, last_seq, last_change, access_change, ' +
  'participant_count, active_at, created_at, updated_at'

export function toConversationRecord({ n: _n, purged: _purged, ...row }: ConversationRow): ConversationRecord {
  return { ...row, disabled: row.disabled === 1 }
}

export const MEMBER =
  'conversation, user_id, role, joined_at, joined_change, read_seq, read_at_seq, own_seq, receipt_seq, receipt_at, ' +
  'muted_until, pinned, archived, notify'

export function toMemberRecord(
  { conversation: _conversation, ...row }: MemberRow,
  conversation_id: string,
): MemberRecord {
  return { ...row, conversation_id, pinned: row.pinned === 1, archived: row.archived === 1 }
}

export interface MessageRow {
  conversation: number
  seq: number
  id: string
  change: number
  sender_id: string
  client_id: string | null
  type: MessageRecord['type']
  content: string | null
  reply_to: string | null
  mentions: string | null
  metadata: string | null
  reactions: string | null
  attachments: string | null
  edited_at: string | null
  deleted_at: string | null
  created_at: string
  text_changes: string | null
  digest: string | null
}

export const MESSAGE =
  'conversation, seq, id, change, sender_id, client_id, type, content, reply_to, mentions, metadata, reactions, ' +
  'attachments, edited_at, deleted_at, created_at, text_changes, digest'

export function toMessageRecord(row: MessageRow, conversation_id: string): MessageRecord {
  return {
    id: row.id,
    conversation_id,
    seq: row.seq,
    change: row.change,
    sender_id: row.sender_id,
    client_id: row.client_id,
    type: row.type,
    content: row.content,
    attachments: row.attachments === null ? [] : JSON.parse(row.attachments),
    reply_to: row.reply_to,
    mentions: row.mentions === null ? [] : JSON.parse(row.mentions),
    metadata: row.metadata === null ? null : JSON.parse(row.metadata),
    reactions: row.reactions === null ? [] : JSON.parse(row.reactions),
    edited_at: row.edited_at,
    deleted_at: row.deleted_at,
    created_at: row.created_at,
    text_changes: row.text_changes === null ? [row.change] : JSON.parse(row.text_changes),
    digest: row.digest,
  }
}

/** The columns of a message that change, in the order of `MESSAGE`'s mutable ones. */
export function listOrNull(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list)
}

/** `text_changes` is null where it is just the message's `change`: every message that nothing has touched. */
export function textChanges({ change, text_changes }: Pick<MessageRecord, 'change' | 'text_changes'>): string | null {
  return text_changes.length === 1 && text_changes[0] === change ? null : JSON.stringify(text_changes)
}

export const flag = (value: boolean): number => (value ? 1 : 0)
