import type { Entry, UserDraft } from '../../../../domain/log/entry.ts'
import type { UserStreamEvent } from '../../../../domain/log/rows.ts'
import type { Beyond } from '../../../../domain/log/user-stream.ts'
import type { MemberRecord } from '../../../../domain/records.ts'
import { marker, receiptSeq } from '../../../../domain/unread.ts'
import { memberKey, messageKey, sourceKey } from '../rows/keys.ts'
import { entriesOf, toConversation, toMember } from '../rows/records.ts'
import type { ConversationRow, LogRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import { countsBeyond, type Position } from '../rows/unread.ts'

export type UserAppend =
  | { kind: 'draft'; draft: UserDraft }
  /** `source` = `conversation:change`: it is appended once. */
  | { kind: 'delivery'; event: UserStreamEvent; source: string; at: string }
export type MarkerEntry = Entry<'read.updated'> | Entry<'membership.updated'>

/** What is loaded for: a job of a user stream. */
interface Asking {
  stream: string
  calls: readonly { input: UserAppend }[]
  tail: readonly LogRow[]
}

/** A member as the entries of a user stream make it. */
export interface MarkedMember {
  member: MemberRecord
  /** The change of the user stream that the row must be of. */
  user_change: number
  touched: boolean
  /** A marker was set; `back`: one was set back. */
  marked?: { back: boolean }
}

/** What the calls and the tail of one user stream are decided on. */
export interface LoadedUser {
  sources: Set<string>
  /** By `memberKey`; those who are members. */
  members: Map<string, MarkedMember>
  conversations: ReadonlyMap<string, ConversationRow>
  /** By the index of a call: what lies beyond the marker that it asks for. */
  beyond: Map<number, Beyond>
}

/** Loads for all user streams of a flush together what they need. */
export async function loadUserStreams(tables: Tables, jobs: readonly Asking[]): Promise<LoadedUser[]> {
  const asked = jobs.map(keysOf)
  const [sources, conversation_rows, messages] = await Promise.all([
    tables.sources.findIds(asked.flatMap(each => each.sources)),
    tables.conversations.findIds(asked.flatMap(each => [...each.conversation_ids])),
    tables.messages.findIds(
      asked.flatMap(each => each.reads.map(({ id, seq }) => messageKey(id, seq))),
      { projection: { countable: 1 } },
    ),
  ])
  const conversations = new Map(conversation_rows.map(row => [row._id, row]))
  const countable = new Map(messages.map(row => [row._id, row.countable]))
  // After the conversations: what has left their rows is in the member rows by then.
  const member_rows = await tables.members.findIds(
    asked.flatMap(({ stream, conversation_ids }) => [...conversation_ids].map(id => memberKey(id, stream))),
  )
  const known = new Set(sources.map(({ _id }) => _id))
  const members = new Map(member_rows.map(row => [row._id, row]))
  const loaded = asked.map(({ stream, conversation_ids, sources: keys }): LoadedUser => {
    const mine = new Map<string, MarkedMember>()
    for (const id of conversation_ids) {
      const row = members.get(memberKey(id, stream))
      if (!row?.present) continue
      const member = toMember(row, conversations.get(id) ?? null)
      mine.set(row._id, { member, user_change: row.user_change, touched: false })
    }
    return { sources: new Set(keys.filter(key => known.has(key))), members: mine, conversations, beyond: new Map() }
  })
  await loadBeyond(tables, asked, loaded, countable)
  return loaded
}

function keysOf({ stream, calls, tail }: Asking) {
  const conversation_ids = new Set<string>()
  const sources: string[] = []
  const reads: { call: number; id: string; seq: number; kind: 'read' | 'unread' }[] = []
  for (const [call, { input }] of calls.entries()) {
    if (input.kind === 'delivery') sources.push(sourceKey(stream, input.source))
    else {
      const { draft } = input
      conversation_ids.add(draft.conversation_id)
      if (draft.event !== 'read.updated') continue
      reads.push({ call, id: draft.conversation_id, seq: draft.seq, kind: draft.kind })
    }
  }
  for (const entry of tail.flatMap(row => markerEntriesOf(row))) conversation_ids.add(entry.data.conversation_id)
  return { stream, conversation_ids, sources, reads }
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
      const member = state?.members.get(memberKey(id, stream))?.member
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

/** The entries of a row that are about a membership, with the one they were decided on. */
export function markerEntriesOf(row: LogRow): (MarkerEntry & { joined_change: number | undefined })[] {
  return entriesOf<MarkerEntry>(row).flatMap((entry, index) => {
    const joined_change = row.entries[index]?.joined_change
    return joined_change === undefined ? [] : [{ ...entry, joined_change }]
  })
}
