import type { MemberRecord } from './records.ts'

/**
 * The read marker. Sending moves it without a write of its own: it is the greater of `last_read_seq` and the highest own
 * seq after `at_seq` (specification, Conversations).
 */
export function marker(member: Pick<MemberRecord, 'read_seq' | 'read_at_seq' | 'own_seq'>): number {
  return member.own_seq > member.read_at_seq ? Math.max(member.read_seq, member.own_seq) : member.read_seq
}

/** The receipt: how far the user is known to have read. Never goes back. */
export function receiptSeq(member: Pick<MemberRecord, 'receipt_seq' | 'own_seq'>): number {
  return Math.max(member.receipt_seq, member.own_seq)
}
