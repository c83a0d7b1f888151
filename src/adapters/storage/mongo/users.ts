import type { Filter } from 'mongodb'
import type { Role } from '../../../../contracts/roles.ts'
import type { UserRecord } from '../../../domain/records.ts'
import { foldName, meets, namesOf, retiresAdmin } from '../../../domain/users.ts'
import {
  Unavailable,
  type Page,
  type ExpectedUser,
  type UserPatch,
  type UserRefusal,
  type Users,
} from '../../../ports/storage.ts'
import type { Admins } from './admins.ts'
import { idPage } from './conversations.ts'
import type { FileHolds } from './flush/file-holds.ts'
import type { UserExpected, UserRow } from './rows/rows.ts'
import { Loader } from './rows/loader.ts'
import type { Tables } from './rows/tables.ts'

/** How often an update is decided again because the row it was based on has changed. */
const TRIES = 100
/** Sorts after every other character: the end of the texts that begin with a prefix. */
const LAST = '\u{10ffff}'

export class MongoUsers implements Users {
  readonly #tables: Tables
  readonly #admins: Admins
  readonly #holds: FileHolds
  readonly #loader: Loader<UserRow>
  constructor(tables: Tables, admins: Admins, holds: FileHolds) {
    this.#tables = tables
    this.#loader = new Loader(tables.users)
    this.#admins = admins
    this.#holds = holds
  }

  async create(user: UserRecord): Promise<'created' | 'username_taken' | 'email_taken' | 'conflict'> {
    const row = toRow(user, user.id)
    if (await this.#tables.users.insert(row)) return 'created'
    // The answer of an earlier attempt was lost: the same user is stored already.
    if (await this.#tables.users.findId(user.id)) return 'created'
    return this.#taken(row)
  }

  async createFirst(user: UserRecord): Promise<boolean> {
    if (await this.#tables.users.findOne({})) return false
    if (await this.#tables.users.insert(toRow(user, 'first'))) return true
    return (await this.#tables.users.findId(user.id)) !== null
  }

  async find(id: string): Promise<UserRecord | null> {
    const row = (await this.#loader.load([id])).get(id)
    return row ? toUser(row) : null
  }

  async findMany(ids: readonly string[]): Promise<UserRecord[]> {
    return [...(await this.#loader.load(ids)).values()].map(toUser)
  }

  async findByLogin(login: { username: string } | { email: string }): Promise<UserRecord | null> {
    const row = await this.#tables.users.findOne(
      'username' in login
        ? { username_key: { $eq: nameKey(login.username) } }
        : { email_key: { $eq: nameKey(login.email) } },
    )
    return row && toUser(row)
  }

  async findByExternalId(external_id: string): Promise<UserRecord | null> {
    const row = await this.#tables.users.findOne({ external_key: { $eq: `=${external_id}` } })
    return row && toUser(row)
  }

  async list(
    { q, role, disabled }: { q?: string; role?: Role; disabled?: boolean },
    page: Page,
  ): Promise<UserRecord[]> {
    const filter: Filter<UserRow> = { deleted: { $eq: false }, ...idPage(page) }
    if (role !== undefined) filter.role = { $eq: role }
    if (disabled !== undefined) filter.disabled = { $eq: disabled }
    if (q !== undefined && q !== '') {
      const range = { $gte: foldName(q), $lt: `${foldName(q)}${LAST}` }
      const name = { $gte: nameKey(q), $lt: `${nameKey(q)}${LAST}` }
      filter.$or = [{ username_key: name }, { name_key: range }]
    }
    const sort = { _id: page.ascending ? 1 : -1 } as const
    return (await this.#tables.users.find(filter, { sort, limit: page.limit })).map(toUser)
  }

  async update(id: string, patch: UserPatch, expected: ExpectedUser = {}): Promise<UserRecord | UserRefusal> {
    if (patch.avatar_file_id === undefined) return this.#update(id, patch, expected)
    const before = (await this.find(id))?.avatar_file_id ?? null
    const after = patch.avatar_file_id
    const changed = [before, after].filter(file_id => file_id !== null)
    if (before === after) return this.#update(id, patch, expected)
    // The hold of the former avatar lets it expire if this process ends before the last step.
    const [held = []] = await this.#holds.hold([changed])
    try {
      if (after !== null && !(await this.#holds.present([after])).has(after)) return 'conflict'
      const updated = await this.#update(id, patch, expected)
      if (before !== null && typeof updated !== 'string')
        await this.#tables.files.updateOne({ id: before, set: { expires_at: updated.updated_at } })
      return updated
    } finally {
      await this.#holds.end(held)
    }
  }

  async #update(id: string, patch: UserPatch, expected: ExpectedUser): Promise<UserRecord | UserRefusal> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const before = await this.find(id)
      if (!before) return 'not_found'
      if (!meets(before, expected)) return 'conflict'
      const after = { ...before, ...patch }
      const keys = keysOf(after)
      const decided = {
        id,
        expected: { ...expectedOf(before, patch), ...expected },
        set: { ...patch, ...changedKeys(patch, keys) },
      }
      const retires = retiresAdmin(before, after)
      if (retires && (await this.#clashes(id, keys))) return this.#taken({ _id: id, ...keys })
      const outcome = retires ? await this.#admins.retire(decided) : await this.#admins.patch(decided)
      if (outcome === 'missed') continue
      if (outcome === 'duplicate') return this.#taken({ _id: id, ...keys })
      if (outcome === 'last_admin') return outcome
      return (await this.find(id)) ?? 'not_found'
    }
    throw new Unavailable('too many change the user at once')
  }

  async #clashes(id: string, { username_key, email_key, external_key }: ReturnType<typeof keysOf>): Promise<boolean> {
    const same = [
      { username_key: { $eq: username_key } },
      { email_key: { $eq: email_key } },
      { external_key: { $eq: external_key } },
    ]
    return (await this.#tables.users.findOne({ $or: same, _id: { $ne: id } })) !== null
  }

  async #taken({ _id, username_key, email_key }: Pick<UserRow, '_id' | 'username_key' | 'email_key'>) {
    const others = { _id: { $ne: _id } }
    if (await this.#tables.users.findOne({ username_key: { $eq: username_key }, ...others })) return 'username_taken'
    return (await this.#tables.users.findOne({ email_key: { $eq: email_key }, ...others })) ? 'email_taken' : 'conflict'
  }
}

/** The key of a name in use, made without a collation, because not every server has them. */
function nameKey(text: string): string {
  return `=${foldName(text)}`
}

function keysOf(user: UserRecord) {
  const { username, email, full_name } = namesOf(user)
  const none = `-${user.id}`
  return {
    username_key: username === null ? none : `=${username}`,
    email_key: email === null ? none : `=${email}`,
    name_key: full_name ?? '',
    external_key: user.external_id === null ? none : `=${user.external_id}`,
  }
}

/** The keys whose source the patch changes; the others may be changed concurrently. */
function changedKeys(patch: UserPatch, { username_key, email_key, name_key, external_key }: ReturnType<typeof keysOf>) {
  return {
    ...('username' in patch || 'deleted' in patch ? { username_key } : {}),
    ...('email' in patch || 'deleted' in patch ? { email_key } : {}),
    ...('full_name' in patch ? { name_key } : {}),
    ...('external_id' in patch ? { external_key } : {}),
  }
}

/** Fields that are decided on together: a patch of one of them applies only while the row has all of them as they were read. */
const TOGETHER = [
  // The keys are made from these.
  ['username', 'email', 'deleted', 'external_id'],
  // An active ADMIN is decided by these.
  ['role', 'disabled', 'deleted', 'password_hash', 'external_id'],
] as const

function expectedOf(before: UserRecord, patch: UserPatch): UserExpected {
  const fields = TOGETHER.filter(each => each.some(field => field in patch)).flat()
  return Object.fromEntries(fields.map(field => [field, before[field]]))
}

export function toRow(user: UserRecord, first_key: string): UserRow {
  const { id: _id, external_id, ...record } = user
  const { external_key, ...keys } = keysOf(user)
  const external = external_id === null ? {} : { external_id, external_key }
  return { _id, ...record, ...keys, ...external, first_key, admin_step: 0 }
}

function toUser({
  _id,
  username_key: _username_key,
  email_key: _email_key,
  name_key: _name_key,
  external_key: _external_key,
  first_key: _first_key,
  admin_step: _admin_step,
  ...record
}: UserRow): UserRecord {
  // The row of an earlier version has neither avatar nor external id.
  return {
    ...record,
    id: _id,
    avatar_file_id: record.avatar_file_id ?? null,
    external_id: record.external_id ?? null,
  }
}
