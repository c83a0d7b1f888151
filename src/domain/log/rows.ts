import type { MemberRole } from '../../../contracts/entities.ts'
import type { EventData } from '../../../contracts/events.ts'
import type { ConversationRecord, MemberRecord, MessageRecord, PinRecord, VersionRecord } from '../records.ts'
import type { ConversationEntry } from './entry.ts'

/** Every kind of row change that can follow from an entry of a conversation's log, with its data. */
export interface RowChanges {
  /** The conversation after the entry. `pair` is set if the entry creates a direct conversation. */
  conversation: { put: ConversationRecord; created: boolean; purged: boolean; pair: string | null }
  /** A membership begins. */
  member: { put: MemberRecord }
  'member.role': { user_id: string; role: MemberRole }
  /** The member's `own_seq` and `own_countable` become at least these. */
  'member.sent': { user_id: string; seq: number; countable: number }
  /** A message of the user is deleted: it no longer counts in `own_unread`, if it is beyond the marker. */
  'member.unsent': { user_id: string; seq: number }
  'member.left': { user_id: string }
  /** `before` is the message before the entry, null for a new one. */
  message: { put: MessageRecord; before: MessageRecord | null }
  /** An earlier text, written before its message is replaced. */
  version: { put: VersionRecord }
  /** Removes all earlier texts of a deleted message. */
  'versions.erased': { message: MessageRecord }
  pin: { put: PinRecord }
  'pin.dropped': { message_id: string }
  /** The message mentions these users, each once and the sender not among them. It is beyond their markers. */
  mentions: { seq: number; user_ids: readonly string[] }
  'mentions.dropped': { seq: number; user_ids: readonly string[] }
  /** A message (`by` is its id), or a conversation as its avatar (`by` is its id), now refers to these files. */
  'files.attached': { by: string; file_ids: readonly string[] }
  /** It does not any more: files to which nothing refers are to be removed. */
  'files.released': { by: string; file_ids: readonly string[] }
  /** Blanks the text of a deleted message in the entries of these changes. */
  'log.blanked': { changes: readonly number[] }
  /** The invite has admitted at least so many. */
  'invite.used': { code: string; uses: number }
  /** An entry of a member's user stream that follows from this one, once per (user, conversation, change). */
  'user-stream': { append: UserStreamEvent }
  /**
   * The conversation ends: removes messages with their sends, versions, pins, mentions, invites, references to files, the named members and the claim of its pair; blanks all
   * its entries, and its name in the `conversation.joined` of all earlier members.
   */
  purge: { user_ids: readonly string[] }
}

export type RowKind = keyof RowChanges
/** One change of one row, idempotent by the change number of its entry. */
export type RowChange<K extends RowKind = RowKind> = { [R in K]: { row: R } & RowChanges[R] }[K]

export type UserStreamEvent =
  | { user_id: string; event: 'conversation.joined'; data: EventData<'conversation.joined'> }
  | { user_id: string; event: 'conversation.left'; data: EventData<'conversation.left'> }

/** An entry and its row changes, in the order in which they are to be written. */
export interface Applied {
  entry: ConversationEntry
  rows: readonly RowChange[]
}

/** The writers of a store, one for each kind of row change. A store that lacks a kind does not compile. */
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
  // Cast: the filter keeps the changes of this kind; the type checker cannot narrow a union that depends on K.
  return rows.filter(row => row.row === kind) as unknown as RowChange<K>[]
}
