import type { Contract } from '../../../contracts/index.ts'
import type { Context } from '../../context.ts'
import type { UserRecord } from '../../domain/records.ts'
import { anonymised, toPublicUser } from '../../domain/users.ts'
import { leaving } from '../groups/leaving.ts'
import { acquaintances } from './acquaintances.ts'

/**
 * Anonymises the account, ends its sessions, and leaves every group. In this order, and each step may be repeated: whoever
 * repeats the call after a crash finishes it.
 */
export async function deleteAccount(
  context: Context<Contract['users']['delete']>,
  user: UserRecord,
): Promise<'deleted' | 'last_admin'> {
  const { storage, principals, commit, publish, clock } = context
  const at = clock().toISOString()
  const told = await acquaintances(storage, user.id)
  const after = anonymised(user, at)
  if (!user.deleted) {
    const { id: _id, created_at: _created_at, ...patch } = after
    if ((await storage.users.update(user.id, patch)) === 'last_admin') return 'last_admin'
  }
  principals.forgetUser(user.id)
  principals.ended(await storage.sessions.revokeAllOfUser(user.id, at))
  for (const { member, conversation } of await storage.members.ofUser(user.id)) {
    if (conversation.type === 'direct') continue
    await commit({ conversation }, ...(await leaving(storage, member, user.id)))
  }
  if (!user.deleted) publish('user.updated', { user: toPublicUser(after) }, { user_ids: told })
  return 'deleted'
}
