import { randomBytes } from 'node:crypto'
import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import { Conflict, type Context } from '../../context.ts'
import type { UserRecord } from '../../domain/records.ts'
import { toPublicUser } from '../../domain/users.ts'
import type { UserClaims } from '../../identity/user-tokens.ts'
import { profileAudience } from '../users/profile-audience.ts'
import { signIn } from './sign-in.ts'

type Exchange = Contract['auth']['exchange']

/** Names that are tried for a new user whose name is taken. */
const NAMES = 4

/** Signs in the user whom a token names, creating the user at first sight and following the claims after that. */
export async function exchange(context: Context<Exchange>, { token }: Input<Exchange>): Promise<Output<Exchange>> {
  const { storage, userTokens, clock, fail, client, logger } = context
  if (!userTokens) return fail('not_found', { detail: 'This server accepts no tokens of other systems' })
  const claims = await userTokens.verify(token, clock())
  if ('refused' in claims) {
    logger.info({ event: 'exchange.refused', address: client.address, reason: claims.refused }, 'sign-in refused')
    return fail('invalid_user_token', { detail: `The token is not accepted: ${claims.refused}` })
  }
  const known = await storage.users.findByExternalId(claims.external_id)
  if (known?.disabled) return fail('account_disabled')
  const user = known ? await follow(context, known, claims) : await create(context, claims)
  return signIn(context, user, { password_hash: user.password_hash }, client)
}

async function create(context: Context<Exchange>, claims: UserClaims): Promise<UserRecord> {
  const { storage, ids, clock, default_role, fail } = context
  const at = clock().toISOString()
  const user = {
    id: ids(),
    full_name: claims.full_name ?? null,
    avatar_file_id: null,
    email: claims.email ?? null,
    external_id: claims.external_id,
    role: claims.role ?? default_role,
    disabled: false,
    deleted: false,
    password_hash: null,
    created_at: at,
    updated_at: at,
  }
  const wanted = claims.username ?? nameFrom(claims.external_id)
  for (let attempt = 0; attempt < NAMES; attempt += 1) {
    const username = attempt === 0 ? wanted : `${wanted.slice(0, 23)}-${randomBytes(4).toString('hex')}`
    const created = await storage.users.create({ ...user, username })
    if (created === 'created') return { ...user, username }
    // The same user has signed in at the same time.
    if (created === 'conflict') throw new Conflict('another call has created the user')
    if (created === 'email_taken') return fail('email_taken', { detail: 'Another account has the address of `email`' })
  }
  throw new Conflict('every name that was tried is taken')
}

/** Changes what the claims say otherwise. A `username` is a wish at the first sign-in only: the user may have changed it. */
async function follow(
  { storage, sessionCache, publish, clock, fail }: Context<Exchange>,
  user: UserRecord,
  { full_name, email, role }: UserClaims,
): Promise<UserRecord> {
  const claimed = { full_name, email, role }
  const given = Object.entries(claimed).filter(([, value]) => value !== undefined)
  const patch = Object.fromEntries(given.filter(([key, value]) => value !== user[key as keyof typeof claimed]))
  if (Object.keys(patch).length === 0) return user
  const updated_at = clock().toISOString()
  const expected = { deleted: false, external_id: user.external_id }
  const updated = await storage.users.update(user.id, { ...patch, updated_at }, expected)
  if (updated === 'email_taken' || updated === 'last_admin') return fail(updated)
  if (typeof updated === 'string') throw new Conflict('the user was changed meanwhile')
  sessionCache.forgetUser(user.id)
  publish('user.updated', { user: toPublicUser(updated) }, { user_ids: await profileAudience(storage, user.id) })
  return updated
}

/** A username made of an id of any form. */
function nameFrom(external_id: string): string {
  const plain = external_id.replaceAll(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 32)
  return plain.length >= 3 ? plain : `user-${plain}`
}
