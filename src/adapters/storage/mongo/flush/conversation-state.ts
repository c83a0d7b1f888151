import { projection as project, type Projection } from '../../../../domain/log/projection.ts'
import type { ConversationEntry } from '../../../../domain/log/entry.ts'
import { needsOf, type Needs, type State } from '../../../../domain/log/state.ts'
import { toMember as toParticipant } from '../../../../domain/log/wire.ts'
import {
  pairOf,
  type ConversationRecord,
  type MemberRecord,
  type MessageRecord,
  type PinRecord,
} from '../../../../domain/records.ts'
import { sendKey } from '../rows/keys.ts'
import { toConversation, toMember, toMessage, toPin } from '../rows/records.ts'
import type { ConversationRow, MemberRow, MessageRow, PinRow } from '../rows/rows.ts'
import { RowWrites } from './row-writes.ts'

/** What was loaded for one conversation. Rows may be ahead of `row.last_change`, never behind it. */
export interface Loaded {
  row: ConversationRow | null
  messages: readonly MessageRow[]
  pins: readonly PinRow[]
  members: readonly MemberRow[]
  /** Keys of sends that are stored: `sendKey`, or the message's id where the client gave none. */
  keys: ReadonlyMap<string, { seq: number; change: number }>
}

/**
 * A conversation in memory while a flush works on it: the state that drafts are decided on, and the writes that its entries
 * ask for. Entries whose message is in the row already (somebody died after writing it) are not applied to it again.
 */
export class ConversationState {
  conversation: ConversationRecord | null
  last_change: number
  pair: string | null
  purged: boolean
  readonly keys: Map<string, { seq: number; change: number }>
  readonly messages: Map<string, MessageRecord>
  readonly pins: Map<string, PinRecord>
  readonly members: Map<string, MemberRecord>
  writes = new RowWrites()
  /** A purge is among the entries to apply: messages may be deleted_at_change already. */
  readonly #purging: boolean

  constructor(loaded: Loaded, purging: boolean) {
    const { row } = loaded
    this.conversation = row && !row.purged ? toConversation(row) : null
    this.last_change = row?.last_change ?? 0
    this.pair = row?.pair ?? null
    this.purged = row?.purged ?? false
    this.keys = new Map(loaded.keys)
    this.messages = new Map(loaded.messages.map(row => [row.id, toMessage(row)]))
    this.pins = new Map(loaded.pins.filter(pin => pin.present).map(pin => [pin.message_id, toPin(pin)]))
    const members = loaded.members.filter(member => wasMember(member, this.last_change))
    this.members = new Map(members.map(member => [member.user_id, toMember(member)]))
    this.#purging = purging
  }

  fork(): ConversationState {
    const copy = new ConversationState(
      { row: null, messages: [], pins: [], members: [], keys: this.keys },
      this.#purging,
    )
    copy.conversation = this.conversation
    copy.last_change = this.last_change
    copy.pair = this.pair
    copy.purged = this.purged
    for (const [id, message] of this.messages) copy.messages.set(id, message)
    for (const [id, pin] of this.pins) copy.pins.set(id, pin)
    for (const [id, member] of this.members) copy.members.set(id, member)
    copy.writes = this.writes.fork()
    return copy
  }

  view({ message_id, pin, user_ids, participants }: Needs): State {
    const all = () => [...this.members.values()]
    return {
      conversation: this.purged ? null : this.conversation,
      message: message_id === null ? null : (this.messages.get(message_id) ?? null),
      pin: pin && message_id !== null ? (this.pins.get(message_id) ?? null) : null,
      members: user_ids === 'all' ? all() : user_ids.flatMap(id => this.members.get(id) ?? []),
      participants: participants ? all().toSorted(byJoining).map(toParticipant) : [],
    }
  }

  apply(entry: ConversationEntry): void {
    const needs = needsOf(entry)
    this.last_change = entry.change
    if (this.#purging && this.conversation && needs.message_id !== null && !this.messages.has(needs.message_id)) {
      this.conversation = { ...this.conversation, last_change: entry.change }
      return
    }
    const projection = project(entry, this.view(needs))
    this.conversation = projection.conversation
    this.#message(projection, entry)
    this.#pin(projection, entry)
    this.#members(projection, entry)
    const { change, at } = entry
    for (const event of projection.own) this.writes.own.push({ event, change, at })
    if (entry.event === 'conversation.created' && entry.data.conversation.type === 'direct') {
      this.pair = pairOf(entry.data.member_ids)
    }
    if (projection.purged) this.#purge(change)
  }

  #message({ message, version, erased }: Projection, { change }: ConversationEntry): void {
    if (!message) return
    const known = this.messages.get(message.id)
    if (!known || known.change < change) {
      if (version) this.writes.versions.push(version)
      this.messages.set(message.id, message)
      if (known) this.writes.touched.add(message.id)
    }
    if (message.change === change && message.text_changes[0] === change) {
      this.writes.create(message)
      const key =
        message.client_id === null ? message.id : sendKey(message.conversation_id, message.sender_id, message.client_id)
      this.keys.set(key, { seq: message.seq, change })
    }
    if (erased) {
      this.writes.erase(message, change)
      this.pins.delete(message.id)
    }
  }

  #pin({ pinned, unpinned }: Projection, { change }: ConversationEntry): void {
    if (pinned) {
      this.pins.set(pinned.message_id, pinned)
      this.writes.pin(pinned, change)
    }
    if (unpinned !== undefined) {
      this.pins.delete(unpinned)
      this.writes.unpin(unpinned, change)
    }
  }

  #members({ joined, member_role, left, sent }: Projection, { change }: ConversationEntry): void {
    for (const member of joined ?? []) {
      this.members.set(member.user_id, member)
      this.writes.joins.set(member.user_id, member)
      this.writes.members.delete(member.user_id)
    }
    if (member_role) {
      const { user_id, role } = member_role
      const member = this.members.get(user_id)
      if (member) this.members.set(user_id, { ...member, role })
      this.writes.members.set(user_id, { role, present: true, change })
    }
    for (const user_id of left ?? []) this.#leave(user_id, change)
    if (sent) this.writes.sent.set(sent.user_id, { seq: sent.seq, change })
  }

  #leave(user_id: string, change: number): void {
    this.members.delete(user_id)
    this.writes.members.set(user_id, { present: false, change })
  }

  #purge(change: number): void {
    this.purged = true
    for (const user_id of this.members.keys()) this.#leave(user_id, change)
  }

  /** The conversation's row when all of it is written. */
  row(): ConversationRow | null {
    if (!this.conversation) return null
    const { id, ...record } = this.conversation
    return { _id: id, ...record, purged: this.purged, pair: this.pair }
  }
}

/** Whether the user was a member at `change`, of which the row may be ahead. */
function wasMember({ present, joined_change, change }: MemberRow, at: number): boolean {
  return joined_change <= at && (present || change > at)
}

export function byJoining(a: MemberRecord, b: MemberRecord): number {
  return a.joined_change - b.joined_change || (a.user_id < b.user_id ? -1 : 1)
}
