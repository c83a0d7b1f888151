import { maySeeProfile } from '../../domain/blocking.ts'
import type { Storage } from '../../ports/storage.ts'

/** Users that one `user.updated` is sent to; others see the change when they fetch the profile. */
const MAX_AUDIENCE = 5_000
/** Users whose relations are read at once. */
const RELATIONS_AT_ONCE = 1_000

/**
 * The user, the users who share a conversation with them, and those who have them as a contact and see the profile by that alone,
 * up to `MAX_AUDIENCE`.
 */
export async function profileAudience(
  storage: Pick<Storage, 'members' | 'contacts'>,
  user_id: string,
): Promise<string[]> {
  const audience = new Set([user_id])
  for (const { conversation } of await storage.members.ofUser(user_id)) {
    const members = await storage.members.first(conversation.id, MAX_AUDIENCE - audience.size)
    for (const member of members) audience.add(member.user_id)
    if (audience.size >= MAX_AUDIENCE) return [...audience]
  }
  const owners = await storage.contacts.ownersOf(user_id, MAX_AUDIENCE)
  const others = owners.filter(id => !audience.has(id)).slice(0, MAX_AUDIENCE - audience.size)
  for (let from = 0; from < others.length; from += RELATIONS_AT_ONCE) {
    const some = others.slice(from, from + RELATIONS_AT_ONCE)
    const relations = await storage.contacts.relations(user_id, some)
    for (const id of some) {
      const blocks_me = relations.get(id)?.blocked_by_me ?? false
      if (maySeeProfile({ role: 'USER' }, { blocks_me, blocked_by_me: false }, false)) audience.add(id)
    }
  }
  return [...audience]
}
