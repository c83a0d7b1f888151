import type { MessageRecord, PinRecord, VersionRecord } from '../../../domain/records.ts'
import { mentioned } from '../../../domain/log/project.ts'
import type { Db } from './database.ts'
import type { Sends } from './sends.ts'
import type { Streams } from './streams.ts'
import { MESSAGE, extraOf, flag, isUncounted, toMessageRecord, type MessageRow } from './rows.ts'

/** The rows of messages and what hangs on them, for writing inside a transaction. */
export interface MessageRows {
  /** null also for a message of another conversation. */
  find(conversation: number, conversation_id: string, id: string): MessageRecord | null
  findSent(conversation: number, conversation_id: string, sender_id: string, client_id: string): MessageRecord | null
  /** false: the sender used this client_id in this conversation before. */
  insert(conversation: number, message: MessageRecord): boolean
  replace(message: MessageRecord): void
  addVersion(version: VersionRecord): void
  findPin(conversation: number, conversation_id: string, message_id: string): PinRecord | null
  pin(conversation: number, pin: PinRecord): void
  unpin(message_id: string): void
  /** Versions, pin and the mentions that still count. */
  erase(conversation: number, message: MessageRecord): void
}

export function openMessageRows(db: Db, streams: Streams, sends: Sends): MessageRows {
  type WithDigest = MessageRow & { digest: string | null }
  const one = db.read<WithDigest>(`SELECT ${MESSAGE}, digest FROM messages WHERE id = ? AND conversation = ?`)
  const bySeq = db.read<WithDigest>(`SELECT ${MESSAGE}, digest FROM messages WHERE conversation = ? AND seq = ?`)
  const insert = db.insert(
    `INSERT INTO messages (${MESSAGE}, uncounted, digest, sender) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const replace = db.write('UPDATE messages SET change = ?, content = ?, extra = ?, uncounted = ? WHERE id = ?')
  const mention = db.write('INSERT INTO mentions (conversation, user_id, seq, open) VALUES (?, ?, ?, 1)')
  const unmention = db.write('DELETE FROM mentions WHERE conversation = ? AND user_id = ? AND seq = ?')
  const version = db.write('INSERT INTO versions (message_id, change, content, edited_at) VALUES (?, ?, ?, ?)')
  const dropVersions = db.write('DELETE FROM versions WHERE message_id = ?')
  const onePin = db.read<Omit<PinRecord, 'conversation_id'>>(
    'SELECT message_id, user_id, at, pinned_change FROM pins WHERE message_id = ? AND conversation = ?',
  )
  const pin = db.write('INSERT INTO pins (message_id, conversation, user_id, at, pinned_change) VALUES (?, ?, ?, ?, ?)')
  const unpin = db.write('DELETE FROM pins WHERE message_id = ?')
  return {
    find(conversation, conversation_id, id) {
      const row = one.get(id, conversation)
      return row && toMessageRecord(row, conversation_id, row.digest)
    },
    findSent(conversation, conversation_id, sender_id, client_id) {
      const seq = sends.find(streams.find(sender_id) ?? -1, conversation, client_id)
      const row = seq === null ? null : bySeq.get(conversation, seq)
      return row && toMessageRecord(row, conversation_id, row.digest)
    },
    insert(conversation, m) {
      const sender = streams.findOrCreate(m.sender_id)
      const { seq, client_id } = m
      if (client_id !== null && sends.find(sender, conversation, client_id) !== null) return false
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
        flag(isUncounted(m)),
        m.digest,
        sender,
      )
      sends.add({ n, sender, conversation, seq, client_id })
      for (const user_id of mentioned(m)) mention(conversation, user_id, m.seq)
      return true
    },
    replace: m => void replace(m.change, m.content, extraOf(m), flag(isUncounted(m)), m.id),
    addVersion: ({ message_id, change, content, edited_at }) => void version(message_id, change, content, edited_at),
    findPin(conversation, conversation_id, message_id) {
      const row = onePin.get(message_id, conversation)
      return row && { ...row, conversation_id }
    },
    pin: (conversation, { message_id, user_id, at, pinned_change }) =>
      void pin(message_id, conversation, user_id, at, pinned_change),
    unpin: message_id => void unpin(message_id),
    erase(conversation, { id, seq, mentions }) {
      dropVersions(id)
      unpin(id)
      for (const user_id of mentions) unmention(conversation, user_id, seq)
    },
  }
}
