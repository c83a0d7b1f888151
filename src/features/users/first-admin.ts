import { randomBytes } from 'node:crypto'
import { ConfigError, type Config } from '../../config.ts'
import type { Services } from '../../context.ts'
import { COMMON, isCommonPassword } from '../../identity/common-passwords.ts'
import { newUser } from './new-user.ts'

/** The credentials to print once. `password` is null if it came from the settings: then it is not printed. */
export interface FirstAdmin {
  username: string
  password: string | null
}

/** Creates the first ADMIN on an empty store; null if the store has users. */
export async function createFirstAdmin(
  services: Pick<Services, 'storage' | 'ids' | 'clock' | 'passwords'>,
  { username, password }: Config['admin'],
): Promise<FirstAdmin | null> {
  const some = await services.storage.users.list({}, { ascending: true, limit: 1 })
  if (some.length > 0) return null
  if (password !== null && isCommonPassword(password)) throw new ConfigError(`PARLEY_ADMIN_PASSWORD: ${COMMON}`)
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
