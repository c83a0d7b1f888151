import type { ErrorCode } from '../../../contracts/errors.ts'
import type { MessageRecord } from '../records.ts'
import type { ConversationEntry, UserDraft } from './entry.ts'
import type { UserRow } from './user-rows.ts'

/** The versions that the decision was based on. If one has changed, nothing is appended and the caller decides again. */
export interface ExpectedVersion {
  /** The conversation's `access_change`. Absent: the append does not depend on it (creating, joining). */
  access_change?: number
  /** For edits, deletions and pins: the `change` of the message. */
  message_change?: number
}

/** Why a draft cannot become an entry. Decided inside the append, so that concurrent calls cannot get past it. */
export type RefusedCode = Extract<
  ErrorCode,
  'too_many_reactions' | 'gone' | 'not_found' | 'last_owner' | 'conversation_disabled'
>

export type Appended =
  | { outcome: 'committed'; entries: ConversationEntry[] }
  /** Every draft would have changed nothing. */
  | { outcome: 'unchanged' }
  /** A version in `ExpectedVersion` has changed, or a file to which a draft refers was removed. */
  | { outcome: 'conflict' }
  | { outcome: 'refused'; code: RefusedCode }
  /** `message.created`: the sender has used this client_id before. `message` is in its present state. */
  | { outcome: 'repeat'; message: MessageRecord }
  /** `conversation.created`: the id is taken, or the pair already has this direct conversation. */
  | { outcome: 'exists'; conversation_id: string }

/** `row` is the row that the draft is about, after the append. */
export type AppendedToUser<E extends UserDraft['event'] = UserDraft['event']> =
  { outcome: 'committed' | 'unchanged'; row: UserRow<E> } | { outcome: 'refused'; code: 'not_found' }
