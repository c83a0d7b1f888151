import { permissionsOf, type Permission } from '../../contracts/permissions.ts'
import type { ConversationRecord, MemberRecord, UserRecord } from './records.ts'

type Person = Pick<UserRecord, 'id' | 'role'>
type Membership = Pick<MemberRecord, 'role'> | null

/** Whether the user may know that the conversation exists. If not, the answer is 404, never 403. */
export function canSee(person: Person, member: Membership): boolean {
  return member !== null || person.role === 'ADMIN'
}

/** As `canSee`, for what everybody may see of a public group: name, topic and members, never messages. */
export function canFind(
  person: Person,
  member: Membership,
  { visibility }: Pick<ConversationRecord, 'visibility'>,
): boolean {
  return visibility === 'public' || canSee(person, member)
}

/** Whether the global role and the member role together allow an operation here. */
export function can(
  person: Person,
  operation: Permission,
  member: Membership,
  conversation: Pick<ConversationRecord, 'type'>,
) {
  return permissionsOf(person.role, member?.role ?? null, conversation).includes(operation)
}

/** Only an owner or an ADMIN may disable or restore a conversation, and make a group public or private. A direct one has no owner. */
export function canDisable(person: Person, member: Membership): boolean {
  return person.role === 'ADMIN' || member?.role === 'owner'
}

/** Only an owner or an ADMIN may give or take a role above member. */
export function canSetRoles(person: Person, member: Membership): boolean {
  return canDisable(person, member)
}

/** Whether the user can be sent messages and added to groups: the account is neither disabled nor deleted. */
export function isReachable(user: Pick<UserRecord, 'disabled' | 'deleted'>): boolean {
  return !user.disabled && !user.deleted
}
