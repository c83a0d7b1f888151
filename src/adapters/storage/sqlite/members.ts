import type { Members, Page } from '../../../ports/storage.ts'
import type { UnreadCounts } from './counts.ts'
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

export function openMembers(db: Db, heads: Heads, members: MemberRows, counts: UnreadCounts): Members {
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
  const conversationsOf = db.read<ConversationRow>(
    `SELECT ${CONVERSATION} FROM conversations WHERE n IN (SELECT conversation FROM members WHERE user_id = ?)`,
  )
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
    async firstOfEach(ids, limit) {
      return new Map(ids.map(id => [id, members.first(number(id), id, limit)]))
    },
    async leaders(id) {
      return leaders.all(number(id)).map(row => toMemberRecord(row, id))
    },
    async ofUser(user_id) {
      const conversations = new Map(conversationsOf.all(user_id).map(row => [row.n, toConversationRecord(row)]))
      return ofUser.all(user_id).flatMap(row => {
        const conversation = conversations.get(row.conversation)
        return conversation ? [{ member: toMemberRecord(row, conversation.id), conversation }] : []
      })
    },
    async unread(user_id, memberships) {
      return counts.of(user_id, memberships)
    },
  }
}

/** The bounds of a page over text ids, in its direction: the first inclusive, the second exclusive. */
export function range({ ascending, start, before }: Page): Value[] {
  return ascending ? [start ?? '', before ?? '\uffff'] : [start ?? '\uffff', before ?? '']
}
