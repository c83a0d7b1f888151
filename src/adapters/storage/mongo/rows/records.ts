/** Between rows and what the port and the domain speak. */
import type {
  ConversationRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  VersionRecord,
} from '../../../../domain/records.ts'
import type { AnyEntry } from '../../../../domain/log/entry.ts'
import { readerChangesOf } from '../../../../domain/log/readers.ts'
import type { StoredEntry } from '../../../../ports/storage.ts'
import { memberKey, messageKey } from './keys.ts'
import type { ConversationRow, LogLine, LogRow, MemberRow, MessageRow, PinRow, VersionRow } from './rows.ts'

export function toConversation({ _id, purged: _purged, pair: _pair, ...record }: ConversationRow): ConversationRecord {
  return { id: _id, ...record }
}

export function toMessage({ _id, metadata, ...record }: MessageRow): MessageRecord {
  return { ...record, metadata: metadata === null ? null : (JSON.parse(metadata) as MessageRecord['metadata']) }
}

export function fromMessage(record: MessageRecord): MessageRow {
  const { metadata, conversation_id, seq } = record
  const text = metadata === null ? null : JSON.stringify(metadata)
  return { ...record, _id: messageKey(conversation_id, seq), metadata: text }
}

export function toMember({
  _id,
  present: _present,
  change: _change,
  own_change: _own,
  ...record
}: MemberRow): MemberRecord {
  return record
}

export function fromNewMember(record: MemberRecord): MemberRow {
  const _id = memberKey(record.conversation_id, record.user_id)
  return { ...record, _id, present: true, change: record.joined_change, own_change: 0 }
}

export function toPin({ _id, present: _present, change: _change, ...record }: PinRow): PinRecord {
  return record
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
