import type { MessageRecord, PinRecord, VersionRecord } from '../../../domain/records.ts'
import type { Messages } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { Heads } from './heads.ts'
import type { MessageRows } from './message-rows.ts'
import { MESSAGE, toMessageRecord, type MessageRow } from './rows.ts'
import type { Purges } from './purges.ts'
import type { Sends } from './sends.ts'
import type { Streams } from './streams.ts'

interface Reads {
  db: Db
  heads: Heads
  streams: Streams
  sends: Sends
  purges: Pick<Purges, 'hides'>
  rows: MessageRows
}

export function openMessages({ db, heads, streams, sends, purges, rows }: Reads): Messages {
  const one = db.read<MessageRow>(`SELECT ${MESSAGE} FROM messages WHERE id = ?`)
  const bySeq = db.read<MessageRow>(`SELECT ${MESSAGE} FROM messages WHERE conversation = ? AND seq = ?`)
  const forward = db.read<MessageRow>(
    `SELECT ${MESSAGE} FROM messages WHERE conversation = ? AND seq >= ? AND seq < ? ORDER BY seq ASC LIMIT ?`,
  )
  const backward = db.read<MessageRow>(
    `SELECT ${MESSAGE} FROM messages WHERE conversation = ? AND seq <= ? AND seq > ? ORDER BY seq DESC LIMIT ?`,
  )
  const versions = db.read<VersionRecord>(
    'SELECT message_id, change, content, edited_at FROM versions WHERE message_id = ? ORDER BY change',
  )
  const pinned = db.read<Omit<PinRecord, 'conversation_id'>>(
    `SELECT message_id, user_id, at, pinned_change FROM pins WHERE conversation = ? AND pinned_change <= ?
     ORDER BY pinned_change DESC LIMIT ?`,
  )

  function number(id: string): number {
    const head = heads.committed(id)
    return head && !head.purged ? head.n : -1
  }

  /** null also for what a purge has not come to yet. */
  function shown(id: string): MessageRow | null {
    const row = one.get(id)
    return row && purges.hides(row.conversation) ? null : row
  }

  function find(id: string) {
    const row = shown(id)
    return row && toMessageRecord(row, streams.idOf(row.conversation))
  }

  return {
    async find(id) {
      return find(id)
    },
    async findMany(ids) {
      return ids.flatMap(id => find(id) ?? [])
    },
    async findSent(id, sender_id, client_id) {
      return rows.findSent(number(id), id, sender_id, client_id)
    },
    async latest(conversations) {
      return conversations.flatMap(({ id, last_seq }) => {
        const row = bySeq.get(number(id), last_seq)
        return row ? [toMessageRecord(row, id)] : []
      })
    },
    async list(id, { ascending, from, to, limit }) {
      const n = number(id)
      const most = Number.MAX_SAFE_INTEGER
      const found = ascending
        ? forward.all(n, from ?? 0, to ?? most, limit)
        : backward.all(n, from ?? most, to ?? 0, limit)
      return found.map(row => toMessageRecord(row, id))
    },
    async bySender(sender_id, after, limit) {
      const sender = streams.find(sender_id) ?? -1
      const numbers = [...sends.conversationsOf(sender)].filter(n => !purges.hides(n))
      const places = numbers.map(n => ({ n, id: streams.idOf(n) }))
      const found: MessageRecord[] = []
      for (const { n, id } of places.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
        if (after && id < after.conversation_id) continue
        const from = id === after?.conversation_id ? after.seq : 0
        for (const seq of sends.seqsOf(sender, n, from, limit - found.length)) {
          const row = bySeq.get(n, seq)
          if (row) found.push(toMessageRecord(row, id))
        }
        if (found.length >= limit) break
      }
      return found
    },
    async versions(message_id) {
      return shown(message_id) ? versions.all(message_id) : []
    },
    async pins(id, from, limit) {
      return pinned
        .all(number(id), from ?? Number.MAX_SAFE_INTEGER, limit)
        .map(row => ({ ...row, conversation_id: id }))
    },
  }
}
