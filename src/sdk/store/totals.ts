import type { Conversation, UnreadTotals } from '../wire-types.ts'

/** Sums over the conversations that are neither muted now nor archived. */
export function totalsOf(conversations: readonly Conversation[]): UnreadTotals {
  const now = new Date().toISOString()
  const sum = { unread_count: 0, mention_count: 0, unread_conversations: 0 }
  for (const { me } of conversations) {
    if (!me || me.archived || (me.muted_until !== null && me.muted_until > now)) continue
    sum.unread_count += me.unread_count
    sum.mention_count += me.mention_count
    if (me.unread_count > 0) sum.unread_conversations += 1
  }
  return sum
}
