import { randomBytes } from 'node:crypto'
import type { Contract } from '../../../contracts/index.ts'
import type { Input } from '../../../contracts/kit.ts'
import { Conflict, type Context } from '../../context.ts'
import type { UserRecord } from '../../domain/records.ts'

type Create = Contract['keys']['create']

/** The account of a new key: the one that is named, or a new one that is called like the key. */
export async function accountOf(
  { storage, ids, clock, fail }: Context<Create>,
  { user_id, name, role = 'USER' }: Input<Create>,
): Promise<UserRecord> {
  if (user_id !== undefined) {
    const user = await storage.users.find(user_id)
    return user && !user.deleted && !user.disabled ? user : fail('not_found')
  }
  const at = clock().toISOString()
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-')
  const user: UserRecord = {
    id: ids(),
    username: `${plain.slice(0, 23)}-${randomBytes(4).toString('hex')}`,
    full_name: name,
    avatar_file_id: null,
    email: null,
    external_id: null,
    role,
    disabled: false,
    deleted: false,
    password_hash: null,
    created_at: at,
    updated_at: at,
  }
  if ((await storage.users.create(user)) !== 'created') throw new Conflict('the name of the account is taken')
  return user
}
