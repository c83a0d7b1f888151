import type { Loaded, SentAt } from '../../../../domain/log/conversation-state.ts'
import type { ConversationDraft, ConversationEntry } from '../../../../domain/log/entry.ts'
import { allNeedsOf, sendKeyOf } from '../../../../domain/log/needs.ts'
import { below, memberKey, pinKey, sendKey } from '../rows/keys.ts'
import { toConversation, toInvite, toMember, toMessage, toPin } from '../rows/records.ts'
import type { ConversationRow, MemberRow } from '../rows/rows.ts'
import { BY_JOINING, type Tables } from '../rows/tables.ts'

/** One conversation of a flush, with what is to be replayed and decided on it. */
export interface Wanted {
  stream: string
  head: ConversationRow | null
  subjects: readonly (ConversationDraft | ConversationEntry)[]
}

/** Loads for all conversations of a flush together what their entries and drafts need. `files`: those that are held for them. */
export async function loadConversations(
  tables: Tables,
  wanted: readonly Wanted[],
  files: ReadonlySet<string>,
): Promise<Loaded[]> {
  const asked = wanted.map(keysOf)
  const [messages, sent, pins, members, invites, more] = await Promise.all([
    tables.messages.findIn(
      'id',
      asked.flatMap(each => each.message_ids),
    ),
    tables.messages.findIn(
      'send_key',
      asked.flatMap(each => [...each.send_keys.keys()]),
    ),
    tables.pins.findIds(asked.flatMap(each => each.pin_keys)),
    tables.members.findIds(asked.flatMap(each => each.member_keys)),
    tables.invites.findIds(asked.flatMap(each => each.invite_codes)),
    Promise.all(asked.map(each => manyMembers(tables, each))),
  ])
  const message_of = new Map(messages.map(row => [row.id, row]))
  const sent_of = new Map(sent.map(row => [row.send_key, row]))
  const pin_of = new Map(pins.map(row => [row._id, row]))
  const member_of = new Map(members.map(row => [row._id, row]))
  const invite_of = new Map(invites.map(row => [row._id, row]))
  return asked.map(({ stream, head, message_ids, send_keys, pin_keys, member_keys, invite_codes }, index) => {
    const last_change = head?.last_change ?? 0
    const sends = new Map<string, SentAt>()
    for (const id of message_ids) {
      const row = message_of.get(id)
      if (row) sends.set(id, { seq: row.seq, change: row.text_changes[0] ?? 0 })
    }
    for (const [key, send] of send_keys) {
      const row = sent_of.get(key)
      if (row) sends.set(send, { seq: row.seq, change: row.text_changes[0] ?? 0 })
    }
    return {
      stream,
      conversation: head && !head.purged ? toConversation(head) : null,
      last_change,
      messages: message_ids.flatMap(id => message_of.get(id) ?? []).map(toMessage),
      pins: pin_keys.flatMap(key => pin_of.get(key) ?? []).flatMap(row => (row.present ? [toPin(row)] : [])),
      members: [...(more[index] ?? []), ...member_keys.flatMap(key => member_of.get(key) ?? [])]
        .filter(row => wasMember(row, last_change))
        .map(row => toMember(row, head)),
      invites: invite_codes.flatMap(code => invite_of.get(code) ?? []).map(toInvite),
      sends,
      files,
      // A pair is claimed before its conversation is appended (log.ts).
      direct_id: null,
    }
  })
}

function keysOf({ stream, head, subjects }: Wanted) {
  const needs = allNeedsOf(subjects)
  const named = needs.sends.filter(send => send.client_id !== null)
  const nameless = needs.sends.filter(send => send.client_id === null)
  return {
    stream,
    head,
    message_ids: [...new Set([...needs.message_ids, ...nameless.map(({ id }) => id)])],
    send_keys: new Map(named.map(send => [sendKey(stream, send), sendKeyOf(send)])),
    pin_keys: needs.pinned_ids.map(id => pinKey(stream, id)),
    member_keys: needs.user_ids === 'all' ? [] : needs.user_ids.map(user_id => memberKey(stream, user_id)),
    invite_codes: needs.invite_codes,
    all: needs.user_ids === 'all',
    first_members: needs.first_members,
  }
}

async function manyMembers(
  tables: Tables,
  { stream, all, first_members }: { stream: string; all: boolean; first_members: number },
): Promise<MemberRow[]> {
  if (all) return tables.members.find({ _id: below(stream) }, { sort: { _id: 1 } })
  if (first_members === 0) return []
  const filter = { conversation_id: { $eq: stream }, present: { $eq: true } }
  return tables.members.find(filter, { sort: BY_JOINING, limit: first_members })
}

/** Whether the user was a member at `change`, of which the row may be ahead. */
function wasMember({ present, joined_change, change }: MemberRow, at: number): boolean {
  return joined_change <= at && (present || change > at)
}
