import type { Filter } from 'mongodb'
import type { ConversationRecord } from '../../../../domain/records.ts'
import { deletedBeyond, unreadBeyond, type Counts, type Marker } from '../../../../domain/unread.ts'
import { mentionKey, messageKey } from './keys.ts'
import type { MentionRow, MessageRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** With more markers of one user, all open mentions of the user are read instead of a range for each marker. */
const MAX_RANGES = 100
/** Markers of one grouped count. */
const COUNTED_AT_ONCE = 1_000

/** A marker of a user in a conversation, of which the counts are asked. */
export interface Position {
  conversation: Pick<
    ConversationRecord,
    'id' | 'last_seq' | 'last_change' | 'countable' | 'tombstones' | 'tombstones_cut'
  >
  user_id: string
  /** `own_unread` > 0: there may be own messages beyond it, which are counted. */
  marker: Marker
}

/**
 * The counts beyond each marker and the own messages there, as of the conversations given: arithmetic on the given rows, and
 * one read of mentions. Markers that were set back before own messages, or before more deletions than a conversation's row
 * lists, are the only ones for which messages are counted, by one grouped query for all of them.
 */
export async function countsBeyond(
  tables: Tables,
  asked: readonly Position[],
): Promise<{ counts: Counts; own_unread: number }[]> {
  const unread = asked.filter(({ conversation, marker }) => marker.seq < conversation.last_seq)
  const own = unread.filter(({ marker }) => marker.own_unread > 0)
  const cut = unread.filter(({ conversation, marker }) => deletedBeyond(marker.seq, conversation) === null)
  const [mentions, own_unread, deleted] = await Promise.all([
    readMentions(tables, unread),
    countEach(tables, own, ({ user_id, conversation: { last_change } }) => ({
      sender_id: { $eq: user_id },
      // Deleted after the state for which counts are asked: not deleted in that state.
      $or: [{ deleted_at: { $eq: null } }, { change: { $gt: last_change } }],
    })),
    countEach(tables, cut, ({ conversation: { last_change } }) => ({
      deleted_at: { $ne: null },
      change: { $lte: last_change },
    })),
  ])
  return asked.map(position => {
    const { conversation, marker } = position
    const now = { ...marker, own_unread: own_unread.get(position) ?? 0 }
    const counted = (mentions.get(pairKey(position)) ?? []).filter(
      ({ seq, deleted_at_change }) =>
        seq > marker.seq && seq <= conversation.last_seq && deleted_at_change > conversation.last_change,
    )
    const unread_count = unreadBeyond(now, conversation, deleted.get(position))
    return { counts: { unread_count, mention_count: counted.length }, own_unread: now.own_unread }
  })
}

/** Mentions that may lie beyond the markers, by conversation and user. */
async function readMentions(tables: Tables, asked: readonly Position[]): Promise<Map<string, MentionRow[]>> {
  const by_pair = new Map<string, MentionRow[]>()
  for (const row of await openMentions(tables, asked)) {
    const key = pairKey({ conversation: { id: row.conversation_id }, user_id: row.user_id })
    const rows = by_pair.get(key)
    if (rows) rows.push(row)
    else by_pair.set(key, [row])
  }
  return by_pair
}

async function openMentions(tables: Tables, asked: readonly Position[]): Promise<MentionRow[]> {
  const [first] = asked
  if (!first) return []
  if (asked.length > MAX_RANGES && asked.every(({ user_id }) => user_id === first.user_id)) {
    return tables.mentions.find({ user_id: { $eq: first.user_id }, open: { $eq: true } }, { sort: { _id: 1 } })
  }
  const found = new Map<string, MentionRow>()
  for (let at = 0; at < asked.length; at += MAX_RANGES) {
    const $or = asked.slice(at, at + MAX_RANGES).map(({ conversation: { id, last_seq }, user_id, marker }) => ({
      _id: { $gt: mentionKey(id, user_id, marker.seq), $lte: mentionKey(id, user_id, last_seq) },
    }))
    const rows = await tables.mentions.find({ $or }, { sort: { _id: 1 } })
    for (const row of rows) found.set(row._id, row)
  }
  return [...found.values()]
}

/** Counts the messages beyond each marker that match, system messages apart. Usually one command. */
async function countEach(
  tables: Tables,
  asked: readonly Position[],
  matching: (position: Position) => Filter<MessageRow>,
): Promise<Map<Position, number>> {
  const counts = new Map<Position, number>()
  let rest = [...asked]
  while (rest.length > 0) {
    // Grouped by conversation, so each conversation once.
    const batch = new Map(rest.slice(0, COUNTED_AT_ONCE).map(position => [position.conversation.id, position]))
    rest = rest.filter(position => batch.get(position.conversation.id) !== position)
    const filters = [...batch.values()].map(position => {
      const { conversation, marker } = position
      const range = {
        $gt: messageKey(conversation.id, marker.seq),
        $lte: messageKey(conversation.id, conversation.last_seq),
      }
      return { _id: range, type: { $ne: 'system' }, ...matching(position) }
    })
    const found = await tables.messages.countBy('conversation_id', { $or: filters } as Filter<MessageRow>)
    for (const [id, position] of batch) counts.set(position, found.get(id) ?? 0)
  }
  return counts
}

function pairKey({ conversation, user_id }: { conversation: { id: string }; user_id: string }): string {
  return `${conversation.id}:${user_id}`
}

/** What a marker that was set leaves open: closes the mentions that it passes, opens all beyond it where it was set back. */
export function mentionUpdates(
  {
    conversation_id,
    user_id,
    seq,
    set_back,
  }: { conversation_id: string; user_id: string; seq: number; set_back: boolean },
  user_change: number,
): { filter: Filter<MentionRow>; set: Partial<MentionRow> }[] {
  const key = (at: number) => mentionKey(conversation_id, user_id, at)
  const older = { user_change: { $lt: user_change } }
  const passed = { _id: { $gte: key(0), $lte: key(seq) }, open: { $eq: true }, ...older }
  const beyond = { _id: { $gt: key(seq), $lt: `${conversation_id}:${user_id};` }, ...older }
  return [
    { filter: passed, set: { open: false, user_change } },
    // Those that are open, too: the late closing of an older marker must not reach them.
    ...(set_back ? [{ filter: beyond, set: { open: true, user_change } }] : []),
  ]
}
