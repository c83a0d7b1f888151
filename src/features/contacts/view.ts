import type { Contact } from '../../../contracts/entities.ts'
import type { ContactRecord } from '../../domain/records.ts'
import { toPublicUser } from '../../domain/users.ts'
import type { Storage } from '../../ports/storage.ts'

/** Contacts as their owner sees them, in the order given. */
export async function toContacts(
  storage: Pick<Storage, 'users'>,
  contacts: readonly ContactRecord[],
): Promise<Contact[]> {
  const users = await storage.users.findMany(contacts.map(({ contact_id }) => contact_id))
  const profiles = new Map(users.map(user => [user.id, toPublicUser(user)]))
  return contacts.flatMap(({ contact_id, added_at, blocked_at }) => {
    const user = profiles.get(contact_id)
    return user ? [{ contact_id, user, added_at, blocked_at }] : []
  })
}
