import type { UserDraft, UserEntry } from '../../../../domain/log/entry.ts'
import type { UserStreamEvent } from '../../../../domain/log/rows.ts'
import { userNeedsOf, type Beyond, type UserNeeds } from '../../../../domain/log/user-stream.ts'
import type { ContactRecord, MemberRecord, PreferencesRecord } from '../../../../domain/records.ts'
import { marker, receiptSeq } from '../../../../domain/unread.ts'
import { contactKey, memberKey, messageKey, sourceKey } from '../rows/keys.ts'
import { entriesOf, toContact, toConversation, toMember, toPreferences } from '../rows/records.ts'
import type { ContactRow, ConversationRow, LogRow, PreferencesRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import { countsBeyond, type Position } from '../rows/unread.ts'

export type UserAppend =
  | { kind: 'draft'; draft: UserDraft }
  /** `source` = `conversation:change`: it is appended once. */
  | { kind: 'delivery'; event: UserStreamEvent; source: string; at: string }
/** An entry that changes a row, with the membership that it was decided on if it is about one. */
export type OwnEntry = UserEntry & { joined_change: number | undefined }

/** What is loaded for: a job of a user stream. */
interface Asking {
  stream: string
  calls: readonly { input: UserAppend }[]
  tail: readonly LogRow[]
}

/** A row as the entries of a user stream make it. */
export interface Versioned<T> {
  record: T
  /** The change of the user stream that the row must be of. */
  user_change: number
  touched: boolean
}
export interface MarkedMember extends Versioned<MemberRecord> {
  /** A marker was set; `back`: one was set back. */
  marked?: { back: boolean }
}

/** What the calls and the tail of one user stream are decided on. */
export interface LoadedUser {
  sources: Set<string>
  /** By `memberKey`; those who are members. */
  members: Map<string, MarkedMember>
  conversations: ReadonlyMap<string, ConversationRow>
  /** By contact id; null without a row. */
  contacts: Map<string, Versioned<ContactRecord | null>>
  /** null unless a call or the tail is about preferences. */
  preferences: Versioned<PreferencesRecord | null> | null
  /** By the index of a call: what lies beyond the marker that it asks for. */
  beyond: Map<number, Beyond>
}

/** Loads for all user streams of a flush together what they need. */
export async function loadUserStreams(tables: Tables, jobs: readonly Asking[]): Promise<LoadedUser[]> {
  const asked = jobs.map(keysOf)
  const [sources, conversation_rows, messages, contact_rows, preferences_rows] = await Promise.all([
    tables.sources.findIds(asked.flatMap(each => each.sources)),
    tables.conversations.findIds(asked.flatMap(each => [...each.conversation_ids])),
    tables.messages.findIds(
      asked.flatMap(each => each.reads.map(({ id, seq }) => messageKey(id, seq))),
      { projection: { countable: 1 } },
    ),
    tables.contacts.findIds(asked.flatMap(({ stream, contact_ids }) => contact_ids.map(id => contactKey(stream, id)))),
    tables.preferences.findIds(asked.flatMap(each => (each.preferences ? each.stream : []))),
  ])
  const conversations = new Map(conversation_rows.map(row => [row._id, row]))
  const countable = new Map(messages.map(row => [row._id, row.countable]))
  // After the conversations: what has left their rows is in the member rows by then.
  const member_rows = await tables.members.findIds(
    asked.flatMap(({ stream, conversation_ids }) => [...conversation_ids].map(id => memberKey(id, stream))),
  )
  const known = new Set(sources.map(({ _id }) => _id))
  const members = new Map(member_rows.map(row => [row._id, row]))
  const preferences_by_user = new Map(preferences_rows.map(row => [row._id, row]))
  const contact_by_key = new Map(contact_rows.map(row => [row._id, row]))
  const loaded = asked.map(
    ({ stream, conversation_ids, contact_ids, preferences: needed, sources: keys }): LoadedUser => {
      const mine = new Map<string, MarkedMember>()
      for (const id of conversation_ids) {
        const row = members.get(memberKey(id, stream))
        if (!row?.present) continue
        const record = toMember(row, conversations.get(id) ?? null)
        mine.set(row._id, { record, user_change: row.user_change, touched: false })
      }
      const contacts = new Map(
        contact_ids.map(id => [id, versionedContact(contact_by_key.get(contactKey(stream, id)))]),
      )
      const preferences = needed ? versionedPreferences(preferences_by_user.get(stream)) : null
      const present = new Set(keys.filter(key => known.has(key)))
      return { sources: present, members: mine, conversations, contacts, preferences, beyond: new Map() }
    },
  )
  await loadBeyond(tables, asked, loaded, countable)
  return loaded
}

function versionedContact(row: ContactRow | undefined): Versioned<ContactRecord | null> {
  return { record: row ? toContact(row) : null, user_change: row?.user_change ?? 0, touched: false }
}

function versionedPreferences(row: PreferencesRow | undefined): Versioned<PreferencesRecord | null> {
  return { record: row ? toPreferences(row) : null, user_change: row?.user_change ?? 0, touched: false }
}

function keysOf({ stream, calls, tail }: Asking) {
  const conversation_ids = new Set<string>()
  const contact_ids = new Set<string>()
  let preferences = false
  const sources: string[] = []
  const reads: { call: number; id: string; seq: number; kind: 'read' | 'unread' }[] = []
  const need = ({ conversation_id, contact_id, preferences: asked }: UserNeeds) => {
    preferences ||= asked
    if (conversation_id !== null) conversation_ids.add(conversation_id)
    if (contact_id !== null) contact_ids.add(contact_id)
  }
  for (const [call, { input }] of calls.entries()) {
    if (input.kind === 'delivery') sources.push(sourceKey(stream, input.source))
    else {
      const { draft } = input
      need(userNeedsOf(draft))
      if (draft.event !== 'read.updated') continue
      reads.push({ call, id: draft.conversation_id, seq: draft.seq, kind: draft.kind })
    }
  }
  for (const entry of tail.flatMap(row => ownEntriesOf(row))) need(userNeedsOf(entry))
  return { stream, conversation_ids, contact_ids: [...contact_ids], preferences, sources, reads }
}

/** What lies beyond each marker that may be set. */
async function loadBeyond(
  tables: Tables,
  asked: readonly ReturnType<typeof keysOf>[],
  loaded: readonly LoadedUser[],
  countable: ReadonlyMap<string, number>,
): Promise<void> {
  const found = asked.flatMap(({ stream, reads }, index) => {
    const state = loaded[index]
    return reads.flatMap(({ call, id, seq, kind }) => {
      const row = state?.conversations.get(id)
      const member = state?.members.get(memberKey(id, stream))?.record
      if (!state || !row || row.purged || !member || (kind === 'read' && seq <= marker(member))) return []
      const known = countable.get(messageKey(id, seq)) ?? 0
      // Own messages may lie beyond it if the user has read further, or does by another call of this flush.
      const furthest = Math.max(receiptSeq(member), ...reads.map(read => (read.id === id ? read.seq : 0)))
      const own_unread = furthest > seq ? 1 : 0
      const conversation = toConversation(row)
      const position: Position = { conversation, user_id: stream, marker: { seq, countable: known, own_unread } }
      return [{ beyond: state.beyond, call, position }]
    })
  })
  const counts = await countsBeyond(
    tables,
    found.map(({ position }) => position),
  )
  for (const [index, { beyond, call, position }] of found.entries()) {
    const counted = counts[index]
    const { countable: known } = position.marker
    if (counted) beyond.set(call, { ...counted.counts, countable: known, own_unread: counted.own_unread })
  }
}

/** The entries of a row that change rows; joined and left do not. */
export function ownEntriesOf(row: LogRow): OwnEntry[] {
  return entriesOf<UserEntry>(row).flatMap((entry, index) => {
    if (entry.event === 'conversation.joined' || entry.event === 'conversation.left') return []
    return [{ ...entry, joined_change: row.entries[index]?.joined_change }]
  })
}
