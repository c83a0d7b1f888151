import { randomBytes } from 'node:crypto'
import type { Config } from '../../config.ts'
import type { Services } from '../../context.ts'
import { newUser } from './new-user.ts'

/**
 * Creates the first ADMIN on an empty store. Gives the credentials to show once; null where the store has users already.
 * `password` is null if it was set, so that it is never printed.
 */
export async function createFirstAdmin(
  services: Pick<Services, 'storage' | 'ids' | 'clock' | 'passwords'>,
  { username, password }: Config['admin'],
): Promise<{ username: string; password: string | null } | null> {
  const some = await services.storage.users.list({}, { ascending: true, limit: 1 })
  if (some.length > 0) return null
  const generated = randomBytes(15).toString('base64url')
  const admin = await newUser(services, {
    username,
    email: `${username.toLowerCase()}@localhost.localdomain`,
    password: password ?? generated,
    role: 'ADMIN',
  })
  const created = await services.storage.users.createFirst(admin)
  return created ? { username, password: password === null ? generated : null } : null
}
