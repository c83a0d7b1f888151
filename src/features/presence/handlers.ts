import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { seesProfile } from '../users/visibility.ts'

export const presence: Handlers<Contract['presence']> = {
  async 'set-status'(context, { user_id, presence: chosen, text, emoji, expires_at }) {
    const { caller, storage, presence, clock, fail } = context
    if (user_id !== caller.id) {
      const user = await storage.users.find(user_id)
      return fail(user && (await seesProfile(storage, caller.user, user_id)) ? 'forbidden' : 'not_found')
    }
    const now = clock().toISOString()
    if (expires_at && expires_at <= now)
      return fail('validation_failed', { errors: [{ path: 'expires_at', message: 'has passed' }] })
    const patch = {
      ...(chosen === undefined ? {} : { presence: chosen === 'online' ? null : chosen }),
      ...(text === undefined ? {} : { text }),
      ...(emoji === undefined ? {} : { emoji }),
      ...(expires_at === undefined ? {} : { expires_at }),
    }
    if (Object.keys(patch).length > 0) {
      await storage.statuses.save(caller.id, patch, now)
      // Asked afterwards, so that a deletion of the account is either seen here or removes the status after this.
      if ((await storage.users.find(caller.id))?.deleted) await storage.statuses.remove(caller.id)
    }
    presence.changed(caller.id)
    const [status] = await presence.statuses(caller.id, [caller.id])
    return status ?? fail('not_found')
  },

  async status(context, { user_id }) {
    const { caller, storage, presence, fail } = context
    const user = await storage.users.find(user_id)
    if (!user || !(await seesProfile(storage, caller.user, user_id))) return fail('not_found')
    const [status] = await presence.statuses(caller.id, [user_id])
    return status ?? fail('not_found')
  },

  async list({ caller, presence }, { ids }) {
    return { data: await presence.statuses(caller.id, ids) }
  },

  async subscribe({ caller, presence, socket }, { user_ids }) {
    return { data: await presence.subscribe(socket, caller.id, user_ids) }
  },
}
