import type { ConversationDraft, ConversationEntry } from '../../../../domain/log/entry.ts'
import { needsOf, type Needs } from '../../../../domain/log/state.ts'
import { INLINE_PARTICIPANTS } from '../../../../../contracts/entities.ts'
import { below, memberKey, pinKey, sendKey } from '../rows/keys.ts'
import type { ConversationRow, MemberRow } from '../rows/rows.ts'
import { BY_JOINING, type Tables } from '../rows/tables.ts'
import type { Loaded } from './conversation-state.ts'

interface Asked {
  stream: string
  row: ConversationRow | null
  /** What is to be projected and decided. */
  subjects: readonly (ConversationDraft | ConversationEntry)[]
  drafts: readonly ConversationDraft[]
}

/** Loads for all conversations of a flush together what their entries and drafts need. */
export async function loadConversations(
  tables: Tables,
  wanted: readonly ReturnType<typeof wantedBy>[],
): Promise<Loaded[]> {
  const [messages, pins, members, sends, wide] = await Promise.all([
    tables.messages.findIn(
      'id',
      wanted.flatMap(each => each.message_ids),
    ),
    tables.pins.findIds(wanted.flatMap(each => each.pin_keys)),
    tables.members.findIds(wanted.flatMap(each => each.member_keys)),
    tables.sends.findIds(wanted.flatMap(each => each.send_keys)),
    Promise.all(wanted.map(each => membersOf(tables, each))),
  ])
  const message_of = new Map(messages.map(row => [row.id, row]))
  const pin_of = new Map(pins.map(row => [row._id, row]))
  const member_of = new Map(members.map(row => [row._id, row]))
  const send_of = new Map(sends.map(row => [row._id, row]))
  return wanted.map(({ row, message_ids, pin_keys, member_keys, send_keys }, index) => {
    const own = message_ids.flatMap(id => message_of.get(id) ?? [])
    const keys = new Map<string, { seq: number; change: number }>()
    for (const { id, seq, text_changes } of own) keys.set(id, { seq, change: text_changes[0] ?? 0 })
    for (const key of send_keys) {
      const send = send_of.get(key)
      if (send) keys.set(key, send)
    }
    return {
      row,
      messages: own,
      pins: pin_keys.flatMap(key => pin_of.get(key) ?? []),
      members: [...(wide[index] ?? []), ...member_keys.flatMap(key => member_of.get(key) ?? [])],
      keys,
    }
  })
}

/** The keys of what has to be loaded. Throws where an entry is none of a conversation's. */
export function wantedBy({ stream, row, subjects, drafts }: Asked) {
  const needs: Needs[] = subjects.map(needsOf)
  const user_ids = new Set(needs.flatMap(need => (need.user_ids === 'all' ? [] : need.user_ids)))
  const message_ids = new Set(needs.flatMap(need => need.message_id ?? []))
  const send_keys: string[] = []
  for (const draft of drafts) {
    if (draft.event !== 'message.created') continue
    const { id, sender_id, client_id } = draft.message
    if (client_id === null) message_ids.add(id)
    else send_keys.push(sendKey(stream, sender_id, client_id))
  }
  return {
    stream,
    row,
    message_ids: [...message_ids],
    pin_keys: needs.flatMap(need => (need.pin && need.message_id !== null ? pinKey(stream, need.message_id) : [])),
    member_keys: [...user_ids].map(user_id => memberKey(stream, user_id)),
    send_keys,
    all: needs.some(need => need.user_ids === 'all'),
    participants: needs.some(need => need.participants),
    named: user_ids.size,
  }
}

/** All members, or the first ones and as many more as this flush may remove before it shows them. */
async function membersOf(
  tables: Tables,
  { stream, all, participants, named }: { stream: string; all: boolean; participants: boolean; named: number },
): Promise<MemberRow[]> {
  if (all) return tables.members.find({ _id: below(stream) }, { sort: { _id: 1 } })
  if (!participants) return []
  const filter = { conversation_id: { $eq: stream }, present: { $eq: true } }
  return tables.members.find(filter, { sort: BY_JOINING, limit: INLINE_PARTICIPANTS + named })
}
