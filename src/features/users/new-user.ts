import type { Role } from '../../../contracts/roles.ts'
import type { Services } from '../../context.ts'
import type { UserRecord } from '../../domain/records.ts'

interface NewUser {
  username: string
  email: string
  password: string
  full_name?: string | null | undefined
  role: Role
  external_id?: string | null | undefined
}

/** An account ready to be stored. */
export async function newUser(
  { ids, clock, passwords }: Pick<Services, 'ids' | 'clock' | 'passwords'>,
  { username, email, password, full_name, role, external_id }: NewUser,
): Promise<UserRecord & { password_hash: string }> {
  const password_hash = await passwords.hash(password)
  const at = clock().toISOString()
  return {
    id: ids(),
    username,
    full_name: full_name ?? null,
    avatar_file_id: null,
    email,
    external_id: external_id ?? null,
    role,
    disabled: false,
    deleted: false,
    password_hash,
    created_at: at,
    updated_at: at,
  }
}
