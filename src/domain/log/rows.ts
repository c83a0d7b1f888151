import type { MemberRole } from '../../../contracts/entities.ts'
import type { EventData } from '../../../contracts/events.ts'
import type { ConversationRecord, MemberRecord, MessageRecord, PinRecord, VersionRecord } from '../records.ts'
import type { ConversationEntry } from './entry.ts'

/** Every kind of row change that an entry of a conversation's log can ask for, with what it says. */
export interface RowChanges {
  /** The conversation after the entry. `pair` is set where the entry creates a direct conversation. */
  conversation: { put: ConversationRecord; created: boolean; purged: boolean; pair: string | null }
  /** A membership begins. */
  member: { put: MemberRecord }
  'member.role': { user_id: string; role: MemberRole }
  /** The member's `own_seq` and `own_countable` become at least these. */
  'member.sent': { user_id: string; seq: number; countable: number }
  /** A message of the user is deleted: it leaves the member's `own_unread`, if it is beyond the marker there. */
  'member.unsent': { user_id: string; seq: number }
  'member.left': { user_id: string }
  /** `before` is the message until now, null for a new one. */
  message: { put: MessageRecord; before: MessageRecord | null }
  /** A superseded text: kept before its message is replaced. */
  version: { put: VersionRecord }
  /** All superseded texts of a deleted message go. */
  'versions.erased': { message: MessageRecord }
  pin: { put: PinRecord }
  'pin.dropped': { message_id: string }
  /** The message mentions these users, each once and the sender not among them. It is beyond their markers. */
  mentions: { seq: number; user_ids: readonly string[] }
  'mentions.dropped': { seq: number; user_ids: readonly string[] }
  /** The entries of these changes lose the text of a deleted message. */
  'log.blanked': { changes: readonly number[] }
  /** An entry of a member's own stream that follows from this one: once per (user, conversation, change). */
  'user-stream': { append: UserStreamEvent }
  /**
   * The conversation ends: messages, versions, pins, mentions, the members named and the claim of its pair go; all its entries
   * are blanked, and what it was called in the `conversation.joined` of everybody who ever joined.
   */
  purge: { user_ids: readonly string[] }
}

export type RowKind = keyof RowChanges
/** One change of one row, idempotent by the change of the entry that asks for it. */
export type RowChange<K extends RowKind = RowKind> = { [R in K]: { row: R } & RowChanges[R] }[K]

export type UserStreamEvent =
  | { user_id: string; event: 'conversation.joined'; data: EventData<'conversation.joined'> }
  | { user_id: string; event: 'conversation.left'; data: EventData<'conversation.left'> }

/** An entry and the row changes that it asks for, in the order in which they are to be written. */
export interface Applied {
  entry: ConversationEntry
  rows: readonly RowChange[]
}

/** What a store has: one writer for each kind of row change. One that lacks a kind does not compile. */
export type RowWriters<Context> = { readonly [K in RowKind]: (row: RowChange<K>, context: Context) => void }

export function writeRow<K extends RowKind, Context>(
  writers: RowWriters<Context>,
  row: RowChange<K>,
  context: Context,
): void {
  writers[row.row](row, context)
}

/** The changes of one kind among the rows. */
export function rowsOf<K extends RowKind>(rows: readonly RowChange[], kind: K): RowChange<K>[] {
  // Those of this kind are the changes of this kind; the checker cannot follow a union that depends on K.
  return rows.filter(row => row.row === kind) as unknown as RowChange<K>[]
}
