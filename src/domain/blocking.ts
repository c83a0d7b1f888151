import { isReachable } from './access.ts'
import type { UserRecord } from './records.ts'

/**
 * Blocking: what a block ends between two users (specification, Contacts). Every part of the server that shows one user to
 * another or carries something between them asks one of these functions. `Contacts.relations` reads what they decide on.
 *
 * A refusal never tells the blocked side of the block: it is the one for a user who is disabled, deleted or unknown.
 */

/** What two users have blocked, as one of them sees it. Absent: nothing. */
export interface Relation {
  blocked_by_me: boolean
  blocks_me: boolean
}

type Account = Pick<UserRecord, 'disabled' | 'deleted'>

/**
 * Why I may not send the other one a message, edit or reaction in the direct conversation, or open it; null: I may. My own block
 * is named first, because I can take it back.
 */
export function messageRefusal(
  other: Account | null,
  relation?: Relation,
): 'user_blocked' | 'cannot_message_user' | null {
  if (relation?.blocked_by_me) return 'user_blocked'
  return other && isReachable(other) && !relation?.blocks_me ? null : 'cannot_message_user'
}

/** Whether I may make the other one a member of a group. My own block does not end that: shared groups continue. */
export function mayAdd(other: Account, relation?: Relation): boolean {
  return isReachable(other) && !relation?.blocks_me
}

/** Whether I see the other one's status, last activity, typing and receipts. They are hidden both ways, whichever side has blocked. */
export function maySeeActivity(relation?: Relation): boolean {
  return !relation?.blocked_by_me && !relation?.blocks_me
}

/**
 * Whether I find the other one in lists of users and contacts, by name, and by the sender of messages in a search. An ADMIN finds
 * everybody, because ADMINs administer accounts.
 */
export function findable(me: Pick<UserRecord, 'role'>, other: Account, relation?: Relation): boolean {
  return me.role === 'ADMIN' || (isReachable(other) && !relation?.blocks_me)
}

/** Whether I see the other one's profile by id. `shared`: both are members of a conversation. */
export function maySeeProfile(me: Pick<UserRecord, 'role'>, relation: Relation | undefined, shared: boolean): boolean {
  return me.role === 'ADMIN' || !relation?.blocks_me || shared
}

/** Whether my messages notify the other one: by a push, and as a mention in the counts. */
export function mayNotify(relation?: Relation): boolean {
  return !relation?.blocks_me
}
