import type { DurableEvent } from '../../../../contracts/events.ts'
import type { AnyEntry, Hidden } from '../../../domain/log/entry.ts'
import { blankMessage } from '../../../domain/log/blank.ts'
import { toEventMessage } from '../../../domain/log/wire.ts'
import type { MessageRecord } from '../../../domain/records.ts'
import type { StoredEntry } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import { MESSAGE, toMessageRecord, type MessageRow } from './rows.ts'

/** An entry of either kind of stream, where it does not matter which data goes with which event. */
export interface LooseEntry {
  stream: string
  change: number
  event: DurableEvent
  seq: number | null
  at: string
  data: AnyEntry['data']
  hidden: Hidden | null
}

/** A row of the log. A reference has neither event nor data. */
interface Row {
  log_change: number
  event: DurableEvent | null
  log_seq: number | null
  at: string | null
  data: string | null
}
/** Beside the message that a reference points to. */
type Joined = Row & { [C in keyof MessageRow]: MessageRow[C] | null }

/** Entries read at once while a reader asks for a number of bytes. */
const READ_AT_ONCE = 200

export interface Entries {
  /** Inside a transaction; gives the entry as readers get it. */
  append(stream: number, entry: LooseEntry): StoredEntry
  read(stream: number, id: string, after: number, limit: number, max_bytes: number): StoredEntry[]
  /** Before a message's first edit: its creation is written out as it was, if it is a reference still. */
  writeOut(stream: number, edited: MessageRecord): void
  /** Takes the text of a deleted message out of the entries that held it; a reference holds none. */
  blank(stream: number, changes: readonly number[]): void
  /** Takes everything out of a purged conversation's entries. */
  blankAll(stream: number): void
}

export function openEntries(db: Db): Entries {
  const message = MESSAGE.split(', ')
    .map(column => `m.${column} AS ${column}`)
    .join(', ')
  const row = 'l.change AS log_change, l.event AS event, l.seq AS log_seq, l.at AS at, l.data AS data'
  const insert = db.write('INSERT INTO log (stream, change, event, seq, at, data, hidden) VALUES (?, ?, ?, ?, ?, ?, ?)')
  const refer = db.write('INSERT INTO log (stream, change, seq) VALUES (?, ?, ?)')
  const range = db.read<Joined>(
    `SELECT ${row}, ${message} FROM log l
     LEFT JOIN messages m ON l.data IS NULL AND m.conversation = l.stream AND m.seq = l.seq
     WHERE l.stream = ? AND l.change > ? ORDER BY l.change LIMIT ?`,
  )
  const one = db.read<Joined>(
    `SELECT ${row}, ${message} FROM log l
     LEFT JOIN messages m ON l.data IS NULL AND m.conversation = l.stream AND m.seq = l.seq
     WHERE l.stream = ? AND l.change = ?`,
  )
  const replace = db.write('UPDATE log SET event = ?, at = ?, data = ? WHERE stream = ? AND change = ?')
  const empty = db.write(
    `UPDATE log SET data = '{}', hidden = NULL, event = ifnull(event, 'message.created'), at = ifnull(at, ?)
     WHERE stream = ? AND ifnull(event, '') <> 'conversation.deleted'`,
  )

  return {
    append(stream, { stream: id, change, event, seq, at, data, hidden }) {
      const json = JSON.stringify(data)
      if (event === 'message.created') refer(stream, change, seq)
      else insert(stream, change, event, seq, at, json, hidden === null ? null : JSON.stringify(hidden))
      return { stream: id, change, event, seq, at, json, ...audience(event, data) }
    },
    read(stream, id, after, limit, max_bytes) {
      const entries: StoredEntry[] = []
      let [bytes, last] = [0, after]
      while (entries.length < limit) {
        const rows = range.all(stream, last, Math.min(READ_AT_ONCE, limit - entries.length))
        for (const found of rows) {
          const entry = toStored(found, id)
          if (bytes + entry.json.length > max_bytes && entries.length > 0) return entries
          bytes += entry.json.length
          last = entry.change
          entries.push(entry)
        }
        if (rows.length < READ_AT_ONCE) break
      }
      return entries
    },
    writeOut(stream, { text_changes: [created = 0], conversation_id }) {
      const found = one.get(stream, created)
      if (!found || found.data !== null) return
      const { event, at, json } = toStored(found, conversation_id)
      replace(event, at, json, stream, created)
    },
    blank(stream, changes) {
      for (const change of changes) {
        const found = one.get(stream, change)
        if (!found || found.data === null || found.event === null) continue
        const { data } = blankMessage({ event: found.event, data: JSON.parse(found.data) })
        replace(found.event, found.at, JSON.stringify(data), stream, change)
      }
    },
    blankAll: stream => void empty(new Date(0).toISOString(), stream),
  }
}

function toStored(row: Joined, stream: string): StoredEntry {
  const { log_change: change, log_seq: seq } = row
  if (row.data !== null && row.event !== null && row.at !== null)
    return { stream, change, event: row.event, seq, at: row.at, json: row.data, ...storedAudience(row.event, row.data) }
  if (row.id === null) throw new Error(`the entry ${stream}:${change} refers to no message`)
  // The join found the message, so that all its columns are those of a row.
  const record = toMessageRecord(row as MessageRow, stream)
  const json = JSON.stringify(toEventMessage(asCreated(record, change)))
  return { stream, change, event: 'message.created', seq, at: record.created_at, json }
}

/** A message as it was when it was created; one that was edited since is not asked for. */
function asCreated(record: MessageRecord, change: number): MessageRecord {
  return { ...record, change, reactions: [], edited_at: null, deleted_at: null }
}

/** Who begins or ceases to read a conversation's stream with an entry. */
function audience(event: DurableEvent, data: AnyEntry['data']): Pick<StoredEntry, 'joined' | 'left'> {
  if (event === 'conversation.created' && 'member_ids' in data) return { joined: data.member_ids }
  if (event === 'member.added' && 'members' in data) return { joined: data.members.map(member => member.user_id) }
  if (event === 'member.removed' && 'user_ids' in data) return { left: data.user_ids }
  return {}
}

function storedAudience(event: DurableEvent, json: string): Pick<StoredEntry, 'joined' | 'left'> {
  const tells = event === 'conversation.created' || event === 'member.added' || event === 'member.removed'
  return tells ? audience(event, JSON.parse(json)) : {}
}
