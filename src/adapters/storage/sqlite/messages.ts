import type { MessageRecord, PinRecord, VersionRecord } from '../../../domain/records.ts'
import type { Messages } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { Heads } from './heads.ts'
import type { MessageRows } from './message-rows.ts'
import { MESSAGE, toMessageRecord, type MessageRow } from './rows.ts'
import type { Sends } from './sends.ts'
import type { Streams } from './streams.ts'

export function openMessages(db: Db, heads: Heads, streams: Streams, sends: Sends, rows: MessageRows): Messages {
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

  function find(id: string) {
    const row = one.get(id)
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
      const head = heads.committed(id)
      return head && rows.findSent(head.n, id, sender_id, client_id)
    },
    async latest(conversations) {
      return conversations.flatMap(({ id, last_seq }) => {
        const head = heads.committed(id)
        const row = head && bySeq.get(head.n, last_seq)
        return row ? [toMessageRecord(row, id)] : []
      })
    },
    async list(id, { ascending, from, to, limit }) {
      const n = heads.committed(id)?.n ?? -1
      const most = Number.MAX_SAFE_INTEGER
      const found = ascending
        ? forward.all(n, from ?? 0, to ?? most, limit)
        : backward.all(n, from ?? most, to ?? 0, limit)
      return found.map(row => toMessageRecord(row, id))
    },
    async bySender(sender_id, after, limit) {
      const sender = streams.find(sender_id) ?? -1
      const places = [...sends.conversationsOf(sender)].map(n => ({ n, id: streams.idOf(n) }))
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
      return versions.all(message_id)
    },
    async findPin(message_id) {
      const row = one.get(message_id)
      return row && rows.findPin(row.conversation, streams.idOf(row.conversation), message_id)
    },
    async pins(id, from, limit) {
      const n = heads.committed(id)?.n ?? -1
      return pinned.all(n, from ?? Number.MAX_SAFE_INTEGER, limit).map(row => ({ ...row, conversation_id: id }))
    },
  }
}
