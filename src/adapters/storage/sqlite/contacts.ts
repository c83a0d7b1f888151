import type { ContactRecord } from '../../../domain/records.ts'
import type { ContactFilter, Contacts } from '../../../ports/contacts.ts'
import { range, type Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { SHOWS_PROFILE } from './migrations/contacts.ts'

/** Entries rewritten in one transaction, so that sends do not wait long. */
const REPLACED_AT_ONCE = 200

/** The rows of contacts, inside a transaction. */
export interface ContactRows {
  find(user_id: string, contact_id: string): ContactRecord | null
  /** Removes the row if both times are null. */
  put(contact: ContactRecord): void
}

interface ContactRow extends Omit<ContactRecord, 'receipts'> {
  /** JSON. */
  receipts: string | null
}
const CONTACT = 'user_id, contact_id, added_at, blocked_at, receipts'

function toContact({ receipts, ...row }: ContactRow): ContactRecord {
  return { ...row, receipts: receipts === null ? null : (JSON.parse(receipts) as ContactRecord['receipts']) }
}

export function openContactRows(db: Db): ContactRows {
  const one = db.read<ContactRow>(`SELECT ${CONTACT} FROM contacts WHERE user_id = ? AND contact_id = ?`)
  const put = db.write(`INSERT OR REPLACE INTO contacts (${CONTACT}) VALUES (?, ?, ?, ?, ?)`)
  const remove = db.write('DELETE FROM contacts WHERE user_id = ? AND contact_id = ?')
  return {
    find(user_id, contact_id) {
      const row = one.get(user_id, contact_id)
      return row && toContact(row)
    },
    put({ user_id, contact_id, added_at, blocked_at, receipts }) {
      if (added_at === null && blocked_at === null) remove(user_id, contact_id)
      else put(user_id, contact_id, added_at, blocked_at, receipts && JSON.stringify(receipts))
    },
  }
}

export function openContacts(db: Db, commits: GroupCommit, rows: ContactRows): Contacts {
  const listed = (where: string, edge: string, direction: string) =>
    db.read<ContactRow>(
      `SELECT ${CONTACT} FROM contacts WHERE user_id = ? AND ${where} AND contact_id ${edge}
       ORDER BY contact_id ${direction} LIMIT ?`,
    )
  const both = (where: string) => ({
    forward: listed(where, '>= ? AND contact_id < ?', 'ASC'),
    backward: listed(where, '<= ? AND contact_id > ?', 'DESC'),
  })
  const reads: Record<ContactFilter, ReturnType<typeof both>> = {
    all: both('1 = 1'),
    added: both('added_at IS NOT NULL'),
    blocked: both('blocked_at IS NOT NULL'),
    unblocked: both('added_at IS NOT NULL AND blocked_at IS NULL'),
  }
  const replaceProfiles = db.write(
    `UPDATE log SET data = json_set(data, '$.user', json(?1)) WHERE (stream, change) IN (
       SELECT stream, change FROM log WHERE ${SHOWS_PROFILE} AND json_extract(data, '$.contact_id') = ?2
       AND json_extract(data, '$.user') <> json(?1) LIMIT ${REPLACED_AT_ONCE})`,
  )
  const owners = db.read<{ user_id: string }>('SELECT user_id FROM contacts WHERE contact_id = ? LIMIT ?')
  const block = db.read('SELECT 1 FROM contacts WHERE user_id = ? AND contact_id = ? AND blocked_at IS NOT NULL')
  const blocks = (user_id: string, other_id: string) => block.get(user_id, other_id) !== null

  return {
    async find(user_id, contact_id) {
      return rows.find(user_id, contact_id)
    },
    async list(user_id, filter, page) {
      const { forward, backward } = reads[filter]
      return (page.ascending ? forward : backward).all(user_id, ...range(page), page.limit).map(toContact)
    },
    async ownersOf(contact_id, limit) {
      return owners.all(contact_id, limit).map(({ user_id }) => user_id)
    },
    async relations(user_id, other_ids) {
      const relations = other_ids.map(other_id => {
        const relation = { blocked_by_me: blocks(user_id, other_id), blocks_me: blocks(other_id, user_id) }
        return [other_id, relation] as const
      })
      return new Map(relations.filter(([, { blocked_by_me, blocks_me }]) => blocked_by_me || blocks_me))
    },
    async anonymise(profile) {
      const json = JSON.stringify(profile)
      while ((await commits.submit(() => replaceProfiles(json, profile.id))) > 0);
    },
  }
}
