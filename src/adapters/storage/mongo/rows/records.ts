/** Between rows and what the port and the domain speak. */
import type {
  ContactRecord,
  ConversationRecord,
  InviteRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  PreferencesRecord,
  VersionRecord,
} from '../../../../domain/records.ts'
import type { AnyEntry } from '../../../../domain/log/entry.ts'
import { readerChangesOf } from '../../../../../contracts/readers.ts'
import type { StoredEntry } from '../../../../ports/storage.ts'
import { memberKey, messageKey, sendKey } from './keys.ts'
import type {
  ContactRow,
  ConversationRow,
  InviteRow,
  LogLine,
  LogRow,
  MemberRow,
  MessageRow,
  PinRow,
  PreferencesRow,
  VersionRow,
} from './rows.ts'

export function toConversation({
  _id,
  purged: _purged,
  pair: _pair,
  public_name: _public_name,
  senders: _senders,
  senders_moved: _moved,
  unfollowed: _unfollowed,
  ...record
}: ConversationRow): ConversationRecord {
  return { id: _id, visibility: 'private', ...record }
}

/** The fields of a head that a flush may have changed. The list of deleted seqs is long, only grows, and seldom does. */
export function changesOf(head: ConversationRow | null, { _id, ...row }: ConversationRow): Partial<ConversationRow> {
  if (row.tombstones !== head?.tombstones) return row
  const { tombstones: _tombstones, ...rest } = row
  return rest
}

export function toMessage({ _id, metadata, send_key: _key, ...record }: MessageRow): MessageRecord {
  return { ...record, metadata: metadata === null ? null : (JSON.parse(metadata) as MessageRecord['metadata']) }
}

export function fromMessage(record: MessageRecord): MessageRow {
  const { metadata, conversation_id, seq, client_id } = record
  const text = metadata === null ? null : JSON.stringify(metadata)
  const key = client_id === null ? {} : { send_key: sendKey(conversation_id, record) }
  return { ...record, _id: messageKey(conversation_id, seq), metadata: text, ...key }
}

/**
 * The member as of a head: their latest own message may be in the conversation's row still. The head is read before the member
 * row: what has left the conversation's row is in the member row by then.
 */
export function toMember(
  { _id, present: _present, change: _change, user_change: _user_change, left_at: _left_at, ...record }: MemberRow,
  head: Pick<ConversationRow, 'senders'> | null,
): MemberRecord {
  const sender = head?.senders.find(({ user_id }) => user_id === record.user_id)
  if (!sender || sender.seq <= record.own_seq) return record
  return { ...record, own_seq: sender.seq, own_countable: sender.countable }
}

export function fromNewMember(record: MemberRecord): MemberRow {
  const _id = memberKey(record.conversation_id, record.user_id)
  return { ...record, _id, present: true, change: record.joined_change, user_change: 0 }
}

export function toPreferences({ _id, quiet_hours, user_change: _change, ...row }: PreferencesRow): PreferencesRecord {
  return { user_id: _id, ...row, quiet_hours: JSON.parse(quiet_hours) as PreferencesRecord['quiet_hours'] }
}

/** null: a row that was removed. */
export function toContact(row: ContactRow): ContactRecord | null {
  const { user_id, contact_id, added_at, blocked_at } = row
  if (added_at === null && blocked_at === null) return null
  const receipts = row.receipts === null ? null : (JSON.parse(row.receipts) as ContactRecord['receipts'])
  return { user_id, contact_id, added_at, blocked_at, receipts }
}

export function fromContact({ receipts, ...record }: ContactRecord): Omit<ContactRow, '_id' | 'user_change'> {
  return { ...record, receipts: receipts && JSON.stringify(receipts) }
}

export function toPin({ _id, present: _present, change: _change, ...record }: PinRow): PinRecord {
  return record
}

export function toInvite({ _id, ...record }: InviteRow): InviteRecord {
  return { code: _id, ...record }
}

export function toVersion({ message_id, change, content, edited_at }: VersionRow): VersionRecord {
  return { message_id, change, content, edited_at }
}

export function toLine({ event, seq, at, data, hidden }: AnyEntry): LogLine {
  return { event, seq, at, json: JSON.stringify(data), hidden }
}

/** The entries of a row of the log. The cast: what was written under an event's name is that event's data. */
export function entriesOf<E extends AnyEntry>(row: LogRow): E[] {
  return row.entries.map(({ event, seq, at, json, hidden }, index) => {
    const entry = {
      stream: row.stream,
      change: row.first + index,
      event,
      seq,
      at,
      data: JSON.parse(json) as unknown,
      hidden,
    }
    return entry as E
  })
}

export function storedEntriesOf({ stream, first, entries }: LogRow): StoredEntry[] {
  return entries.map(({ event, seq, at, json }, index) => {
    return { stream, change: first + index, event, seq, at, json, ...readerChangesOf(event, json) }
  })
}

export function sourceOf({ source, cause }: LogLine): string | undefined {
  return source ?? cause
}
