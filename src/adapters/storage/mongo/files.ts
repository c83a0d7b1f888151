import type { FileRecord } from '../../../domain/records.ts'
import type { FileRows } from '../../../ports/file-rows.ts'
import type { Quotas } from './quotas.ts'
import type { ReadConsistency } from './read-consistency.ts'
import { memberKey } from './rows/keys.ts'
import type { FileRow } from './rows/files.ts'
import type { Tables } from './rows/tables.ts'

/** Files on MongoDB. A file is counted (`Quotas`) before its row is inserted, and no more after it is removed. */
export class MongoFiles implements FileRows {
  readonly #tables: Tables
  readonly #consistency: ReadConsistency
  readonly #quotas: Quotas
  constructor(tables: Tables, consistency: ReadConsistency, quotas: Quotas) {
    this.#tables = tables
    this.#consistency = consistency
    this.#quotas = quotas
  }

  async create(
    { id: _id, ...file }: FileRecord,
    { quota_bytes, expires_at }: { quota_bytes: number | null; expires_at: string },
  ): Promise<'created' | 'quota_exceeded'> {
    const { user_id, size } = file
    if (quota_bytes !== null && !(await this.#quotas.take(user_id, { bytes: size }, { bytes: quota_bytes })))
      return 'quota_exceeded'
    // A file of an upload that exists already stays as it is.
    await this.#tables.files.insert({ _id, ...file, expires_at, removal: null })
    return 'created'
  }

  async findMany(ids: readonly string[]): Promise<FileRecord[]> {
    return (await this.#tables.files.findIds(ids)).map(toFile)
  }

  async shownTo(user_id: string | null, ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set()
    const file_ids = [...new Set(ids)]
    const avatars = await this.#tables.users.findIn('avatar_file_id', file_ids, { projection: { avatar_file_id: 1 } })
    const shown = new Set(avatars.flatMap(({ avatar_file_id }) => avatar_file_id ?? []))
    const rows = await this.#tables.file_references.findIn('file_id', file_ids, {
      projection: { file_id: 1, conversation_id: 1, live: 1 },
    })
    const live = rows.filter(row => row.live && !shown.has(row.file_id))
    const open = await this.#open(user_id, [...new Set(live.map(row => row.conversation_id))])
    for (const row of live) if (open.has(row.conversation_id)) shown.add(row.file_id)
    return shown
  }

  /** Those of the conversations that the user may see now. */
  async #open(user_id: string | null, conversation_ids: readonly string[]): Promise<Set<string>> {
    if (conversation_ids.length === 0) return new Set()
    if (user_id === null) {
      const heads = await this.#consistency.heads(conversation_ids)
      return new Set(conversation_ids.filter(id => heads.get(id)?.purged === false))
    }
    const keys = conversation_ids.map(id => memberKey(id, user_id))
    // Every row by its key, so tombstones are among them.
    const { rows } = await this.#consistency.present(conversation_ids, () => this.#tables.members.findIds(keys))
    return new Set(rows.map(row => row.conversation_id))
  }

  async listOfUser(user_id: string, start: string, limit: number): Promise<FileRecord[]> {
    const filter = { user_id: { $eq: user_id }, _id: { $gte: start } }
    return (await this.#tables.files.find(filter, { sort: { _id: 1 }, limit })).map(toFile)
  }

  async usage(user_id: string): Promise<number> {
    return (await this.#quotas.find(user_id)).bytes
  }

  async remove(id: string, deleted?: { expires_at: string }): Promise<'removed' | 'referenced' | 'missing'> {
    const file = await this.#tables.files.findId(id)
    if (!file) return 'missing'
    // A mark of its own, also where another caller has marked the file: each removes only what it has looked at.
    const removal = crypto.randomUUID()
    if (!(await this.#mark(id, file.removal, { removal }))) return this.remove(id, deleted)
    const use = await this.#useOf(id)
    if (use !== null) {
      // A reference that ends meanwhile has set a new time, which stays.
      const seen = { removal: { $eq: removal }, expires_at: { $eq: file.expires_at } }
      if (use === 'reference')
        await this.#tables.files.updateOne({ id, guard: seen, set: { removal: null, expires_at: NEVER } })
      await this.#mark(id, removal, { removal: null })
      return 'referenced'
    }
    if (deleted) await this.#tables.deleted_files.insert({ _id: id, user_id: file.user_id, ...deleted })
    await this.#quotas.recountLater(file.user_id)
    const removed = await this.#tables.files.delete({ _id: { $eq: id }, removal: { $eq: removal } })
    if (removed > 0) await this.#quotas.give(file.user_id, { bytes: file.size })
    else if (await this.#tables.files.findId(id)) return this.remove(id, deleted)
    // Otherwise another call was faster, or the answer of this one was lost.
    return 'removed'
  }

  #mark(id: string, removal: string | null, set: Partial<FileRow>): Promise<boolean> {
    return this.#tables.files.updateOne({ id, guard: { removal: { $eq: removal } }, set })
  }

  /** What keeps the file; a hold ends soon, so the file stays a candidate. */
  async #useOf(id: string): Promise<'reference' | 'hold' | null> {
    const { file_references, users, file_holds } = this.#tables
    const [hold, reference, avatar] = await Promise.all([
      file_holds.findOne({ file_id: { $eq: id } }),
      file_references.findOne({ file_id: { $eq: id }, live: { $eq: true } }),
      users.findOne({ avatar_file_id: { $eq: id } }),
    ])
    return reference || avatar ? 'reference' : hold ? 'hold' : null
  }

  async deletedBy(id: string): Promise<string | null> {
    return (await this.#tables.deleted_files.findId(id))?.user_id ?? null
  }

  async expired(now: string, limit: number): Promise<FileRecord[]> {
    return (await this.#tables.files.find({ expires_at: { $lte: now } }, { sort: { expires_at: 1 }, limit })).map(
      toFile,
    )
  }

  /** Those to which something refers are forgotten by `remove`. */
  async expireAll(user_id: string, now: string): Promise<void> {
    await this.#tables.files.updateMany([{ filter: { user_id: { $eq: user_id } }, set: { expires_at: now } }])
  }
}

/** Sorts after every time: nothing lets the file expire. */
export const NEVER = '9'

function toFile({ _id, expires_at: _expires_at, removal: _removal, ...record }: FileRow): FileRecord {
  return { id: _id, ...record }
}
