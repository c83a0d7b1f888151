import { randomBytes } from 'node:crypto'
import type { EventData } from '../../../contracts/events.ts'
import type { Role } from '../../../contracts/roles.ts'
import { Conflict, type Services } from '../../context.ts'
import type { Audience } from '../../domain/ephemeral.ts'
import type { UserRecord } from '../../domain/records.ts'
import { toPublicUser } from '../../domain/users.ts'
import { profileAudience } from './profile-audience.ts'

/** Names that are tried for a new user whose name is taken. */
const NAMES = 4

/** What another system says of its user. What is undefined changes nothing. */
export interface ExternalUser {
  external_id: string
  full_name?: string | null | undefined
  email?: string | undefined
  /** Of a new user only: a user may have changed it. */
  username?: string | undefined
  role?: Role | undefined
}

export type Followed =
  { outcome: 'created' | 'updated' | 'unchanged'; user: UserRecord } | { outcome: 'email_taken' | 'last_admin' }

interface Deps extends Pick<Services, 'storage' | 'sessionCache' | 'clock' | 'ids' | 'default_role'> {
  publish: (event: 'user.updated', data: EventData<'user.updated'>, audience: Audience) => void
}

/**
 * Makes the user of an external id what the other system says, creating the user at first sight. `known`: the user as found by
 * that id. Throws `Conflict` if another call has created or changed the user at the same time.
 */
export function followExternal(deps: Deps, known: UserRecord | null, said: ExternalUser): Promise<Followed> {
  return known ? update(deps, known, said) : create(deps, said)
}

async function create({ storage, ids, clock, default_role }: Deps, said: ExternalUser): Promise<Followed> {
  const at = clock().toISOString()
  const user = {
    id: ids(),
    full_name: said.full_name ?? null,
    avatar_file_id: null,
    email: said.email ?? null,
    external_id: said.external_id,
    role: said.role ?? default_role,
    disabled: false,
    deleted: false,
    password_hash: null,
    created_at: at,
    updated_at: at,
  }
  const wanted = said.username ?? nameFrom(said.external_id)
  for (let attempt = 0; attempt < NAMES; attempt += 1) {
    const username = attempt === 0 ? wanted : `${wanted.slice(0, 23)}-${randomBytes(4).toString('hex')}`
    const created = await storage.users.create({ ...user, username })
    if (created === 'created') return { outcome: created, user: { ...user, username } }
    if (created === 'conflict') throw new Conflict('another call has created the user')
    if (created === 'email_taken') return { outcome: created }
  }
  throw new Conflict('every name that was tried is taken')
}

async function update(
  { storage, sessionCache, publish, clock }: Deps,
  user: UserRecord,
  { full_name, email, role }: ExternalUser,
): Promise<Followed> {
  const said = { full_name, email, role }
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  const patch = Object.fromEntries(given.filter(([key, value]) => value !== user[key as keyof typeof said]))
  if (Object.keys(patch).length === 0) return { outcome: 'unchanged', user }
  const updated_at = clock().toISOString()
  const expected = { deleted: false, external_id: user.external_id }
  const updated = await storage.users.update(user.id, { ...patch, updated_at }, expected)
  if (updated === 'email_taken' || updated === 'last_admin') return { outcome: updated }
  if (typeof updated === 'string') throw new Conflict('the user was changed meanwhile')
  sessionCache.forgetUser(user.id)
  publish('user.updated', { user: toPublicUser(updated) }, { user_ids: await profileAudience(storage, user.id) })
  return { outcome: 'updated', user: updated }
}

/** A username made of an id of any form. */
function nameFrom(external_id: string): string {
  const plain = external_id.replaceAll(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 32)
  return plain.length >= 3 ? plain : `user-${plain}`
}
