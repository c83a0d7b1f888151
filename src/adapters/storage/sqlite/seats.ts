import type { MemberRecord } from '../../../domain/records.ts'
import type { Db, Value } from './database.ts'
import { MEMBER, flag, toMemberRecord, type MemberRow } from './rows.ts'

/** The members' rows, for writing. `own_seq` of many sends is held in memory and written once per sender before COMMIT. */
export interface Seats {
  find(conversation: number, id: string, user_id: string): MemberRecord | null
  all(conversation: number, id: string): MemberRecord[]
  first(conversation: number, id: string, limit: number): MemberRecord[]
  put(conversation: number, seat: MemberRecord): void
  setRole(conversation: number, user_id: string, role: MemberRecord['role']): void
  remove(conversation: number, user_id: string): void
  removeAll(conversation: number): void
  sent(conversation: number, user_id: string, seq: number): void
  flush(): void
  discard(): void
}

export function openSeats(db: Db): Seats {
  let pending = new Map<string, { conversation: number; user_id: string; seq: number }>()
  const one = db.read<MemberRow>(`SELECT ${MEMBER} FROM members WHERE conversation = ? AND user_id = ?`)
  const every = db.read<MemberRow>(`SELECT ${MEMBER} FROM members WHERE conversation = ? ORDER BY user_id`)
  const oldest = db.read<MemberRow>(
    `SELECT ${MEMBER} FROM members WHERE conversation = ? ORDER BY joined_change, user_id LIMIT ?`,
  )
  const put = db.write(`INSERT OR REPLACE INTO members (${MEMBER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const setRole = db.write('UPDATE members SET role = ? WHERE conversation = ? AND user_id = ?')
  const setOwn = db.write('UPDATE members SET own_seq = max(own_seq, ?) WHERE conversation = ? AND user_id = ?')
  const remove = db.write('DELETE FROM members WHERE conversation = ? AND user_id = ?')
  const removeAll = db.write('DELETE FROM members WHERE conversation = ?')

  function flush(): void {
    if (pending.size === 0) return
    for (const { conversation, user_id, seq } of pending.values()) setOwn(seq, conversation, user_id)
    pending = new Map()
  }

  return {
    find(conversation, id, user_id) {
      flush()
      const row = one.get(conversation, user_id)
      return row && toMemberRecord(row, id)
    },
    all(conversation, id) {
      flush()
      return every.all(conversation).map(row => toMemberRecord(row, id))
    },
    first(conversation, id, limit) {
      flush()
      return oldest.all(conversation, limit).map(row => toMemberRecord(row, id))
    },
    put(conversation, seat) {
      flush()
      put(...values(conversation, seat))
    },
    setRole: (conversation, user_id, role) => void setRole(role, conversation, user_id),
    remove(conversation, user_id) {
      flush()
      remove(conversation, user_id)
    },
    removeAll(conversation) {
      flush()
      removeAll(conversation)
    },
    sent: (conversation, user_id, seq) =>
      void pending.set(`${conversation}:${user_id}`, { conversation, user_id, seq }),
    flush,
    discard() {
      pending = new Map()
    },
  }
}

function values(conversation: number, seat: MemberRecord): Value[] {
  return [
    ...[conversation, seat.user_id, seat.role, seat.joined_at, seat.joined_change, seat.read_seq, seat.read_at_seq],
    ...[seat.own_seq, seat.receipt_seq, seat.receipt_at, seat.muted_until, flag(seat.pinned), flag(seat.archived)],
    seat.notify,
  ]
}
