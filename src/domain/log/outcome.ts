import type { ErrorCode } from '../../../contracts/errors.ts'
import type { MemberRecord, MessageRecord } from '../records.ts'
import type { ConversationEntry } from './entry.ts'

/** What the decision saw. If it has moved, nothing is appended and the caller decides again. */
export interface ExpectedVersion {
  /** The conversation's `access_change`. Absent: the append does not depend on access (creation). */
  access_change?: number
  /** For edits, deletions and pins: the `change` of the message. */
  message_change?: number
}

/** Why a draft cannot become an entry: decided inside the append, where it cannot race. */
export type RefusedCode = Extract<ErrorCode, 'too_many_reactions' | 'gone' | 'not_found' | 'last_owner'>

export type Appended =
  | { outcome: 'committed'; entries: ConversationEntry[] }
  /** Every draft would have changed nothing. */
  | { outcome: 'unchanged' }
  /** Something in `ExpectedVersion` has moved. */
  | { outcome: 'conflict' }
  | { outcome: 'refused'; code: RefusedCode }
  /** `message.created`: the sender used this client_id before. The message as it is now. */
  | { outcome: 'repeat'; message: MessageRecord }
  /** `conversation.created`: the id is taken, or the pair has this direct conversation already. */
  | { outcome: 'exists'; conversation_id: string }

export type AppendedToUser =
  | { outcome: 'committed'; member: MemberRecord }
  | { outcome: 'unchanged'; member: MemberRecord }
  | { outcome: 'refused'; code: 'not_found' }
