import type { MessageRecord, PinRecord, VersionRecord } from '../../../domain/records.ts'
import { isNeverUnread } from '../../../domain/unread.ts'
import type { Messages } from '../../../ports/storage.ts'
import type { Writers } from './append.ts'
import type { ConversationCache } from './conversations.ts'
import type { Db } from './database.ts'
import type { LogRows } from './log-rows.ts'
import type { Purges } from './purges.ts'
import { MESSAGE, extraOf, flag, toMessageRecord, type MessageRow } from './rows.ts'
import type { SendIndex } from './send-index.ts'
import type { StreamIds } from './stream-ids.ts'

/** The rows of messages and of what belongs to them, in the state of the running transaction. */
export interface MessageRows {
  writers: Writers<'message' | 'version' | 'versions.erased' | 'pin' | 'pin.dropped'>
  /** null also for a message of another conversation. */
  find(n: number, conversation_id: string, id: string): MessageRecord | null
  findSent(n: number, conversation_id: string, sender_id: string, client_id: string): MessageRecord | null
  findPin(n: number, conversation_id: string, message_id: string): PinRecord | null
}

type PinRow = Omit<PinRecord, 'conversation_id'>

export function openMessageRows(
  db: Db,
  streams: StreamIds,
  sends: SendIndex,
  log: Pick<LogRows, 'writeOut'>,
): MessageRows {
  type WithDigest = MessageRow & { digest: string | null }
  const one = db.read<WithDigest>(`SELECT ${MESSAGE}, digest FROM messages WHERE id = ? AND conversation = ?`)
  const bySeq = db.read<WithDigest>(`SELECT ${MESSAGE}, digest FROM messages WHERE conversation = ? AND seq = ?`)
  const insert = db.insert(
    `INSERT INTO messages (conversation, seq, id, change, sender_id, client_id, type, content, created_at, extra, countable,
     uncounted, digest, sender) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const replace = db.write('UPDATE messages SET change = ?, content = ?, extra = ?, uncounted = ? WHERE id = ?')
  const version = db.write('INSERT INTO versions (message_id, change, content, edited_at) VALUES (?, ?, ?, ?)')
  const dropVersions = db.write('DELETE FROM versions WHERE message_id = ?')
  const onePin = db.read<PinRow>(
    'SELECT message_id, user_id, at, pinned_change FROM pins WHERE message_id = ? AND conversation = ?',
  )
  const pin = db.write('INSERT INTO pins (message_id, conversation, user_id, at, pinned_change) VALUES (?, ?, ?, ?, ?)')
  const unpin = db.write('DELETE FROM pins WHERE message_id = ?')

  function store(conversation: number, m: MessageRecord): void {
    const sender = streams.findOrCreate(m.sender_id)
    const { seq, client_id } = m
    const n = insert(
      conversation,
      seq,
      m.id,
      m.change,
      m.sender_id,
      client_id,
      m.type,
      m.content,
      m.created_at,
      extraOf(m),
      m.countable,
      flag(isNeverUnread(m)),
      m.digest,
      sender,
    )
    sends.add({ n, sender, conversation, seq, client_id })
  }

  return {
    writers: {
      message({ put: m, before }, { n, entry }) {
        if (!before) return store(n, m)
        // After an edit the message no longer has the text of the entry of its creation.
        if (entry.event === 'message.updated') log.writeOut(n, before)
        replace(m.change, m.content, extraOf(m), flag(isNeverUnread(m)), m.id)
      },
      version: ({ put }) => void version(put.message_id, put.change, put.content, put.edited_at),
      'versions.erased': ({ message }) => void dropVersions(message.id),
      pin: ({ put }, { n }) => void pin(put.message_id, n, put.user_id, put.at, put.pinned_change),
      'pin.dropped': ({ message_id }) => void unpin(message_id),
    },
    find(n, conversation_id, id) {
      const row = one.get(id, n)
      return row && toMessageRecord(row, conversation_id, streams.idOf, row.digest)
    },
    findSent(n, conversation_id, sender_id, client_id) {
      const seq = sends.find(streams.find(sender_id) ?? -1, n, client_id)
      const row = seq === null ? null : bySeq.get(n, seq)
      return row && toMessageRecord(row, conversation_id, streams.idOf, row.digest)
    },
    findPin(n, conversation_id, message_id) {
      const row = onePin.get(message_id, n)
      return row && { ...row, conversation_id }
    },
  }
}

interface Reads {
  db: Db
  conversations: ConversationCache
  streams: StreamIds
  sends: SendIndex
  purges: Pick<Purges, 'hides'>
  messages: MessageRows
}

export function openMessages({ db, conversations, streams, sends, purges, messages }: Reads): Messages {
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
  const pinned = db.read<PinRow>(
    `SELECT message_id, user_id, at, pinned_change FROM pins WHERE conversation = ? AND pinned_change <= ?
     ORDER BY pinned_change DESC LIMIT ?`,
  )

  function number(id: string): number {
    const cached = conversations.find(id)
    return cached && !cached.purged ? cached.n : -1
  }

  /** null also for messages that a running purge has not removed yet. */
  function shown(id: string): MessageRow | null {
    const row = one.get(id)
    return row && purges.hides(row.conversation) ? null : row
  }

  function find(id: string) {
    const row = shown(id)
    return row && toMessageRecord(row, streams.idOf(row.conversation), streams.idOf)
  }

  return {
    async find(id) {
      return find(id)
    },
    async findMany(ids) {
      return ids.flatMap(id => find(id) ?? [])
    },
    async findSent(id, sender_id, client_id) {
      return messages.findSent(number(id), id, sender_id, client_id)
    },
    async latest(wanted) {
      return wanted.flatMap(({ id, last_seq }) => {
        const row = bySeq.get(number(id), last_seq)
        return row ? [toMessageRecord(row, id, streams.idOf)] : []
      })
    },
    async list(id, { ascending, from, to, limit }) {
      const n = number(id)
      const most = Number.MAX_SAFE_INTEGER
      const found = ascending
        ? forward.all(n, from ?? 0, to ?? most, limit)
        : backward.all(n, from ?? most, to ?? 0, limit)
      return found.map(row => toMessageRecord(row, id, streams.idOf))
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
          if (row) found.push(toMessageRecord(row, id, streams.idOf))
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
