import type { UnreadTotals } from '../../../contracts/entities.ts'
import { marker } from '../../domain/unread.ts'
import type { InboxEntry, Storage } from '../../ports/storage.ts'

/** The sums over a user's conversations that are neither muted nor archived. `known`: the memberships, if they are read already. */
export async function unreadTotals(
  storage: Pick<Storage, 'members'>,
  user_id: string,
  now: Date,
  known?: readonly InboxEntry[],
): Promise<UnreadTotals> {
  const at = now.toISOString()
  const memberships = known ?? (await storage.members.ofUser(user_id))
  const counted = memberships.filter(
    ({ member, conversation }) =>
      !member.archived &&
      (member.muted_until === null || member.muted_until <= at) &&
      conversation.last_seq > marker(member),
  )
  const counts = counted.length > 0 ? await storage.members.unread(user_id, counted) : []
  const totals = { unread_count: 0, mention_count: 0, unread_conversations: 0 }
  for (const { unread_count, mention_count } of counts) {
    totals.unread_count += unread_count
    totals.mention_count += mention_count
    if (unread_count > 0) totals.unread_conversations += 1
  }
  return totals
}
