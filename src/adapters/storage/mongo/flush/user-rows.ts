import type { UserDraft } from '../../../../domain/log/entry.ts'
import { writeUserRow, type UserRowChange, type UserRowWriters } from '../../../../domain/log/user-rows.ts'
import { userNeedsOf, type Beyond, type UserRowsBefore, type UserState } from '../../../../domain/log/user-stream.ts'
import type { ContactRecord, PreferencesRecord } from '../../../../domain/records.ts'
import { contactKey, memberKey } from '../rows/keys.ts'
import { fromContact, toConversation } from '../rows/records.ts'
import type { ContactRow, PreferencesRow } from '../rows/rows.ts'
import type { GuardedUpdate } from '../rows/table.ts'
import type { Tables } from '../rows/tables.ts'
import { mentionUpdates } from '../rows/unread.ts'
import type { LoadedUser, MarkedMember, OwnEntry, Versioned } from './user-load.ts'

/** What a draft of the user stream is decided on. */
export function stateOf(draft: UserDraft, user_id: string, loaded: LoadedUser, beyond: Beyond | null): UserState {
  const { conversation_id, contact_id } = userNeedsOf(draft)
  const other = {
    contact: (contact_id === null ? null : loaded.contacts.get(contact_id)?.record) ?? null,
    preferences: loaded.preferences?.record ?? null,
  }
  const row = conversation_id === null ? undefined : loaded.conversations.get(conversation_id)
  const member = row && loaded.members.get(memberKey(row._id, user_id))?.record
  if (!member || row.purged) return { membership: null, ...other }
  return { membership: { conversation: toConversation(row), member, beyond }, ...other }
}

/** The rows that an entry is about. */
export function rowsBefore(entry: OwnEntry, loaded: LoadedUser): UserRowsBefore {
  const { contact_id } = userNeedsOf(entry)
  const contact = contact_id === null ? null : (loaded.contacts.get(contact_id)?.record ?? null)
  return { member: knownMember(entry, loaded)?.record ?? null, contact }
}

/** Whether the row that the entry changes is older than it, and still the one that it was decided on. */
export function isOpen(entry: OwnEntry, loaded: LoadedUser): boolean {
  const { contact_id, preferences } = userNeedsOf(entry)
  if (preferences) return (loaded.preferences?.user_change ?? 0) < entry.change
  if (contact_id !== null) return (loaded.contacts.get(contact_id)?.user_change ?? 0) < entry.change
  const known = knownMember(entry, loaded)
  return known !== undefined && known.user_change < entry.change && known.record.joined_change === entry.joined_change
}

function knownMember(entry: OwnEntry, { members }: LoadedUser): MarkedMember | undefined {
  const { conversation_id } = userNeedsOf(entry)
  return conversation_id === null ? undefined : members.get(memberKey(conversation_id, entry.stream))
}

/** Changes the row in memory, to be written when the flush projects. */
export function remember(loaded: LoadedUser, row: UserRowChange, user_change: number): void {
  writeUserRow(IN_MEMORY, row, { loaded, user_change })
}

const IN_MEMORY: UserRowWriters<{ loaded: LoadedUser; user_change: number }> = {
  membership({ put, marked }, { loaded: { members }, user_change }) {
    const key = memberKey(put.conversation_id, put.user_id)
    const before = members.get(key)?.marked
    const after = marked ? { back: before?.back === true || marked.back } : before
    members.set(key, { record: put, user_change, touched: true, ...(after ? { marked: after } : {}) })
  },
  contact: ({ put }, { loaded, user_change }) =>
    void loaded.contacts.set(put.contact_id, { record: put, user_change, touched: true }),
  preferences({ put }, { loaded, user_change }) {
    loaded.preferences = { record: put, user_change, touched: true }
  },
}

/** Writes the rows that were changed in memory; `at` is the time of a removal. Idempotent by the change of the user stream. */
export async function writeUserRows(tables: Tables, loaded: readonly LoadedUser[], at: string): Promise<void> {
  const members = loaded.flatMap(each => [...each.members].filter(([, { touched }]) => touched))
  const contacts = loaded.flatMap(each => [...each.contacts.values()].filter(({ touched }) => touched))
  const preferences = loaded.flatMap(each => (each.preferences?.touched ? each.preferences : []))
  await Promise.all([
    tables.members.update(members.map(([id, member]) => memberUpdate(id, member))),
    tables.mentions.updateMany(
      members.flatMap(([, { record, user_change, marked }]) => {
        const { conversation_id, user_id, read_seq: seq } = record
        return marked ? mentionUpdates({ conversation_id, user_id, seq, set_back: marked.back }, user_change) : []
      }),
    ),
    tables.contacts.update(contacts.flatMap(contact => contactUpdate(contact, at) ?? [])),
    tables.preferences.update(preferences.flatMap(each => preferencesUpdate(each) ?? [])),
  ])
}

function memberUpdate(id: string, { record, user_change }: MarkedMember) {
  const { joined_change, read_seq, read_at_seq, read_countable, own_unread, receipt_seq, receipt_at } = record
  const { muted_until, pinned, archived, notify } = record
  const read = { read_seq, read_at_seq, read_countable, own_unread, receipt_seq, receipt_at }
  // Of this very membership: a new one after leaving begins with markers and settings of its own.
  const guard = {
    present: { $eq: true },
    joined_change: { $eq: joined_change },
    user_change: { $lt: user_change },
  }
  return { id, guard, set: { ...read, muted_until, pinned, archived, notify, user_change } }
}

function preferencesUpdate({
  record,
  user_change,
}: Versioned<PreferencesRecord | null>): GuardedUpdate<PreferencesRow> | null {
  if (!record) return null
  const { user_id: id, quiet_hours, ...rest } = record
  const set = { ...rest, quiet_hours: JSON.stringify(quiet_hours), user_change }
  return { id, guard: { user_change: { $lt: user_change } }, set, upsert: true }
}

function contactUpdate(
  { record, user_change }: Versioned<ContactRecord | null>,
  at: string,
): GuardedUpdate<ContactRow> | null {
  if (!record) return null
  const removed = record.added_at === null && record.blocked_at === null
  return {
    id: contactKey(record.user_id, record.contact_id),
    guard: { user_change: { $lt: user_change } },
    set: { ...fromContact(record), user_change, ...(removed ? { removed_at: at } : {}) },
    unset: removed ? [] : ['removed_at'],
    upsert: true,
  }
}
