import { randomBytes } from 'node:crypto'
import { email as emailSchema, username as usernameSchema } from '../../contracts/auth.ts'
import { openBus } from '../adapters/open.ts'
import { readConfig, type Config } from '../config.ts'
import { newUser } from '../features/users/new-user.ts'
import { announceEnded } from '../identity/announce-ended.ts'
import { openPasswords } from '../identity/passwords.ts'
import { readSecret, secretFile } from '../identity/secret.ts'
import type { Storage } from '../ports/storage.ts'
import { Refused, UsageError, readArguments, type Invocation } from './command.ts'
import { openStore } from './store.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  const { values, positionals } = readArguments(args, { email: { type: 'string' } })
  const [action, username, ...more] = positionals
  if ((action !== 'create' && action !== 'reset') || username === undefined || more.length > 0)
    throw new UsageError('expected create USERNAME or reset USERNAME (try parley admin --help)')
  if (action === 'reset' && values.email !== undefined) throw new UsageError('--email belongs to create')
  const config = readConfig(environment)
  await using store = await openStore(config)
  if (action === 'create') {
    say(shown(username, await create(store, username, values.email)))
    return 0
  }
  const { password, ended } = await resetPassword(store, username)
  const failure = await tellNodes(config, store, ended)
  say(shown(username, password), ...(failure === null ? [] : [`Its sockets are closed within six seconds: ${failure}`]))
  return 0
}

function shown(username: string, password: string): string {
  return `Password of ${username}, shown this once: ${password}`
}

/** Creates an ADMIN and gives the password. */
async function create(store: Storage, given: string, address?: string): Promise<string> {
  const username = usernameSchema.safeParse(given)
  if (!username.success) throw new Refused('USERNAME must be 3 to 32 of a-z, A-Z, 0-9, _, . and -')
  const email = emailSchema.safeParse(address ?? `${username.data.toLowerCase()}@localhost.localdomain`)
  if (!email.success) throw new Refused('--email must be an e-mail address')
  const password = generated()
  const services = { ids: () => Bun.randomUUIDv7(), clock: () => new Date(), passwords: await openPasswords(1) }
  const user = await newUser(services, { username: username.data, email: email.data, password, role: 'ADMIN' })
  const created = await store.users.create(user)
  if (created === 'username_taken') throw new Refused('the username is taken (reset sets a new password)')
  if (created === 'email_taken') throw new Refused('the e-mail address is taken')
  return password
}

/** Sets a new password and ends the user's sessions. */
async function resetPassword({ users, sessions }: Storage, username: string) {
  const user = await users.findByLogin({ username })
  if (!user || user.deleted) throw new Refused('there is no user of this name')
  const password = generated()
  const password_hash = await (await openPasswords(1)).hash(password)
  const updated = await users.update(user.id, { password_hash }, { deleted: false })
  if (typeof updated === 'string') throw new Refused(`the account was changed meanwhile (${updated})`)
  return { password, ended: await sessions.revokeAllOfUser(user.id, new Date().toISOString()) }
}

/** By the bus, so that running nodes close the sockets of the sessions at once. Gives why they could not be told. */
async function tellNodes(config: Config, { epoch }: Storage, session_ids: readonly string[]): Promise<string | null> {
  if (config.redis_url === null || session_ids.length === 0) return null
  try {
    const secret = config.secret ?? (await readSecret(secretFile(config)))
    if (secret === null) return `the signing secret is neither PARLEY_SECRET nor in ${secretFile(config)}`
    await using bus = await openBus(config, { secret, namespace: epoch, log: () => undefined })
    announceEnded(bus, session_ids)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'the bus cannot be used'
  }
}

function generated(): string {
  return randomBytes(15).toString('base64url')
}
