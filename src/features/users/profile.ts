import type { UnreadTotals, User } from '../../../contracts/entities.ts'
import { toUser } from '../../domain/users.ts'
import type { Storage } from '../../ports/storage.ts'
import { unreadTotals } from '../conversations/unread-totals.ts'

/** A user as they see themselves, and their unread totals: what `ready` carries. null if there is no such user. */
export async function profileOf(
  storage: Pick<Storage, 'members' | 'users'>,
  user_id: string,
  now: Date,
): Promise<{ user: User; unread: UnreadTotals } | null> {
  const user = await storage.users.find(user_id)
  return user && { user: toUser(user, user), unread: await unreadTotals(storage, user_id, now) }
}
