import { findable, maySeeProfile } from '../../domain/blocking.ts'
import type { UserRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'

type Viewer = Pick<UserRecord, 'id' | 'role'>

/** Those of the users whom the viewer finds, in the order given. */
export async function findableOf(
  storage: Pick<Storage, 'contacts'>,
  viewer: Viewer,
  users: readonly UserRecord[],
): Promise<UserRecord[]> {
  const others = users.map(({ id }) => id).filter(id => id !== viewer.id)
  const relations = await storage.contacts.relations(viewer.id, others)
  return users.filter(user => findable(viewer, user, relations.get(user.id)))
}

/** Whether the viewer sees the user's profile by id. */
export async function seesProfile(
  storage: Pick<Storage, 'contacts' | 'members'>,
  viewer: Viewer,
  user_id: string,
): Promise<boolean> {
  const relation = (await storage.contacts.relations(viewer.id, [user_id])).get(user_id)
  if (maySeeProfile(viewer, relation, false)) return true
  const [own, others] = await Promise.all([storage.members.ofUser(viewer.id), storage.members.ofUser(user_id)])
  const ids = new Set(own.map(({ conversation }) => conversation.id))
  const shared = others.some(({ conversation }) => ids.has(conversation.id))
  return maySeeProfile(viewer, relation, shared)
}
