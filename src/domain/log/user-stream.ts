import type { ConversationRecord, MemberRecord } from '../records.ts'
import { marker, receiptSeq, type Counts } from '../unread.ts'
import type { DraftOf, Entry, Settings, UserDraft } from './entry.ts'

/** The counts beyond the marker that a draft asks for, as of the conversation's `last_change`. */
export interface Beyond extends Counts {
  /** The conversation's `countable` up to the marker: that of the message there, 0 before the first one. */
  countable: number
  /** The user's own messages beyond it that are not deleted, those of an earlier membership too. */
  own_unread: number
}

/** The marker that a draft asks for; null if the member's marker is there already. */
export function markerAfter(draft: DraftOf<'read.updated'>, member: MemberRecord): number | null {
  const now = marker(member)
  if (draft.kind === 'read' ? draft.seq <= now : draft.seq === now) return null
  return draft.seq
}

/**
 * Turns a draft into the entry of a user stream; null: it would change nothing. `beyond` belongs to the marker that the draft
 * asks for (`markerAfter`); null if it asks for none.
 */
export function decideUserDraft(
  draft: UserDraft,
  { conversation, member, beyond }: { conversation: ConversationRecord; member: MemberRecord; beyond: Beyond | null },
  place: { stream: string; change: number; at: string },
): Entry<'read.updated'> | Entry<'membership.updated'> | null {
  const base = { ...place, seq: null }
  if (draft.event === 'membership.updated') {
    const before = settingsOf(member)
    const after = { ...before, ...draft.patch }
    if (Bun.deepEquals(before, after)) return null
    return { ...base, event: draft.event, data: { conversation_id: conversation.id, ...after }, hidden: null }
  }
  const last_read_seq = markerAfter(draft, member)
  if (last_read_seq === null || beyond === null) return null
  const { unread_count, mention_count, countable, own_unread } = beyond
  const { id: conversation_id, last_seq: at_seq, last_change: at_change } = conversation
  return {
    ...base,
    event: draft.event,
    data: { conversation_id, last_read_seq, at_seq, at_change, unread_count, mention_count },
    hidden: { receipt: draft.kind === 'read', countable, own_unread },
  }
}

/** The member after an entry of its user stream. Applying it twice gives the same. */
export function projectUserEntry(
  entry: Entry<'read.updated'> | Entry<'membership.updated'>,
  member: MemberRecord,
): MemberRecord {
  if (isRead(entry)) {
    const { last_read_seq, at_seq } = entry.data
    const { countable = member.read_countable, own_unread = member.own_unread } = entry.hidden ?? {}
    const moved = { ...member, read_seq: last_read_seq, read_at_seq: at_seq, read_countable: countable, own_unread }
    if (!entry.hidden?.receipt || last_read_seq <= receiptSeq(member)) return moved
    return { ...moved, receipt_seq: last_read_seq, receipt_at: entry.at }
  }
  const { muted_until, pinned, archived, notify } = entry.data
  return { ...member, muted_until, pinned, archived, notify }
}

function isRead(entry: Entry<'read.updated'> | Entry<'membership.updated'>): entry is Entry<'read.updated'> {
  return entry.event === 'read.updated'
}

export function settingsOf({ muted_until, pinned, archived, notify }: MemberRecord): Settings {
  return { muted_until, pinned, archived, notify }
}
