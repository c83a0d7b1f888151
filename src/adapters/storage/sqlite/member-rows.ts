import type { RowChanges } from '../../../domain/log/rows.ts'
import type { MemberRecord } from '../../../domain/records.ts'
import type { Db, Value } from './database.ts'
import { MEMBER, flag, toMemberRecord, type MemberRow } from './rows.ts'

/** MemberRows kept in memory; valid because one process owns the file. */
const MAX_REMEMBERED = 50_000

/** The members' rows. `own_seq` of many sends is held in memory and written once per sender before COMMIT. */
export interface MemberRows {
  find(conversation: number, id: string, user_id: string): MemberRecord | null
  all(conversation: number, id: string): MemberRecord[]
  first(conversation: number, id: string, limit: number): MemberRecord[]
  put(conversation: number, member: MemberRecord): void
  setRole(conversation: number, user_id: string, role: MemberRecord['role']): void
  remove(conversation: number, user_id: string): void
  removeAll(conversation: number): void
  sent(conversation: number, sent: RowChanges['member.sent']): void
  unsent(conversation: number, unsent: RowChanges['member.unsent']): void
  flush(): void
  discard(): void
}

export function openMemberRows(db: Db): MemberRows {
  const remembered = new Map<string, MemberRecord | null>()
  let pending = new Map<string, RowChanges['member.sent'] & { conversation: number }>()
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
    for (const [key, { conversation, user_id, seq, countable }] of pending) {
      setOwn(seq, countable, conversation, user_id)
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

  function forget(conversation: number, user_id: string): void {
    remembered.delete(keyOf(conversation, user_id))
  }

  return {
    find,
    all(conversation, id) {
      flush()
      return every.all(conversation).map(row => toMemberRecord(row, id))
    },
    first(conversation, id, limit) {
      flush()
      return oldest.all(conversation, limit).map(row => toMemberRecord(row, id))
    },
    put(conversation, member) {
      flush()
      forget(conversation, member.user_id)
      put(...values(conversation, member))
    },
    setRole(conversation, user_id, role) {
      forget(conversation, user_id)
      setRole(role, conversation, user_id)
    },
    remove(conversation, user_id) {
      flush()
      forget(conversation, user_id)
      remove(conversation, user_id)
    },
    removeAll(conversation) {
      flush()
      remembered.clear()
      removeAll(conversation)
    },
    sent: (conversation, { user_id, seq, countable }) =>
      void pending.set(keyOf(conversation, user_id), { conversation, user_id, seq, countable }),
    unsent(conversation, { user_id, seq }) {
      forget(conversation, user_id)
      unsent(conversation, user_id, seq)
    },
    flush,
    discard() {
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
