import type { Contract } from '../../../contracts/index.ts'
import { Conflict, type Context } from '../../context.ts'
import { DEFAULT_PREFERENCES } from '../../domain/preferences.ts'
import type { UserRecord } from '../../domain/records.ts'
import { kindsThat, type EndedKind } from '../../domain/retention.ts'
import { anonymised, toPublicUser } from '../../domain/users.ts'
import type { ExpectedUser } from '../../ports/storage.ts'
import { leaveDrafts } from '../groups/leave-drafts.ts'
import { profileAudience } from './profile-audience.ts'

type Deps = Context<Contract['users']['delete']>

/** Contacts and blocks of a deleted account that are removed side by side. */
const CONTACTS_AT_ONCE = 100
/** How often leaving a group is tried again after a conflict. */
const LEAVE_TRIES = 20

/**
 * Anonymises the account, ends its sessions, removes its contacts and blocks, and leaves every group: what `RETENTION` says of an account's deletion, in the
 * order of that table. Each step may be repeated: an ADMIN who repeats the call completes a deletion that was interrupted by a
 * crash or by conflicts. Throws `Conflict` if the user is not what `expected` says.
 */
export async function deleteAccount(
  context: Deps,
  user: UserRecord,
  expected: ExpectedUser,
): Promise<'deleted' | 'last_admin'> {
  for (const kind of kindsThat('account', 'anonymise', 'end'))
    if ((await STEPS[kind](context, user, expected)) === 'last_admin') return 'last_admin'
  return 'deleted'
}

type Step = (context: Deps, user: UserRecord, expected: ExpectedUser) => Promise<'done' | 'last_admin'>

/** A kind of row that an account's deletion ends and that has no step here does not compile. */
const STEPS: Record<EndedKind, Step> = {
  async user({ storage, publish, clock }, user, expected) {
    if (user.deleted) return 'done'
    const user_ids = await profileAudience(storage, user.id)
    const after = anonymised(user, clock().toISOString())
    const { id: _id, created_at: _created_at, ...patch } = after
    const updated = await storage.users.update(user.id, patch, expected)
    if (updated === 'last_admin') return updated
    if (updated === 'conflict') throw new Conflict('the account was changed meanwhile')
    publish('user.updated', { user: toPublicUser(after) }, { user_ids })
    return 'done'
  },

  async session({ storage, sessionCache, clock }, { id }) {
    sessionCache.forgetUser(id)
    sessionCache.ended(await storage.sessions.revokeAllOfUser(id, clock().toISOString()))
    return 'done'
  },

  async contact({ storage }, { id }) {
    for (;;) {
      const rows = await storage.contacts.list(id, 'all', { ascending: true, limit: CONTACTS_AT_ONCE })
      if (rows.length === 0) return 'done'
      const users = await storage.users.findMany(rows.map(({ contact_id }) => contact_id))
      await Promise.all(
        users.map(toPublicUser).map(async user => {
          await storage.log.appendToUser(id, { event: 'contact.removed', user })
          await storage.log.appendToUser(id, { event: 'contact.updated', user, blocked: false })
        }),
      )
    }
  },

  async preferences({ storage }, { id }) {
    await storage.log.appendToUser(id, { event: 'preferences.updated', patch: DEFAULT_PREFERENCES })
    return 'done'
  },

  async status({ storage, presence }, { id }) {
    await storage.statuses.remove(id)
    presence.changed(id)
    return 'done'
  },

  async 'api-key'({ storage }, { id }) {
    await storage.apiKeys.removeOfUser(id)
    return 'done'
  },

  async device({ storage }, { id }) {
    await storage.devices.remove(await storage.devices.ofUsers([id]))
    return 'done'
  },

  async invite({ storage, clock }, { id }) {
    await storage.invites.revokeAllOfUser(id, clock().toISOString())
    return 'done'
  },

  async file({ storage, clock }, { id }) {
    await storage.files.expireAll(id, clock().toISOString())
    return 'done'
  },

  async member(context, { id }) {
    const busy: Conflict[] = []
    for (const { conversation } of await context.storage.members.ofUser(id)) {
      if (conversation.type === 'direct') continue
      const conflict = await leave(context, conversation.id, id)
      if (conflict) busy.push(conflict)
    }
    if (busy[0]) throw busy[0]
    return 'done'
  },

  async 'user-stream'({ storage }, { id }) {
    const gone = await storage.users.find(id)
    if (gone) await storage.contacts.anonymise(toPublicUser(gone))
    return 'done'
  },
}

/** Each group on its own: one that changes all the time does not hold up the others. Returns the conflict if the user could not leave. */
async function leave({ storage, commit }: Deps, conversation_id: string, user_id: string): Promise<Conflict | null> {
  for (let tries = 1; ; tries += 1) {
    const [conversation, member] = await Promise.all([
      storage.conversations.find(conversation_id),
      storage.members.find(conversation_id, user_id),
    ])
    if (!conversation || !member) return null
    try {
      await commit({ conversation }, ...(await leaveDrafts(storage, member, user_id)))
      return null
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      if (tries === LEAVE_TRIES) return error
    }
  }
}
