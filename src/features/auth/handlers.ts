import { randomBytes } from 'node:crypto'
import type { Contract } from '../../../contracts/index.ts'
import { pageFor, pageOf, toList } from '../../domain/paging.ts'
import { Conflict, type Handlers } from '../../context.ts'
import { refuseCommon } from '../../identity/common-passwords.ts'
import { TICKET_SECONDS, hashTicket } from '../../identity/tokens.ts'
import { newUser } from '../users/new-user.ts'
import { exchange } from './exchange.ts'
import { rotate } from './refresh.ts'
import { toSession } from './sessions.ts'
import { issueTokens, signIn } from './sign-in.ts'

export const auth: Handlers<Contract['auth']> = {
  async register(context, input) {
    const { storage, fail, client, default_role } = context
    refuseCommon(fail, 'password', input.password)
    const user = await newUser(context, { ...input, role: default_role })
    const created = await storage.users.create(user)
    if (created === 'conflict') throw new Conflict('another user has its external id')
    if (created !== 'created') return fail(created)
    return signIn(context, user, { password_hash: user.password_hash }, client)
  },

  async login(context, { username, email, password }) {
    const { storage, passwords, limits, fail, client, logger } = context
    const login = username === undefined ? { email: email ?? '' } : { username }
    const user = await storage.users.findByLogin(login)
    const password_hash = user?.password_hash ?? null
    const allowed = user === null || (await limits.account(user.id))
    const check = await passwords.verify(password, allowed ? password_hash : null)
    if (check === 'wrong' || !user || password_hash === null) {
      logger.info({ event: 'login.failed', address: client.address }, 'sign-in refused')
      return fail('invalid_credentials')
    }
    if (user.disabled) return fail('account_disabled')
    const rehashed = check === 'outdated' ? { new_hash: await passwords.hash(password) } : {}
    return signIn(context, user, { password_hash, ...rehashed }, client)
  },

  exchange,

  async 'refresh-token'(context, { refresh_token }) {
    const { storage, tokens, fail } = context
    const given = tokens.readRefresh(refresh_token ?? '')
    const rotated = given && (await rotate(context, given))
    const user = rotated && (await storage.users.find(rotated.session.user_id))
    if (!rotated || !user || user.deleted) return fail('invalid_refresh_token')
    if (user.disabled) return fail('account_disabled')
    return issueTokens(context, user, rotated.session.id, rotated.generation)
  },

  async logout({ caller, storage, sessionCache, clock }, { all }) {
    const at = clock().toISOString()
    const { session } = caller
    if (!all) {
      await storage.sessions.revoke(session.id, at)
      sessionCache.ended([session.id])
    } else if (session.revoked_at === null) sessionCache.ended(await storage.sessions.revokeAllOfUser(caller.id, at))
    return null
  },

  async sessions({ caller, storage, clock }, input) {
    const sessions = await storage.sessions.listOfUser(caller.id, clock().toISOString())
    const page = pageOf(sessions, ({ id }) => id, pageFor(input))
    const shown = page.map(session => toSession(session, caller.session.id))
    return toList(shown, input.limit, ({ id }) => id)
  },

  async 'revoke-session'({ caller, storage, sessionCache, clock, fail }, { session_id }) {
    const session = await storage.sessions.find(session_id)
    if (!session || session.user_id !== caller.id) return fail('not_found')
    await storage.sessions.revoke(session_id, clock().toISOString())
    sessionCache.ended([session_id])
    return null
  },

  async password({ caller, storage, passwords, sessionCache, clock, fail }, { current_password, new_password }) {
    refuseCommon(fail, 'new_password', new_password)
    // As stored now: that of the caller may be a second old.
    const password_hash = (await storage.users.find(caller.id))?.password_hash ?? null
    if ((await passwords.verify(current_password, password_hash)) === 'wrong') return fail('invalid_credentials')
    // `updated_at` stays: nothing of the profile changes.
    const patch = { password_hash: await passwords.hash(new_password) }
    const updated = await storage.users.update(caller.id, patch, { password_hash })
    if (updated === 'conflict') throw new Conflict('the password was changed meanwhile')
    sessionCache.forgetUser(caller.id)
    const at = clock().toISOString()
    sessionCache.ended(await storage.sessions.revokeAllOfUser(caller.id, at, caller.session.id))
    return null
  },

  async 'ws-ticket'({ caller, storage, clock }) {
    const ticket = randomBytes(24).toString('base64url')
    await storage.sessions.createTicket({
      hash: hashTicket(ticket),
      session_id: caller.session.id,
      expires_at: new Date(clock().getTime() + TICKET_SECONDS * 1000).toISOString(),
      token_expires_at: caller.token_expires_at,
    })
    return { ticket, expires_in: TICKET_SECONDS }
  },
}
