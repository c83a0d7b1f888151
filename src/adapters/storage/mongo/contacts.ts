import type { Filter } from 'mongodb'
import type { Contact } from '../../../../contracts/entities.ts'
import type { Relation } from '../../../domain/blocking.ts'
import type { ContactRecord } from '../../../domain/records.ts'
import type { ContactFilter, Contacts } from '../../../ports/contacts.ts'
import type { Page } from '../../../ports/storage.ts'
import { idPage } from './conversations.ts'
import { below, contactKey } from './rows/keys.ts'
import { toContact } from './rows/records.ts'
import type { Blanked } from './rows/log-table.ts'
import type { ContactRow, LogLine } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** Entries rewritten side by side. */
const REPLACED_AT_ONCE = 50

const STATES: Readonly<Record<ContactFilter, Filter<ContactRow>>> = {
  all: { $or: [{ added_at: { $ne: null } }, { blocked_at: { $ne: null } }] },
  added: { added_at: { $ne: null } },
  blocked: { blocked_at: { $ne: null } },
  unblocked: { added_at: { $ne: null }, blocked_at: { $eq: null } },
}

/**
 * An append is acknowledged after its row is written, and a row is written after its entry is durable. So each read shows every
 * acknowledged append, and no row that will not be.
 */
export class MongoContacts implements Contacts {
  readonly #tables: Pick<Tables, 'contacts' | 'log' | 'profiles'>
  constructor(tables: Pick<Tables, 'contacts' | 'log' | 'profiles'>) {
    this.#tables = tables
  }

  async find(user_id: string, contact_id: string): Promise<ContactRecord | null> {
    const row = await this.#tables.contacts.findId(contactKey(user_id, contact_id))
    return row && toContact(row)
  }

  async list(user_id: string, filter: ContactFilter, page: Page): Promise<ContactRecord[]> {
    const range = { ...below(user_id), ...idPage(page, `${user_id}:`)._id }
    const sort = { _id: page.ascending ? 1 : -1 } as const
    const rows = await this.#tables.contacts.find({ ...STATES[filter], _id: range }, { sort, limit: page.limit })
    return rows.flatMap(row => toContact(row) ?? [])
  }

  async ownersOf(contact_id: string, limit: number): Promise<string[]> {
    const filter = { ...STATES.all, contact_id: { $eq: contact_id } }
    const rows = await this.#tables.contacts.find(filter, { limit, projection: { user_id: 1 } })
    return rows.map(({ user_id }) => user_id)
  }

  async relations(user_id: string, other_ids: readonly string[]): Promise<Map<string, Relation>> {
    const keys = other_ids.flatMap(other_id => [contactKey(user_id, other_id), contactKey(other_id, user_id)])
    const rows = keys.length > 0 ? await this.#tables.contacts.findIds(keys, { projection: { receipts: 0 } }) : []
    const relations = new Map<string, Relation>()
    for (const row of rows) {
      if (row.blocked_at === null) continue
      const mine = row.user_id === user_id
      const other_id = mine ? row.contact_id : row.user_id
      const before = relations.get(other_id) ?? { blocked_by_me: false, blocks_me: false }
      relations.set(other_id, { ...before, [mine ? 'blocked_by_me' : 'blocks_me']: true })
    }
    return relations
  }

  async anonymise(user: Contact['user']): Promise<void> {
    const { log, profiles } = this.#tables
    for await (const rows of profiles.pages(below(user.id), REPLACED_AT_ONCE)) {
      await Promise.all(
        rows.map(async ({ _id }) => {
          const [, user_id = '', change = ''] = _id.split(':')
          const row = await log.rowOf(user_id, Number.parseInt(change, 36))
          if (row) await log.rewrite([row], ({ entries }, index) => withProfile(entries[index], user))
        }),
      )
    }
  }
}

/** null: the entry does not show this user. */
function withProfile(entry: LogLine | undefined, user: Contact['user']): Blanked | null {
  if (!entry?.event.startsWith('contact.')) return null
  // Cast: what was written under an event's name is that event's data.
  const data = JSON.parse(entry.json) as Contact
  return data.contact_id === user.id ? { json: JSON.stringify({ ...data, user }) } : null
}
