import type { Contract } from '../../../contracts/index.ts'
import { Conflict, type Handlers } from '../../context.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { toPublicUser, toUser } from '../../domain/users.ts'
import { refuseCommon } from '../../identity/common-passwords.ts'
import { visiblePage } from '../visible-page.ts'
import { checkAvatar } from '../files/avatar.ts'
import { unreadTotals } from '../conversations/unread-totals.ts'
import { findableOf, seesProfile } from './visibility.ts'
import { profileAudience } from './profile-audience.ts'
import { deleteAccount } from './delete-account.ts'
import { exportPage } from './export.ts'
import { newUser } from './new-user.ts'
import { upsert } from './upsert.ts'

export const users: Handlers<Contract['users']> = {
  async me({ caller, storage, clock }) {
    const { user } = caller
    const unread = await unreadTotals(storage, user.id, clock())
    return { ...toUser(user, user), email: user.email ?? '', unread }
  },

  async list({ caller, storage, fail }, { q, role, disabled, external_id, sort, start, before, limit }) {
    const admin = caller.user.role === 'ADMIN'
    if ((disabled !== undefined || external_id !== undefined) && !admin) return fail('forbidden')
    if (external_id !== undefined) {
      const user = await storage.users.findByExternalId(external_id)
      const fits = user && (role ?? user.role) === user.role && (disabled ?? user.disabled) === user.disabled
      return toList(fits ? [toUser(user, caller.user)] : [], limit, ({ id }) => id)
    }
    const shown = admin ? disabled : false
    const filter = {
      ...(q === undefined ? {} : { q }),
      ...(role === undefined ? {} : { role }),
      ...(shown === undefined ? {} : { disabled: shown }),
    }
    const found = await visiblePage(
      pageFor({ sort, start, before, limit }),
      page => storage.users.list(filter, page),
      user => user.id,
      users => findableOf(storage, caller.user, users),
    )
    return toList(
      found.map(user => toUser(user, caller.user)),
      limit,
      user => user.id,
    )
  },

  async create(context, input) {
    const { caller, storage, default_role, fail } = context
    if (caller.key && input.role === 'ADMIN') return fail('forbidden')
    refuseCommon(fail, 'password', input.password)
    const user = await newUser(context, { ...input, role: input.role ?? default_role })
    const created = await storage.users.create(user)
    if (created !== 'created') return fail(created === 'conflict' ? 'external_id_taken' : created)
    return toUser(user, caller.user)
  },

  upsert,

  export: exportPage,

  async get({ caller, storage, fail }, { user_id }) {
    const user = await storage.users.find(user_id)
    return user && (await seesProfile(storage, caller.user, user_id)) ? toUser(user, caller.user) : fail('not_found')
  },

  async update(context, { user_id, ...fields }) {
    const { caller, storage, sessionCache, publish, clock, fail } = context
    const admin = caller.user.role === 'ADMIN'
    const before = await storage.users.find(user_id)
    if (!before || (before.deleted && !admin)) return fail('not_found')
    if (user_id !== caller.id && !admin) return fail('forbidden')
    const reserved = [fields.role, fields.disabled, fields.external_id]
    if (reserved.some(value => value !== undefined) && !admin) return fail('forbidden')
    // A key makes no ADMIN and changes none: a stolen one would enable, disable or rename them.
    if (before.deleted || (caller.key && [before.role, fields.role].includes('ADMIN'))) return fail('forbidden')
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    const patch = Object.fromEntries(given.filter(([key, value]) => value !== before[key as keyof typeof fields]))
    if (Object.keys(patch).length === 0) return toUser(before, caller.user)
    await checkAvatar(context, fields.avatar_file_id === before.avatar_file_id ? null : fields.avatar_file_id)
    const { external_id } = fields
    const holder = external_id ? await storage.users.findByExternalId(external_id) : null
    if (holder && holder.id !== user_id) return fail('external_id_taken')
    const at = clock().toISOString()
    const user = await storage.users.update(user_id, { ...patch, updated_at: at }, { deleted: false })
    if (user === 'conflict') throw new Conflict('the account was deleted, or the file of the avatar removed, meanwhile')
    if (typeof user === 'string') return fail(user)
    sessionCache.forgetUser(user_id)
    if (user.disabled) sessionCache.ended(await storage.sessions.revokeAllOfUser(user_id, at))
    publish('user.updated', { user: toPublicUser(user) }, { user_ids: await profileAudience(storage, user_id) })
    return toUser(user, caller.user)
  },

  async delete(context, { user_id, password }) {
    const { caller, storage, passwords, fail } = context
    const self = user_id === caller.id
    const user = await storage.users.find(user_id)
    if (!user) return fail('not_found')
    if (!self && caller.user.role !== 'ADMIN') return fail('forbidden')
    if (caller.key && user.role === 'ADMIN') return fail('forbidden')
    // Deleted already: this is the call that deletes it, run again because a group was left only half-way.
    // A user who signs in by tokens of another system has no password.
    if (self && !user.deleted && user.password_hash !== null) {
      if (password === undefined)
        return fail('validation_failed', { errors: [{ path: 'password', message: 'is needed' }] })
      if ((await passwords.verify(password, user.password_hash)) === 'wrong') return fail('invalid_credentials')
    }
    const { password_hash } = user
    const outcome = await deleteAccount(context, user, self ? { password_hash } : {})
    return outcome === 'last_admin' ? fail(outcome) : null
  },
}
