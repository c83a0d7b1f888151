import type { ContactRecord, ConversationRecord, MemberRecord, PreferencesRecord } from '../records.ts'
import { DEFAULT_PREFERENCES } from '../preferences.ts'
import { marker, receiptSeq, type Counts } from '../unread.ts'
import type { DraftOf, Entry, Settings, UserDraft, UserEntry } from './entry.ts'
import type { UserRow, UserRowChange } from './user-rows.ts'

/** The counts beyond the marker that a draft asks for, as of the conversation's `last_change`. */
export interface Beyond extends Counts {
  /** The conversation's `countable` up to the marker: that of the message there, 0 before the first one. */
  countable: number
  /** The user's own messages beyond it that are not deleted, those of an earlier membership too. */
  own_unread: number
}

/** What must be loaded before a draft of a user stream can be decided. */
export interface UserState {
  /** The membership that the draft is about; null without one. */
  membership: {
    conversation: ConversationRecord
    member: MemberRecord
    /** Belongs to the marker that the draft asks for (`markerAfter`); null if it asks for none. */
    beyond: Beyond | null
  } | null
  /** The contact that the draft is about; null if there is no such row. */
  contact: ContactRecord | null
  /** Only for a draft about preferences; null if there is no row. */
  preferences: PreferencesRecord | null
}

export interface UserNeeds {
  conversation_id: string | null
  contact_id: string | null
  preferences: boolean
}

const NO_NEEDS: UserNeeds = { conversation_id: null, contact_id: null, preferences: false }

/** The rows that a draft or an entry is about. */
export function userNeedsOf(subject: UserDraft | UserEntry): UserNeeds {
  switch (subject.event) {
    case 'conversation.joined':
    case 'conversation.left':
      return NO_NEEDS
    case 'read.updated':
    case 'membership.updated': {
      const { conversation_id } = 'data' in subject ? subject.data : subject
      return { ...NO_NEEDS, conversation_id }
    }
    case 'contact.added':
    case 'contact.updated':
    case 'contact.removed': {
      const { user } = 'data' in subject ? subject.data : subject
      return { ...NO_NEEDS, contact_id: user.id }
    }
    case 'preferences.updated':
      return { ...NO_NEEDS, preferences: true }
  }
}

/** The marker that a draft asks for; null if the member's marker is there already. */
export function markerAfter(draft: DraftOf<'read.updated'>, member: MemberRecord): number | null {
  const now = marker(member)
  if (draft.kind === 'read' ? draft.seq <= now : draft.seq === now) return null
  return draft.seq
}

interface Place {
  stream: string
  change: number
  at: string
}

export type UserDecision =
  | { outcome: 'committed'; entry: UserEntry; row_change: UserRowChange }
  /** The draft would change nothing. `row` is as it is. */
  | { outcome: 'unchanged'; row: UserRow }
  | { outcome: 'refused'; code: 'not_found' }

/** Decides a draft: the entry of the user stream and the row that it changes. */
export function decideUserDraft(draft: UserDraft, state: UserState, place: Place): UserDecision {
  const row = rowOf(draft, state, place.stream)
  if (!row) return { outcome: 'refused', code: 'not_found' }
  const entry = entryOf(draft, state, place)
  const before = { member: state.membership?.member ?? null, contact: state.contact }
  const row_change = entry && projectUserEntry(entry, before)
  return entry && row_change ? { outcome: 'committed', entry, row_change } : { outcome: 'unchanged', row }
}

/** The row that the draft is about; null: there is none, and the draft cannot make one. */
function rowOf(draft: UserDraft, { membership, contact, preferences }: UserState, user_id: string): UserRow | null {
  switch (draft.event) {
    case 'read.updated':
    case 'membership.updated':
      return membership?.member ?? null
    case 'contact.added':
    case 'contact.updated':
    case 'contact.removed':
      return contact ?? noContact(user_id, draft.user.id)
    case 'preferences.updated':
      return preferences ?? noPreferences(user_id)
  }
}

function entryOf(draft: UserDraft, { membership, contact, preferences }: UserState, place: Place): UserEntry | null {
  const base = { ...place, seq: null, hidden: null }
  switch (draft.event) {
    case 'read.updated':
      return membership && readUpdated(draft, membership, place)
    case 'membership.updated': {
      if (!membership) return null
      const before = settingsOf(membership.member)
      const after = { ...before, ...draft.patch }
      if (Bun.deepEquals(before, after)) return null
      return { ...base, event: draft.event, data: { conversation_id: draft.conversation_id, ...after } }
    }
    case 'contact.added':
    case 'contact.updated':
    case 'contact.removed': {
      const { user } = draft
      const before = contact ?? noContact(place.stream, user.id)
      const { added_at, blocked_at } = contactAfter(draft, before, place.at)
      if (added_at === before.added_at && blocked_at === before.blocked_at) return null
      const hidden = draft.event === 'contact.updated' && draft.receipts ? { receipts: draft.receipts } : null
      return { ...base, event: draft.event, data: { contact_id: user.id, user, added_at, blocked_at }, hidden }
    }
    case 'preferences.updated': {
      const { user_id: _user_id, ...before } = preferences ?? noPreferences(place.stream)
      const data = { ...before, ...draft.patch }
      return Bun.deepEquals(before, data) ? null : { ...base, event: draft.event, data }
    }
  }
}

function readUpdated(
  draft: DraftOf<'read.updated'>,
  { conversation, member, beyond }: NonNullable<UserState['membership']>,
  place: Place,
): Entry<'read.updated'> | null {
  const last_read_seq = markerAfter(draft, member)
  if (last_read_seq === null || beyond === null) return null
  const { unread_count, mention_count, countable, own_unread } = beyond
  const { id: conversation_id, last_seq: at_seq, last_change: at_change } = conversation
  return {
    ...place,
    seq: null,
    event: draft.event,
    data: { conversation_id, last_read_seq, at_seq, at_change, unread_count, mention_count },
    hidden: { receipt: draft.kind === 'read', countable, own_unread },
  }
}

function contactAfter(
  draft: DraftOf<'contact.added' | 'contact.updated' | 'contact.removed'>,
  { added_at, blocked_at }: ContactRecord,
  at: string,
): Pick<ContactRecord, 'added_at' | 'blocked_at'> {
  switch (draft.event) {
    case 'contact.added':
      return { added_at: added_at ?? at, blocked_at }
    case 'contact.removed':
      return { added_at: null, blocked_at }
    case 'contact.updated':
      return { added_at, blocked_at: draft.blocked ? (blocked_at ?? at) : null }
  }
}

/** The rows that an entry is about, as they were before it. null: there is none, or the membership has ended. */
export interface UserRowsBefore {
  member: MemberRecord | null
  contact: ContactRecord | null
}

/** The row change that follows from an entry of a user stream; null: none. */
export function projectUserEntry(entry: UserEntry, { member, contact }: UserRowsBefore): UserRowChange | null {
  switch (entry.event) {
    case 'conversation.joined':
    case 'conversation.left':
      return null
    case 'read.updated':
      return member && { row: 'membership', put: withMarker(member, entry), marked: { back: !entry.hidden?.receipt } }
    case 'membership.updated': {
      const { muted_until, pinned, archived, notify } = entry.data
      return member && { row: 'membership', put: { ...member, muted_until, pinned, archived, notify }, marked: null }
    }
    case 'contact.added':
    case 'contact.updated':
    case 'contact.removed': {
      const { contact_id, added_at, blocked_at } = entry.data
      const receipts = (entry.event === 'contact.updated' ? entry.hidden?.receipts : contact?.receipts) ?? null
      return { row: 'contact', put: { user_id: entry.stream, contact_id, added_at, blocked_at, receipts } }
    }
    case 'preferences.updated':
      return { row: 'preferences', put: { user_id: entry.stream, ...entry.data } }
  }
}

function withMarker(member: MemberRecord, { data, hidden, at }: Entry<'read.updated'>): MemberRecord {
  const { last_read_seq, at_seq } = data
  const { countable = member.read_countable, own_unread = member.own_unread } = hidden ?? {}
  const moved = { ...member, read_seq: last_read_seq, read_at_seq: at_seq, read_countable: countable, own_unread }
  if (!hidden?.receipt || last_read_seq <= receiptSeq(member)) return moved
  return { ...moved, receipt_seq: last_read_seq, receipt_at: at }
}

function noContact(user_id: string, contact_id: string): ContactRecord {
  return { user_id, contact_id, added_at: null, blocked_at: null, receipts: null }
}

function noPreferences(user_id: string): PreferencesRecord {
  return { user_id, ...DEFAULT_PREFERENCES }
}

export function settingsOf({ muted_until, pinned, archived, notify }: MemberRecord): Settings {
  return { muted_until, pinned, archived, notify }
}
