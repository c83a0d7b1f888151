import type { Counts } from '../../../domain/log/user-stream.ts'
import type { MemberRecord } from '../../../domain/records.ts'
import { receiptSeq } from '../../../domain/unread.ts'
import type { Members, Page } from '../../../ports/storage.ts'
import type { Db, Value } from './database.ts'
import type { Heads } from './heads.ts'
import {
  CONVERSATION,
  MEMBER,
  toConversationRecord,
  toMemberRecord,
  type ConversationRow,
  type MemberRow,
} from './rows.ts'
import type { MemberRows } from './member-rows.ts'
import type { Sends } from './sends.ts'
import type { Streams } from './streams.ts'

/** Counts what is unread for a member beyond `after`, as the running transaction sees it. */
export function openCounts(
  db: Db,
  heads: Heads,
  streams: Streams,
  sends: Sends,
): (member: MemberRecord, after: number) => Counts {
  const uncounted = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM messages WHERE conversation = ? AND seq > ? AND uncounted = 1',
  )
  const uncountedOf = db.read<{ count: number }>(
    `SELECT count(*) AS count FROM messages WHERE conversation = ? AND seq > ? AND seq <= ? AND sender_id = ?
     AND uncounted = 1`,
  )
  const mentions = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM mentions WHERE conversation = ? AND user_id = ? AND seq > ?',
  )

  function ownBetween(n: number, user_id: string, after: number, to: number): number {
    const sent = sends.count(streams.find(user_id) ?? -1, n, after, to)
    return sent - (uncountedOf.get(n, after, to, user_id)?.count ?? 0)
  }

  return (member, after) => {
    const head = heads.get(member.conversation_id)
    if (!head || head.purged || head.record.last_seq <= after) return { unread_count: 0, mention_count: 0 }
    const { n, record } = head
    const own_end = receiptSeq(member)
    const others = record.last_seq - after - (uncounted.get(n, after)?.count ?? 0)
    // Own messages lie beyond the marker only after it was set back. Those of an earlier membership are not in `own_seq`.
    const mine = own_end > after ? ownBetween(n, member.user_id, after, own_end) : 0
    return { unread_count: others - mine, mention_count: mentions.get(n, member.user_id, after)?.count ?? 0 }
  }
}

export function openMembers(db: Db, heads: Heads, members: MemberRows, counts: ReturnType<typeof openCounts>): Members {
  const ordered = (direction: string, edge: string) =>
    db.read<MemberRow>(
      `SELECT ${MEMBER} FROM members WHERE conversation = ? AND user_id ${edge} ORDER BY user_id ${direction} LIMIT ?`,
    )
  const forward = ordered('ASC', '>= ? AND user_id < ?')
  const backward = ordered('DESC', '<= ? AND user_id > ?')
  const leaders = db.read<MemberRow>(
    `SELECT ${MEMBER} FROM members WHERE conversation = ? AND role <> 'member' ORDER BY joined_change, user_id`,
  )
  const ofUser = db.read<MemberRow>(`SELECT ${MEMBER} FROM members WHERE user_id = ?`)
  const byNumber = db.read<ConversationRow>(`SELECT ${CONVERSATION} FROM conversations WHERE n = ?`)
  const number = (id: string): number => heads.committed(id)?.n ?? -1

  return {
    async find(id, user_id) {
      return members.find(number(id), id, user_id)
    },
    async findMany(id, user_ids) {
      const n = number(id)
      return user_ids.flatMap(user_id => members.find(n, id, user_id) ?? [])
    },
    async list(id, page) {
      const read = page.ascending ? forward : backward
      return read.all(number(id), ...range(page), page.limit).map(row => toMemberRecord(row, id))
    },
    async first(id, limit) {
      return members.first(number(id), id, limit)
    },
    async leaders(id) {
      return leaders.all(number(id)).map(row => toMemberRecord(row, id))
    },
    async ofUser(user_id) {
      return ofUser.all(user_id).flatMap(row => {
        const found = byNumber.get(row.conversation)
        if (!found) return []
        const conversation = toConversationRecord(found)
        return [{ member: toMemberRecord(row, conversation.id), conversation }]
      })
    },
    async counts(member, after) {
      return counts(member, after)
    },
  }
}

/** The bounds of a page over text ids, in its direction: the first inclusive, the second exclusive. */
export function range({ ascending, start, before }: Page): Value[] {
  return ascending ? [start ?? '', before ?? '\uffff'] : [start ?? '\uffff', before ?? '']
}
