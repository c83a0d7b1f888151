import type { MemberRole } from '../../../../contracts/entities.ts'
import type { RowChanges } from '../../../domain/log/rows.ts'
import type { MemberRecord } from '../../../domain/records.ts'
import type { Members } from '../../../ports/storage.ts'
import type { Writers } from './append.ts'
import type { ConversationCache } from './conversations.ts'
import type { UnreadCounts } from './counts.ts'
import { range, type Db, type Value } from './database.ts'
import type { Participant } from './group-commit.ts'
import {
  CONVERSATION,
  MEMBER,
  flag,
  toConversationRecord,
  toMemberRecord,
  type ConversationRow,
  type MemberRow,
} from './rows.ts'

/** Members kept in memory; valid because one process owns the file. */
const MAX_REMEMBERED = 50_000

/** The members' rows. `own_seq` is held in memory and written once per sender before COMMIT. */
export interface MemberRows extends Participant {
  writers: Writers<'member' | 'member.role' | 'member.sent' | 'member.unsent' | 'member.left'>
  find(conversation: number, id: string, user_id: string): MemberRecord | null
  role(conversation: number, id: string, user_id: string): MemberRole | null
  all(conversation: number, id: string): MemberRecord[]
  first(conversation: number, id: string, limit: number): MemberRecord[]
  put(conversation: number, member: MemberRecord): void
  removeAll(conversation: number): void
}

export function openMemberRows(db: Db): MemberRows {
  const remembered = new Map<string, MemberRecord | null>()
  let pending = new Map<string, RowChanges['member.sent'] & { n: number }>()
  const one = db.read<MemberRow>(`SELECT ${MEMBER} FROM members WHERE conversation = ? AND user_id = ?`)
  const every = db.read<MemberRow>(`SELECT ${MEMBER} FROM members WHERE conversation = ? ORDER BY user_id`)
  const oldest = db.read<MemberRow>(
    `SELECT ${MEMBER} FROM members WHERE conversation = ? ORDER BY joined_change, user_id LIMIT ?`,
  )
  const put = db.write(
    `INSERT OR REPLACE INTO members (${MEMBER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const setRole = db.write('UPDATE members SET role = ? WHERE conversation = ? AND user_id = ?')
  const setOwn = db.write(
    'UPDATE members SET own_seq = max(own_seq, ?), own_countable = max(own_countable, ?) WHERE conversation = ? AND user_id = ?',
  )
  const unsent = db.write(
    `UPDATE members SET own_unread = own_unread - 1 WHERE conversation = ? AND user_id = ? AND read_seq < ?
     AND own_unread > 0`,
  )
  const remove = db.write('DELETE FROM members WHERE conversation = ? AND user_id = ?')
  const removeAll = db.write('DELETE FROM members WHERE conversation = ?')

  function flush(): void {
    if (pending.size === 0) return
    for (const [key, { n, user_id, seq, countable }] of pending) {
      setOwn(seq, countable, n, user_id)
      const known = remembered.get(key)
      if (known) remembered.set(key, { ...known, own_seq: seq, own_countable: countable })
    }
    pending = new Map()
  }

  function find(conversation: number, id: string, user_id: string): MemberRecord | null {
    const key = keyOf(conversation, user_id)
    const known = remembered.get(key)
    if (known !== undefined && !pending.has(key)) return known && { ...known }
    flush()
    const row = one.get(conversation, user_id)
    const member = row && toMemberRecord(row, id)
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(key, member)
    return member && { ...member }
  }

  /** Needs no copy of the member, and no row that a send of the running transaction has still to write. */
  function role(conversation: number, id: string, user_id: string): MemberRole | null {
    const known = remembered.get(keyOf(conversation, user_id))
    return known === undefined ? (find(conversation, id, user_id)?.role ?? null) : (known?.role ?? null)
  }

  function forget(conversation: number, user_id: string): void {
    remembered.delete(keyOf(conversation, user_id))
  }

  function write(conversation: number, member: MemberRecord): void {
    flush()
    forget(conversation, member.user_id)
    put(...values(conversation, member))
  }

  return {
    find,
    role,
    all(conversation, id) {
      flush()
      return every.all(conversation).map(row => toMemberRecord(row, id))
    },
    first(conversation, id, limit) {
      flush()
      return oldest.all(conversation, limit).map(row => toMemberRecord(row, id))
    },
    put: write,
    removeAll(conversation) {
      flush()
      remembered.clear()
      removeAll(conversation)
    },
    writers: {
      member: ({ put }, { n }) => write(n, put),
      'member.role'({ user_id, role }, { n }) {
        forget(n, user_id)
        setRole(role, n, user_id)
      },
      'member.sent': (sent, { n }) => void pending.set(keyOf(n, sent.user_id), { ...sent, n }),
      'member.unsent'({ user_id, seq }, { n }) {
        forget(n, user_id)
        unsent(n, user_id, seq)
      },
      'member.left'({ user_id }, { n }) {
        flush()
        forget(n, user_id)
        remove(n, user_id)
      },
    },
    flush,
    discarded() {
      pending = new Map()
      remembered.clear()
    },
  }
}

function keyOf(conversation: number, user_id: string): string {
  return `${conversation}:${user_id}`
}

function values(conversation: number, member: MemberRecord): Value[] {
  return [
    conversation,
    member.user_id,
    member.role,
    member.joined_at,
    member.joined_change,
    member.read_seq,
    member.read_at_seq,
    member.own_seq,
    member.receipt_seq,
    member.receipt_at,
    member.muted_until,
    flag(member.pinned),
    flag(member.archived),
    member.notify,
    member.read_countable,
    member.own_unread,
    member.own_countable,
  ]
}

export function openMembers(
  db: Db,
  conversations: ConversationCache,
  members: MemberRows,
  counts: UnreadCounts,
): Members {
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
  const number = (id: string): number => conversations.find(id)?.n ?? -1

  return {
    async find(id, user_id) {
      return members.find(number(id), id, user_id)
    },
    async findMany(id, user_ids) {
      const n = number(id)
      return user_ids.flatMap(user_id => members.find(n, id, user_id) ?? [])
    },
    async roleIn({ id }, user_id) {
      return members.role(number(id), id, user_id)
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
      const records = new Map(conversationsOf.all(user_id).map(row => [row.n, toConversationRecord(row)]))
      return ofUser.all(user_id).flatMap(row => {
        const conversation = records.get(row.conversation)
        return conversation ? [{ member: toMemberRecord(row, conversation.id), conversation }] : []
      })
    },
    async unread(user_id, memberships) {
      return counts.of(user_id, memberships)
    },
  }
}
