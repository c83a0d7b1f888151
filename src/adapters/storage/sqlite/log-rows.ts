import type { DurableEvent } from '../../../../contracts/events.ts'
import type { AnyEntry, Hidden } from '../../../domain/log/entry.ts'
import { blankMessage } from '../../../domain/log/blank.ts'
import { readerChanges, readerChangesOf } from '../../../../contracts/readers.ts'
import { toEventMessage } from '../../../domain/log/wire.ts'
import type { MessageRecord } from '../../../domain/records.ts'
import type { StoredEntry } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { Purges } from './purges.ts'
import type { Writers } from './append.ts'
import type { StreamIds } from './stream-ids.ts'
import { MESSAGE, toMessageRecord, type MessageRow } from './rows.ts'

/** An entry of either kind of stream, for code that does not depend on the event. */
export interface LooseEntry {
  stream: string
  change: number
  event: DurableEvent
  seq: number | null
  at: string
  data: AnyEntry['data']
  hidden: Hidden | null
}

interface Row {
  change: number
  event: DurableEvent
  seq: number | null
  last_seq: number
  at: string
  data: string
}

/** Entries per read while a reader asks for a number of bytes. */
const READ_AT_ONCE = 200

export interface LogRows {
  writers: Writers<'log.blanked'>
  /**
   * Inside a transaction. `last_seq` is that of the stream after the entry, `joined` the number of the conversation of a
   * `conversation.joined`. Returns the entry as readers get it.
   */
  append(stream: number, entry: LooseEntry, last_seq: number, joined?: number | null): StoredEntry
  read(stream: number, id: string, after: number, limit: number, max_bytes: number): StoredEntry[]
  /** Before a message's first edit: writes the entry of its creation as a row. `before` is the message before the edit. */
  writeOut(stream: number, before: MessageRecord): void
}

export function openLogRows(db: Db, { idOf }: Pick<StreamIds, 'idOf'>, purges: Pick<Purges, 'hides'>): LogRows {
  const insert = db.write(
    'INSERT INTO log (stream, change, event, seq, last_seq, at, data, hidden, joined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const columns = 'change, event, seq, last_seq, at, data'
  const range = db.read<Row>(`SELECT ${columns} FROM log WHERE stream = ? AND change > ? ORDER BY change LIMIT ?`)
  const upTo = db.read<Pick<Row, 'change' | 'last_seq'>>(
    'SELECT change, last_seq FROM log WHERE stream = ? AND change <= ? ORDER BY change DESC LIMIT 1',
  )
  const one = db.read<Row>(`SELECT ${columns} FROM log WHERE stream = ? AND change = ?`)
  const messages = db.read<MessageRow>(
    `SELECT ${MESSAGE} FROM messages WHERE conversation = ? AND seq >= ? ORDER BY seq LIMIT ?`,
  )
  const replace = db.write('UPDATE log SET data = ? WHERE stream = ? AND change = ?')

  /** Entries from the change after `after` on: rows, and between them the messages that have none. */
  function* entriesAfter(stream: number, id: string, after: number): Generator<StoredEntry> {
    const hidden = purges.hides(stream)
    const base = upTo.get(stream, after)
    let [change, seq] = [after, base ? base.last_seq + (after - base.change) : 0]
    for (;;) {
      const rows = range.all(stream, change, READ_AT_ONCE)
      for (const row of rows) {
        while (change + 1 < row.change) {
          const page = hidden ? [] : messages.all(stream, seq + 1, Math.min(READ_AT_ONCE, row.change - change - 1))
          // After a purge only the numbers stay.
          if (page.length === 0) yield nothing(id, (change += 1), (seq += 1))
          for (const message of page) yield created(toMessageRecord(message, id, idOf), (change += 1), (seq += 1))
        }
        yield stored(hidden && row.event !== 'conversation.deleted' ? { ...row, data: '{}' } : row, id)
        ;[change, seq] = [row.change, row.last_seq]
      }
      if (rows.length === READ_AT_ONCE) continue
      const tail = messages.all(stream, seq + 1, READ_AT_ONCE)
      for (const message of tail) yield created(toMessageRecord(message, id, idOf), (change += 1), (seq += 1))
      if (tail.length === 0) return
    }
  }

  return {
    append(stream, { stream: id, change, event, seq, at, data, hidden }, last_seq, joined = null) {
      const json = JSON.stringify(data)
      if (event !== 'message.created')
        insert(stream, change, event, seq, last_seq, at, json, hidden && JSON.stringify(hidden), joined)
      return { stream: id, change, event, seq, at, json, ...readerChanges(event, data) }
    },
    read(stream, id, after, limit, max_bytes) {
      const entries: StoredEntry[] = []
      let bytes = 0
      for (const entry of entriesAfter(stream, id, after)) {
        bytes += Buffer.byteLength(entry.json)
        if (entries.length === limit || (bytes > max_bytes && entries.length > 0)) break
        entries.push(entry)
      }
      return entries
    },
    writeOut(stream, before) {
      const [change = 0] = before.text_changes
      if (before.text_changes.length > 1 || before.type === 'system' || one.get(stream, change)) return
      const data = JSON.stringify(toEventMessage(asCreated(before, change)))
      insert(stream, change, 'message.created', before.seq, before.seq, before.created_at, data, null, null)
    },
    writers: {
      /** An entry without a row is made from the tombstone. */
      'log.blanked'({ changes }, { n }) {
        for (const change of changes) {
          const found = one.get(n, change)
          if (!found) continue
          // Cast: the log contains the event as contracts/events.ts defines it.
          const { data } = blankMessage({ event: found.event, data: JSON.parse(found.data) as AnyEntry['data'] })
          replace(JSON.stringify(data), n, change)
        }
      },
    },
  }
}

function stored({ change, event, seq, at, data }: Row, stream: string): StoredEntry {
  return { stream, change, event, seq, at, json: data, ...readerChangesOf(event, data) }
}

function created(record: MessageRecord, change: number, seq: number): StoredEntry {
  const json = JSON.stringify(toEventMessage(asCreated(record, change)))
  return { stream: record.conversation_id, change, event: 'message.created', seq, at: record.created_at, json }
}

function nothing(stream: string, change: number, seq: number): StoredEntry {
  return { stream, change, event: 'message.created', seq, at: new Date(0).toISOString(), json: '{}' }
}

/** A message as it was created. For an edited one the log has a row. */
function asCreated(record: MessageRecord, change: number): MessageRecord {
  return { ...record, change, reactions: [], edited_at: null, deleted_at: null }
}
