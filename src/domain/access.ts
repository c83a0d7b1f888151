import type { OperationName } from '../../contracts/index.ts'
import { permissionsOf } from '../../contracts/permissions.ts'
import type { ConversationRecord, MemberRecord, UserRecord } from './records.ts'

type Person = Pick<UserRecord, 'id' | 'role'>
type Seat = Pick<MemberRecord, 'role'> | null

/** Whether the conversation exists for this person at all. If not, the answer is 404, never 403. */
export function canSee(person: Person, seat: Seat): boolean {
  return seat !== null || person.role === 'ADMIN'
}

/** Whether the global role and the seat together allow an operation here. */
export function can(
  person: Person,
  operation: OperationName,
  seat: Seat,
  conversation: Pick<ConversationRecord, 'type'>,
) {
  return permissionsOf(person.role, seat?.role ?? null, conversation).includes(operation)
}

/** Only the owner and an ADMIN may disable or restore a conversation; in a direct one there is no owner. */
export function canDisable(person: Person, seat: Seat): boolean {
  return person.role === 'ADMIN' || seat?.role === 'owner'
}

/** Only the owner and an ADMIN may give or take a role above member. */
export function canSetRoles(person: Person, seat: Seat): boolean {
  return canDisable(person, seat)
}

/** Who may be written to or added: an account that is in use. */
export function isReachable(user: Pick<UserRecord, 'disabled' | 'deleted'>): boolean {
  return !user.disabled && !user.deleted
}
