import type { ContactRecord, MemberRecord, PreferencesRecord } from '../records.ts'
import type { UserDraft } from './entry.ts'

/** The row that each draft of a user stream changes, and that its append answers. */
export interface UserRows {
  'read.updated': MemberRecord
  'membership.updated': MemberRecord
  'contact.added': ContactRecord
  'contact.updated': ContactRecord
  'contact.removed': ContactRecord
  'preferences.updated': PreferencesRecord
}
export type UserRow<E extends UserDraft['event'] = UserDraft['event']> = UserRows[E]

/** Every kind of row change that can follow from an entry of a user stream, with its data. An entry changes one row at most. */
export interface UserRowChanges {
  /** `marked`: the marker was set; `back`: it may have been set back. */
  membership: { put: MemberRecord; marked: { back: boolean } | null }
  contact: { put: ContactRecord }
  preferences: { put: PreferencesRecord }
}

export type UserRowKind = keyof UserRowChanges
export type UserRowChange<K extends UserRowKind = UserRowKind> = { [R in K]: { row: R } & UserRowChanges[R] }[K]

/** The writers of a store, one for each kind. A store that lacks a kind does not compile. */
export type UserRowWriters<Context> = { readonly [K in UserRowKind]: (row: UserRowChange<K>, context: Context) => void }

export function writeUserRow<K extends UserRowKind, Context>(
  writers: UserRowWriters<Context>,
  row: UserRowChange<K>,
  context: Context,
): void {
  writers[row.row](row, context)
}
