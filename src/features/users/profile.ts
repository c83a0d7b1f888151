import type { UnreadTotals, User } from '../../../contracts/entities.ts'
import { toUser } from '../../domain/users.ts'
import type { InboxEntry, Storage } from '../../ports/storage.ts'
import { unreadTotals } from '../conversations/unread-totals.ts'

/** The user's own profile and unread totals, as in `ready`. null if there is no such user. */
export async function profileOf(
  storage: Pick<Storage, 'members' | 'users'>,
  user_id: string,
  memberships: readonly InboxEntry[],
  now: Date,
): Promise<{ user: User; unread: UnreadTotals } | null> {
  const user = await storage.users.find(user_id)
  return user && { user: toUser(user, user), unread: await unreadTotals(storage, user_id, now, memberships) }
}
