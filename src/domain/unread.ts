import type { ConversationRecord, MemberRecord, MessageRecord } from './records.ts'

/**
 * Unread counts are computed from numbers in the rows of the conversation and the member, so that their cost does not depend
 * on how much is unread (docs/adr/0003-unread-counts.md).
 */

/** Seqs of deleted messages in a conversation's row. */
export const MAX_TOMBSTONES = 256

export interface Counts {
  unread_count: number
  mention_count: number
}

type Marked = Pick<
  MemberRecord,
  'read_seq' | 'read_at_seq' | 'read_countable' | 'own_unread' | 'own_seq' | 'own_countable'
>
type Counted = Pick<ConversationRecord, 'last_seq' | 'countable' | 'tombstones' | 'tombstones_cut'>

/** Messages that count as unread for no user: system messages, and deleted ones from their deletion on. */
export function isNeverUnread({ type, deleted_at }: Pick<MessageRecord, 'type' | 'deleted_at'>): boolean {
  return type === 'system' || deleted_at !== null
}

/** The users for whom a message counts as a mention: each once, without the sender. */
export function mentionedBy({ mentions, sender_id }: Pick<MessageRecord, 'mentions' | 'sender_id'>): string[] {
  return [...new Set(mentions)].filter(user_id => user_id !== sender_id)
}

/** A read marker with the conversation's `countable` at it and the user's own messages beyond it. */
export interface Marker {
  seq: number
  countable: number
  own_unread: number
}

/**
 * The read marker. Sending moves it without an entry of its own: it is the greater of `read_seq` and the highest own seq after
 * `read_at_seq` (specification, Conversations).
 */
export function marker({
  read_seq,
  read_at_seq,
  own_seq,
}: Pick<Marked, 'read_seq' | 'read_at_seq' | 'own_seq'>): number {
  return own_seq > read_at_seq ? Math.max(read_seq, own_seq) : read_seq
}

export function markerOf(member: Marked): Marker {
  const { read_seq, read_at_seq, read_countable, own_unread, own_seq, own_countable } = member
  return own_seq > Math.max(read_seq, read_at_seq)
    ? { seq: own_seq, countable: own_countable, own_unread: 0 }
    : { seq: read_seq, countable: read_countable, own_unread: own_seq > read_at_seq ? 0 : own_unread }
}

/**
 * The number of unread messages beyond a marker: those that are not own, system or deleted. `deleted` is the number of deleted
 * ones beyond it if `deletedBeyond` returns null.
 */
export function unreadBeyond({ seq, countable, own_unread }: Marker, conversation: Counted, deleted?: number): number {
  if (seq >= conversation.last_seq) return 0
  const gone = deleted ?? deletedBeyond(seq, conversation) ?? 0
  return Math.max(0, conversation.countable - countable - gone - own_unread)
}

/** The number of deleted messages beyond a seq; null if the conversation's row does not have it and they must be counted. */
export function deletedBeyond(
  seq: number,
  { tombstones, tombstones_cut }: Pick<Counted, 'tombstones' | 'tombstones_cut'>,
): number | null {
  if (seq < tombstones_cut) return null
  return tombstones.filter(deleted => deleted > seq).length
}

/** The conversation's list with one more deleted message; the same list if it is in it. */
export function withTombstone(
  { tombstones, tombstones_cut }: Pick<Counted, 'tombstones' | 'tombstones_cut'>,
  seq: number,
): Pick<Counted, 'tombstones' | 'tombstones_cut'> {
  if (tombstones.includes(seq)) return { tombstones, tombstones_cut }
  const all = [...tombstones, seq].toSorted((a, b) => a - b)
  const cut = all.length > MAX_TOMBSTONES ? all[all.length - MAX_TOMBSTONES - 1] : undefined
  return { tombstones: all.slice(-MAX_TOMBSTONES), tombstones_cut: Math.max(tombstones_cut, cut ?? 0) }
}

/** The receipt: how far the user is known to have read. Never goes back. */
export function receiptSeq(member: Pick<MemberRecord, 'receipt_seq' | 'own_seq'>): number {
  return Math.max(member.receipt_seq, member.own_seq)
}
