import type { MemberRecord } from '../../../../domain/records.ts'
import { receiptSeq, type Counts } from '../../../../domain/unread.ts'
import { mentionKey, messageKey } from './keys.ts'
import type { ConversationRow } from './rows.ts'
import type { Tables } from './tables.ts'

/**
 * Unread = everything after the marker, less what nobody counts (system messages, tombstones), less the member's own. Own ones
 * lie after the marker only when it was set back, so they are looked for only then; those of an earlier membership are not in
 * `own_seq`, but before the receipt.
 */
export async function countUnread(
  tables: Tables,
  { last_seq, last_change }: Pick<ConversationRow, 'last_seq' | 'last_change'>,
  member: MemberRecord,
  after: number,
): Promise<Counts> {
  const { conversation_id, user_id } = member
  const own_end = Math.min(receiptSeq(member), last_seq)
  if (after >= last_seq) return { unread_count: 0, mention_count: 0 }
  const range = { $gt: messageKey(conversation_id, after), $lte: messageKey(conversation_id, last_seq) }
  const change = { $lte: last_change }
  const [uncounted, own, mention_count] = await Promise.all([
    tables.uncounted.count({ _id: range, change }),
    own_end > after ? ownAfter(tables, member, after, own_end) : 0,
    tables.mentions.count({
      _id: { $gt: mentionKey(conversation_id, user_id, after), $lte: mentionKey(conversation_id, user_id, last_seq) },
      deleted_at_change: { $gt: last_change },
    }),
  ])
  return { unread_count: Math.max(0, last_seq - after - uncounted - own), mention_count }
}

export function ownAfter(
  tables: Tables,
  { conversation_id, user_id }: Pick<MemberRecord, 'conversation_id' | 'user_id'>,
  after: number,
  to: number,
): Promise<number> {
  return tables.messages.count({
    _id: { $gt: messageKey(conversation_id, after), $lte: messageKey(conversation_id, to) },
    sender_id: { $eq: user_id },
    type: { $ne: 'system' },
    deleted_at: { $eq: null },
  })
}
