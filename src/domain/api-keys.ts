import type { Scope } from '../../contracts/scopes.ts'
import type { UserRecord } from './records.ts'

/** Whether a key of this account may call as a user: never as one who has more rights than the account. */
export function mayActAs(
  key: Pick<ApiKeyRecord, 'act_as'>,
  account: Pick<UserRecord, 'role'>,
  user: Pick<UserRecord, 'role' | 'disabled' | 'deleted'>,
): boolean {
  return key.act_as && !user.disabled && !user.deleted && (user.role !== 'ADMIN' || account.role === 'ADMIN')
}

/** A key of the API, by which a program calls as an account. */
export interface ApiKeyRecord {
  /** Also that of its session. */
  id: string
  /** The account that it calls as. */
  user_id: string
  name: string
  /** SHA-256 of its secret, which is stored nowhere. */
  hash: string
  /** Of the secret that a rotation has replaced, which is valid until `previous_until`; null: none. */
  previous_hash: string | null
  previous_until: string | null
  scopes: Scope[]
  /** Whether it may call as other users. */
  act_as: boolean
  /** Calls per minute; null: as for users. */
  rate: number | null
  created_by: string
  created_at: string
  /** null: never. */
  expires_at: string | null
  /** At most a minute behind; null: never. */
  last_used_at: string | null
}
