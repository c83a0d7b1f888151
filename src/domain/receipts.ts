import type { ContactRecord, MemberRecord, SeenReceipt } from './records.ts'
import { receiptSeq } from './unread.ts'

/** What the viewer's and the member's row say of each other; null: no row. */
export interface Rows {
  /** The viewer's row of the member. */
  mine: ContactRecord | null
  /** The member's row of the viewer. */
  theirs: ContactRecord | null
}

export function receiptOf(member: Pick<MemberRecord, 'receipt_seq' | 'own_seq' | 'receipt_at'>): SeenReceipt {
  return { seq: receiptSeq(member), at: member.receipt_at }
}

/**
 * A member's receipt as a viewer sees it. While either has blocked the other it stays as it was when the first of these blocks
 * began, so that nothing tells that there is one; only the member's own messages, which the viewer sees, move it on. null: the
 * block does not say, because the two met in this conversation later; then the receipt is the one with which the member joined.
 */
export function seenReceipt(member: MemberRecord, { mine, theirs }: Rows): SeenReceipt | null {
  const { conversation_id, own_seq } = member
  const blocked = [mine, theirs].some(row => row !== null && row.blocked_at !== null)
  if (!blocked) return receiptOf(member)
  const kept = [mine?.receipts?.[conversation_id]?.theirs, theirs?.receipts?.[conversation_id]?.mine]
  const [first] = kept.flatMap(receipt => receipt ?? []).toSorted((a, b) => a.seq - b.seq)
  return first ? { seq: Math.max(first.seq, own_seq), at: first.at } : null
}
