import type { MemberRecord } from '../../../domain/records.ts'
import type { Db, Value } from './database.ts'
import { MEMBER, flag, toMemberRecord, type MemberRow } from './rows.ts'

/** Seats kept in memory; valid because one process owns the file. */
const MOST_REMEMBERED = 50_000

/** The members' rows. `own_seq` of many sends is held in memory and written once per sender before COMMIT. */
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
  const remembered = new Map<string, MemberRecord | null>()
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
    for (const [key, { conversation, user_id, seq }] of pending) {
      setOwn(seq, conversation, user_id)
      const known = remembered.get(key)
      if (known) remembered.set(key, { ...known, own_seq: Math.max(known.own_seq, seq) })
    }
    pending = new Map()
  }

  function find(conversation: number, id: string, user_id: string): MemberRecord | null {
    const key = keyOf(conversation, user_id)
    const known = remembered.get(key)
    if (known !== undefined && !pending.has(key)) return known && { ...known }
    flush()
    const row = one.get(conversation, user_id)
    const seat = row && toMemberRecord(row, id)
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(key, seat)
    return seat && { ...seat }
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
    put(conversation, seat) {
      flush()
      forget(conversation, seat.user_id)
      put(...values(conversation, seat))
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
    sent: (conversation, user_id, seq) =>
      void pending.set(keyOf(conversation, user_id), { conversation, user_id, seq }),
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

function values(conversation: number, seat: MemberRecord): Value[] {
  return [
    conversation,
    seat.user_id,
    seat.role,
    seat.joined_at,
    seat.joined_change,
    seat.read_seq,
    seat.read_at_seq,
    seat.own_seq,
    seat.receipt_seq,
    seat.receipt_at,
    seat.muted_until,
    flag(seat.pinned),
    flag(seat.archived),
    seat.notify,
  ]
}
