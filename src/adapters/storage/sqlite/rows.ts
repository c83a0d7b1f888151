/** Converts between rows and records: booleans are 0 and 1, empty lists are null, objects are JSON text. */
import type {
  ConversationRecord,
  FileRecord,
  MemberRecord,
  MessageRecord,
  SessionRecord,
  UserRecord,
} from '../../../domain/records.ts'

type Row<T, Flags extends keyof T> = Omit<T, Flags> & Record<Flags, number>

export type UserRow = Row<UserRecord, 'disabled' | 'deleted'>
export type SessionRow = SessionRecord
export type ConversationRow = Row<Omit<ConversationRecord, 'tombstones'>, 'disabled'> & {
  n: number
  purged: number
  /** JSON; null for none. */
  tombstones: string | null
}
export type MemberRow = Row<Omit<MemberRecord, 'conversation_id'>, 'pinned' | 'archived'> & { conversation: number }

export const USER =
  'id, username, full_name, email, role, disabled, deleted, password_hash, created_at, updated_at, avatar_file_id, external_id'

export function toUserRecord(row: UserRow): UserRecord {
  return { ...row, disabled: row.disabled === 1, deleted: row.deleted === 1 }
}

export const CONVERSATION =
  'n, purged, id, type, name, topic, avatar_file_id, created_by, disabled, last_seq, last_change, access_change, ' +
  'participant_count, active_at, created_at, updated_at, countable, tombstones, tombstones_cut, visibility'

export function toConversationRecord({ n: _n, purged: _purged, ...row }: ConversationRow): ConversationRecord {
  const tombstones = row.tombstones === null ? [] : (JSON.parse(row.tombstones) as number[])
  return { ...row, disabled: row.disabled === 1, tombstones }
}

export function tombstonesOf({ tombstones }: ConversationRecord): string | null {
  return tombstones.length === 0 ? null : JSON.stringify(tombstones)
}

export type FileRow = Row<FileRecord, 'thumbnail'>

export const FILE = 'id, user_id, name, content_type, size, sha256, width, height, thumbnail, created_at'

export function toFileRecord(row: FileRow): FileRecord {
  return { ...row, thumbnail: row.thumbnail === 1 }
}

export const MEMBER =
  'conversation, user_id, role, joined_at, joined_change, read_seq, read_at_seq, own_seq, receipt_seq, receipt_at, ' +
  'muted_until, pinned, archived, notify, read_countable, own_unread, own_countable'

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
  /** The number of the sender's stream. */
  sender: number
  client_id: string | null
  /** null: text. */
  type: MessageRecord['type'] | null
  content: string | null
  created_at: string
  /** JSON of the other fields of a message; null for most messages. */
  extra: string | null
  countable: number
}

/**
 * The columns that a message is read from. The runtime makes a new string for each text of each row, so what many rows have in
 * common is read as a number or as null.
 */
export const MESSAGE =
  "conversation, seq, id, change, sender, client_id, nullif(type, 'text') AS type, content, created_at, extra, countable"

type Extra = Pick<
  MessageRecord,
  'attachments' | 'reply_to' | 'mentions' | 'metadata' | 'reactions' | 'edited_at' | 'deleted_at' | 'text_changes'
>

/** What most messages have of these fields. They share the lists, so that nothing may change them. */
const PLAIN: Omit<Extra, 'text_changes'> = {
  attachments: [],
  reply_to: null,
  mentions: [],
  metadata: null,
  reactions: [],
  edited_at: null,
  deleted_at: null,
}
for (const list of [PLAIN.attachments, PLAIN.mentions, PLAIN.reactions]) Object.freeze(list)

/** `idOf` gives the id of a stream's number. The digest is read only where a repeated send is recognised. */
export function toMessageRecord(
  row: MessageRow,
  conversation_id: string,
  idOf: (stream: number) => string,
  digest: string | null = null,
): MessageRecord {
  const { seq, id, change, client_id, type, content, created_at, countable } = row
  const extra: typeof PLAIN & Partial<Extra> =
    row.extra === null ? PLAIN : { ...PLAIN, ...(JSON.parse(row.extra) as Partial<Extra>) }
  const { attachments, reply_to, mentions, metadata, reactions, edited_at, deleted_at } = extra
  return {
    id,
    conversation_id,
    seq,
    change,
    sender_id: idOf(row.sender),
    client_id,
    type: type ?? 'text',
    content,
    attachments,
    reply_to,
    mentions,
    metadata,
    reactions,
    edited_at,
    deleted_at,
    created_at,
    text_changes: extra.text_changes ?? [change],
    countable,
    digest,
  }
}

/** The fields of a message that most messages do not have; null if it has none. */
export function extraOf(message: MessageRecord): string | null {
  const { attachments, reply_to, mentions, metadata, reactions, edited_at, deleted_at, text_changes, change } = message
  const extra: Partial<Extra> = {}
  if (attachments.length > 0) extra.attachments = attachments
  if (reply_to !== null) extra.reply_to = reply_to
  if (mentions.length > 0) extra.mentions = mentions
  if (metadata !== null) extra.metadata = metadata
  if (reactions.length > 0) extra.reactions = reactions
  if (edited_at !== null) extra.edited_at = edited_at
  if (deleted_at !== null) extra.deleted_at = deleted_at
  if (text_changes.length !== 1 || text_changes[0] !== change) extra.text_changes = text_changes
  return Object.keys(extra).length === 0 ? null : JSON.stringify(extra)
}

export const flag = (value: boolean): number => (value ? 1 : 0)
