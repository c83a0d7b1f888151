import type { MemberRecord } from './records.ts'

/**
 * The read marker. Sending moves it without a write of its own: it is the greater of `last_read_seq` and the highest own
 * seq after `at_seq` (SPEC, Conversations).
 */
export function marker(seat: Pick<MemberRecord, 'read_seq' | 'read_at_seq' | 'own_seq'>): number {
  return seat.own_seq > seat.read_at_seq ? Math.max(seat.read_seq, seat.own_seq) : seat.read_seq
}

/** How far the user is known to have read; never goes back. */
export function receiptSeq(seat: Pick<MemberRecord, 'receipt_seq' | 'own_seq'>): number {
  return Math.max(seat.receipt_seq, seat.own_seq)
}
