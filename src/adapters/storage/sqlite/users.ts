import type { UserRecord } from '../../../domain/records.ts'
import { foldName, meets, namesOf, retiresAdmin } from '../../../domain/users.ts'
import type { ExpectedUser, UserPatch, UserRefusal, Users } from '../../../ports/storage.ts'
import { range, type Db, type Value } from './database.ts'
import type { FileReferences } from './files.ts'
import type { GroupCommit } from './group-commit.ts'
import { USER, flag, toUserRecord, type UserRow } from './rows.ts'

/** The unique keys of a user. Those of a deleted user are made from its id. */
function keys(user: UserRecord) {
  const names = namesOf(user)
  return { ...names, username: names.username ?? `deleted:${user.id}` }
}

export function openUsers(db: Db, commits: GroupCommit, files: Pick<FileReferences, 'exists' | 'avatar'>): Users {
  const one = db.read<UserRow>(`SELECT ${USER} FROM users WHERE id = ?`)
  const byUsername = db.read<UserRow>(`SELECT ${USER} FROM users WHERE username_key = ?`)
  const byEmail = db.read<UserRow>(`SELECT ${USER} FROM users WHERE email_key = ?`)
  const byExternal = db.read<UserRow>(`SELECT ${USER} FROM users WHERE external_id = ?`)
  const any = db.read<{ id: string }>('SELECT id FROM users LIMIT 1')
  const otherAdmin = db.read<{ id: string }>(
    `SELECT id FROM users WHERE role = 'ADMIN' AND disabled = 0 AND deleted = 0
     AND coalesce(password_hash, external_id) IS NOT NULL AND id <> ? LIMIT 1`,
  )
  const put = db.write(
    `INSERT OR REPLACE INTO users (${USER}, username_key, email_key, full_name_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const listed = (edge: string, direction: string) =>
    db.read<UserRow>(
      `SELECT ${USER} FROM users WHERE deleted = 0 AND (?1 IS NULL OR role = ?1) AND (?2 IS NULL OR disabled = ?2)
       AND (?3 IS NULL OR (username_key >= ?3 AND username_key < ?4) OR (full_name_key >= ?3 AND full_name_key < ?4))
       AND id ${edge} ORDER BY id ${direction} LIMIT ?7`,
    )
  const forward = listed('>= ?5 AND id < ?6', 'ASC')
  const backward = listed('<= ?5 AND id > ?6', 'DESC')

  function taken(user: UserRecord): 'username_taken' | 'email_taken' | 'conflict' | null {
    const external = user.external_id === null ? null : byExternal.get(user.external_id)
    if (external && external.id !== user.id) return 'conflict'
    const key = keys(user)
    const [name, address] = [byUsername.get(key.username), key.email === null ? null : byEmail.get(key.email)]
    if (name && name.id !== user.id) return 'username_taken'
    return address && address.id !== user.id ? 'email_taken' : null
  }

  function write(user: UserRecord): void {
    const key = keys(user)
    const { id, username, full_name, email, role, disabled, deleted, password_hash, created_at, updated_at } = user
    put(
      id,
      username,
      full_name,
      email,
      role,
      flag(disabled),
      flag(deleted),
      password_hash,
      created_at,
      updated_at,
      user.avatar_file_id,
      user.external_id,
      key.username,
      key.email,
      key.full_name,
    )
  }

  function update(id: string, patch: UserPatch, expected: ExpectedUser): UserRecord | UserRefusal {
    const row = one.get(id)
    if (!row) return 'not_found'
    const before = toUserRecord(row)
    if (!meets(before, expected)) return 'conflict'
    const user = { ...before, ...patch }
    const clash = taken(user)
    if (clash) return clash
    if (retiresAdmin(before, user) && !otherAdmin.get(id)) return 'last_admin'
    const avatar = user.avatar_file_id
    if (avatar !== null && avatar !== before.avatar_file_id && !files.exists(avatar)) return 'conflict'
    write(user)
    files.avatar(id, before.avatar_file_id, avatar, user.updated_at)
    return user
  }

  return {
    create: user =>
      commits.submit(() => {
        const clash = taken(user)
        if (!clash) write(user)
        return clash ?? 'created'
      }),
    createFirst: user =>
      commits.submit(() => {
        if (any.get()) return false
        write(user)
        return true
      }),
    update: (id, patch, expected = {}) => commits.submit(() => update(id, patch, expected)),
    async find(id) {
      const row = one.get(id)
      return row && toUserRecord(row)
    },
    async findMany(ids) {
      return ids.flatMap(id => one.get(id) ?? []).map(toUserRecord)
    },
    async findByLogin(login) {
      const row = 'username' in login ? byUsername.get(foldName(login.username)) : byEmail.get(foldName(login.email))
      return row && toUserRecord(row)
    },
    async findByExternalId(external_id) {
      const row = byExternal.get(external_id)
      return row && toUserRecord(row)
    },
    async list({ q, role, disabled }, page) {
      const prefix: Value[] = q === undefined ? [null, null] : [foldName(q), `${foldName(q)}\u{10ffff}`]
      const state = disabled === undefined ? null : flag(disabled)
      const read = page.ascending ? forward : backward
      return read.all(role ?? null, state, ...prefix, ...range(page), page.limit).map(toUserRecord)
    },
  }
}
