import type { User } from '../../contracts/entities.ts'
import type { UserRecord } from './records.ts'

export const DELETED_NAME = 'Deleted user'

/** A user as the viewer sees it: the e-mail address and the external id are for the user and for ADMINs. */
export function toUser(user: UserRecord, viewer: Pick<UserRecord, 'id' | 'role'>): User {
  const shown = viewer.id === user.id || viewer.role === 'ADMIN'
  return {
    ...toPublicUser(user),
    ...(shown && user.email !== null ? { email: user.email } : {}),
    ...(shown && user.external_id !== null ? { external_id: user.external_id } : {}),
  }
}

export function toPublicUser(user: UserRecord): Omit<User, 'email' | 'external_id'> {
  const { id, username, full_name, avatar_file_id, role, disabled, deleted, created_at, updated_at } = user
  return { id, username, full_name, avatar_file_id, role, disabled, deleted, created_at, updated_at }
}

/** A deleted user: the id stays, so that messages stay attributed; everything personal is removed. */
export function anonymised(user: UserRecord, at: string): UserRecord {
  return {
    ...user,
    username: `deleted-${user.id.slice(-12)}`,
    full_name: DELETED_NAME,
    avatar_file_id: null,
    email: null,
    external_id: null,
    role: 'USER',
    disabled: true,
    deleted: true,
    password_hash: null,
    updated_at: at,
  }
}

/** The form in which names are compared and searched: NFC, without regard to case. */
export function foldName(text: string): string {
  // Lower case may decompose again (U+0130).
  return text.normalize('NFC').toLowerCase().normalize('NFC')
}

/** The folded names that a user holds; username and e-mail address are unique among users. null: the user has none. */
export function namesOf({ username, email, full_name, deleted }: UserRecord) {
  return {
    username: deleted ? null : foldName(username),
    email: deleted || email === null ? null : foldName(email),
    full_name: full_name === null ? null : foldName(full_name),
  }
}

/** Whether a change ends the user's rights as ADMIN. It is refused if no other active ADMIN is left. */
export function retiresAdmin(before: UserRecord, after: UserRecord): boolean {
  return isActiveAdmin(before) && !isActiveAdmin(after)
}

/**
 * Whether the user is an ADMIN who has a password or an external id to sign in by. A store always keeps at least one.
 * The account of an API key is none: no key may make an ADMIN.
 */
export function isActiveAdmin({ role, disabled, deleted, password_hash, external_id }: UserRecord): boolean {
  return role === 'ADMIN' && !disabled && !deleted && (password_hash !== null || external_id !== null)
}

/** Whether the fields of the user that a decision was based on are unchanged. */
export function meets(
  user: UserRecord,
  expected: Partial<Pick<UserRecord, 'password_hash' | 'deleted' | 'external_id'>>,
): boolean {
  const { password_hash = user.password_hash, deleted = user.deleted, external_id = user.external_id } = expected
  return user.password_hash === password_hash && user.deleted === deleted && user.external_id === external_id
}
