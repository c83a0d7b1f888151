import type { Beyond } from '../../../domain/log/user-stream.ts'
import type { ConversationRecord, MemberRecord } from '../../../domain/records.ts'
import { deletedBeyond, markerOf, receiptSeq, unreadBeyond, type Counts } from '../../../domain/unread.ts'
import type { InboxEntry } from '../../../ports/storage.ts'
import type { Writers } from './append.ts'
import type { Db } from './database.ts'
import type { ConversationCache } from './conversations.ts'
import type { SendIndex } from './send-index.ts'
import type { StreamIds } from './stream-ids.ts'

export interface UnreadCounts {
  writers: Writers<'mentions' | 'mentions.dropped'>
  /** In the committed state. */
  of(user_id: string, memberships: readonly InboxEntry[]): Counts[]
  /** Inside a transaction: the counts beyond a marker at `seq`. */
  beyond(n: number, conversation: ConversationRecord, member: MemberRecord, seq: number): Beyond
  /**
   * Inside a transaction, after the user's marker was moved from `before` to `after`: closes the mentions up to it, opens those
   * beyond it. A mention is open while the marker is before its message.
   */
  marked(n: number, user_id: string, before: number, after: number): void
}

export function openUnreadCounts(
  db: Db,
  conversations: ConversationCache,
  streams: StreamIds,
  sends: SendIndex,
): UnreadCounts {
  const deleted = db.read<{ count: number }>(
    "SELECT count(*) AS count FROM messages WHERE conversation = ? AND seq > ? AND uncounted = 1 AND type <> 'system'",
  )
  const deletedOf = db.read<{ count: number }>(
    `SELECT count(*) AS count FROM messages WHERE conversation = ? AND seq > ? AND seq <= ? AND sender_id = ?
     AND uncounted = 1`,
  )
  const countable = db.read<{ countable: number }>('SELECT countable FROM messages WHERE conversation = ? AND seq = ?')
  const open = db.read<{ conversation: number; seq: number }>(
    'SELECT conversation, seq FROM mentions WHERE user_id = ? AND open = 1',
  )
  const mentions = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM mentions WHERE conversation = ? AND user_id = ? AND seq > ?',
  )
  const mention = db.write('INSERT INTO mentions (conversation, user_id, seq, open) VALUES (?, ?, ?, 1)')
  const unmention = db.write('DELETE FROM mentions WHERE conversation = ? AND user_id = ? AND seq = ?')
  const mark = db.write(
    'UPDATE mentions SET open = seq > ? WHERE conversation = ? AND user_id = ? AND seq > ? AND seq <= ?',
  )

  function ownBetween(n: number, user_id: string, after: number, to: number): number {
    const sent = sends.count(streams.find(user_id) ?? -1, n, after, to)
    return sent - (deletedOf.get(n, after, to, user_id)?.count ?? 0)
  }

  function deletedAfter(n: number, conversation: ConversationRecord, seq: number): number {
    return deletedBeyond(seq, conversation) ?? deleted.get(n, seq)?.count ?? 0
  }

  return {
    writers: {
      mentions({ seq, user_ids }, { n }) {
        for (const user_id of user_ids) mention(n, user_id, seq)
      },
      'mentions.dropped'({ seq, user_ids }, { n }) {
        for (const user_id of user_ids) unmention(n, user_id, seq)
      },
    },
    of(user_id, memberships) {
      const counts = new Map<number, { seq: number; last_seq: number; mention_count: number }>()
      const unread = memberships.map(({ member, conversation }) => {
        const marker = markerOf(member)
        const n = conversations.find(conversation.id)?.n ?? -1
        const count = { seq: marker.seq, last_seq: conversation.last_seq, mention_count: 0 }
        counts.set(n, count)
        return { count, unread_count: unreadBeyond(marker, conversation, deletedAfter(n, conversation, marker.seq)) }
      })
      const behind = unread.some(({ unread_count }) => unread_count > 0)
      for (const { conversation, seq } of behind ? open.all(user_id) : []) {
        const count = counts.get(conversation)
        if (count && seq > count.seq && seq <= count.last_seq) count.mention_count += 1
      }
      return unread.map(({ count, unread_count }) => ({ unread_count, mention_count: count.mention_count }))
    },
    beyond(n, conversation, member, seq) {
      const last_own = receiptSeq(member)
      const marker = {
        seq,
        countable: seq === 0 ? 0 : (countable.get(n, seq)?.countable ?? conversation.countable),
        own_unread: last_own > seq ? ownBetween(n, member.user_id, seq, last_own) : 0,
      }
      return {
        unread_count: unreadBeyond(marker, conversation, deletedAfter(n, conversation, seq)),
        mention_count: mentions.get(n, member.user_id, seq)?.count ?? 0,
        countable: marker.countable,
        own_unread: marker.own_unread,
      }
    },
    marked: (n, user_id, before, after) =>
      void mark(after, n, user_id, Math.min(before, after), Math.max(before, after)),
  }
}
