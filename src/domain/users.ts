import type { User } from '../../contracts/entities.ts'
import type { UserRecord } from './records.ts'

export const DELETED_NAME = 'Deleted user'

/** A user as the viewer may see them: the e-mail address is for the user and an ADMIN. */
export function toUser(user: UserRecord, viewer: Pick<UserRecord, 'id' | 'role'>): User {
  const shown = viewer.id === user.id || viewer.role === 'ADMIN'
  return { ...toPublicUser(user), ...(shown && user.email !== null ? { email: user.email } : {}) }
}

export function toPublicUser(user: UserRecord): Omit<User, 'email'> {
  const { id, username, full_name, role, disabled, deleted, created_at, updated_at } = user
  return { id, username, full_name, role, disabled, deleted, created_at, updated_at }
}

/** What is left of a deleted user: messages stay attributed, nothing tells who it was. */
export function anonymised(user: UserRecord, at: string): UserRecord {
  return {
    ...user,
    username: `deleted-${user.id.slice(-12)}`,
    full_name: DELETED_NAME,
    email: null,
    role: 'USER',
    disabled: true,
    deleted: true,
    password_hash: null,
    updated_at: at,
  }
}

/** What makes two names, or a name and a search for it, the same: their letters in NFC, without regard to case. */
export function foldName(text: string): string {
  // Lower case may decompose again (U+0130).
  return text.normalize('NFC').toLowerCase().normalize('NFC')
}

/** The folded names that a user holds: nobody else may have this username or e-mail address. null: none, or not any more. */
export function namesOf({ username, email, full_name, deleted }: UserRecord) {
  return {
    username: deleted ? null : foldName(username),
    email: deleted || email === null ? null : foldName(email),
    full_name: full_name === null ? null : foldName(full_name),
  }
}

/** Whether a change ends somebody's rights as ADMIN: refused where no other active ADMIN is left. */
export function retiresAdmin(before: UserRecord, after: UserRecord): boolean {
  return isActiveAdmin(before) && !isActiveAdmin(after)
}

/** Whether somebody is an ADMIN who can act: a store keeps one at least. */
export function isActiveAdmin({ role, disabled, deleted }: Pick<UserRecord, 'role' | 'disabled' | 'deleted'>): boolean {
  return role === 'ADMIN' && !disabled && !deleted
}

/** Whether the user still is what a decision saw. */
export function meets(user: UserRecord, expected: Partial<Pick<UserRecord, 'password_hash' | 'deleted'>>): boolean {
  const { password_hash = user.password_hash, deleted = user.deleted } = expected
  return user.password_hash === password_hash && user.deleted === deleted
}
