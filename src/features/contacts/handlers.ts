import type { Contact } from '../../../contracts/entities.ts'
import { reply } from '../../../contracts/kit.ts'
import type { Contract } from '../../../contracts/index.ts'
import type { Context, Handlers } from '../../context.ts'
import { findable } from '../../domain/blocking.ts'
import type { ContactRecord, UserRecord } from '../../domain/records.ts'
import { toPublicUser } from '../../domain/users.ts'
import type { Storage } from '../../ports/storage.ts'
import { list } from './list.ts'
import { receiptsBetween } from './receipts.ts'

export const contacts: Handlers<Contract['contacts']> = {
  async add(context, { user_id, username }) {
    const { caller, storage, commitToUser, fail } = context
    const given = username === undefined ? null : await storage.users.findByLogin({ username })
    const id = user_id ?? given?.id
    if (id === caller.id) return refuseSelf(context, username === undefined ? 'user_id' : 'username')
    const user = given ?? (id === undefined ? null : await storage.users.find(id))
    if (!user) return fail('not_found')
    const relation = (await storage.contacts.relations(caller.id, [user.id])).get(user.id)
    if (!findable(caller.user, user, relation)) return fail('not_found')
    const committed = await commitToUser({ event: 'contact.added', user: toPublicUser(user) })
    if (committed.outcome === 'refused') return fail('not_found')
    await forgetDeleted(storage, user)
    return reply(committed.outcome === 'committed' ? 201 : 200, shown(user, committed.row))
  },

  list,

  async remove(context, { contact_id }) {
    const user = await other(context, contact_id)
    await context.commitToUser({ event: 'contact.removed', user: toPublicUser(user) })
    await forgetDeleted(context.storage, user)
    return null
  },

  block: (context, { contact_id }) => setBlocked(context, contact_id, true),
  unblock: (context, { contact_id }) => setBlocked(context, contact_id, false),
}

/** What the handlers of one contact use; unblocking has the same errors and events. */
type Deps = Pick<Context<Contract['contacts']['block']>, 'caller' | 'storage' | 'fail' | 'commitToUser'>

async function setBlocked(deps: Deps, contact_id: string, blocked: boolean): Promise<Contact> {
  const { caller, storage, commitToUser } = deps
  const user = await other(deps, contact_id)
  const receipts = blocked ? await receiptsBetween(storage, caller.id, contact_id) : null
  const committed = await commitToUser({ event: 'contact.updated', user: toPublicUser(user), blocked, receipts })
  await forgetDeleted(storage, user)
  return committed.outcome === 'refused' ? deps.fail('not_found') : shown(user, committed.row)
}

/** Takes the profile out of the log again if the account was deleted while the entry with it was appended. */
async function forgetDeleted(storage: Pick<Storage, 'contacts' | 'users'>, user: UserRecord): Promise<void> {
  if (user.deleted) return
  const now = await storage.users.find(user.id)
  if (now?.deleted) await storage.contacts.anonymise(toPublicUser(now))
}

/** Any other user, also a disabled or deleted one, and one who has blocked the caller. */
async function other(deps: Omit<Deps, 'commitToUser'>, contact_id: string): Promise<UserRecord> {
  if (contact_id === deps.caller.id) return refuseSelf(deps, 'contact_id')
  return (await deps.storage.users.find(contact_id)) ?? deps.fail('not_found')
}

function refuseSelf({ fail }: Pick<Deps, 'fail'>, path: string): never {
  return fail('validation_failed', { errors: [{ path, message: 'is your own' }] })
}

function shown(user: UserRecord, { contact_id, added_at, blocked_at }: ContactRecord): Contact {
  return { contact_id, user: toPublicUser(user), added_at, blocked_at }
}
