import type { UploadRecord, UploadState } from '../../../domain/uploads.ts'
import type { ExpectedUpload, UploadLimits, Uploads } from '../../../ports/uploads.ts'
import type { Quotas } from './quotas.ts'
import type { UploadRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** What an upload reserves is counted by `Quotas`, and becomes that of the file. */
export class MongoUploads implements Uploads {
  readonly #tables: Tables
  readonly #quotas: Quotas
  constructor(tables: Tables, quotas: Quotas) {
    this.#tables = tables
    this.#quotas = quotas
  }

  async create(
    { id, ...upload }: UploadRecord,
    { quota_bytes, max_open }: UploadLimits,
  ): Promise<'created' | 'too_many_uploads' | 'quota_exceeded'> {
    const { user_id, length } = upload
    const more = { bytes: length, uploads: 1 }
    if (!(await this.#quotas.take(user_id, more, { bytes: quota_bytes, uploads: max_open }))) {
      const { uploads } = await this.#quotas.find(user_id)
      return uploads >= max_open ? 'too_many_uploads' : 'quota_exceeded'
    }
    // An insert of unknown outcome that is repeated finds itself.
    await this.#tables.uploads.insert({ _id: id, ...upload, ...openFor(upload) })
    return 'created'
  }

  async find(id: string): Promise<UploadRecord | null> {
    const row = await this.#tables.uploads.findId(id)
    return row && toUpload(row)
  }

  async advance(id: string, { offset, claimed_until, finished }: ExpectedUpload, state: UploadState): Promise<boolean> {
    const guard = { offset: { $eq: offset }, claimed_until: { $eq: claimed_until }, finished: { $eq: finished } }
    if (!state.finished || finished) return this.#tables.uploads.updateOne({ id, guard, set: state })
    const row = await this.#tables.uploads.findId(id)
    if (!row) return false
    await this.#quotas.recountLater(row.user_id)
    if (!(await this.#tables.uploads.updateOne({ id, guard, set: state, unset: ['open_of'] }))) return false
    await this.#quotas.give(row.user_id, { uploads: 1 })
    return true
  }

  async remove(id: string): Promise<UploadRecord | null> {
    const found = await this.#tables.uploads.findId(id)
    if (!found) return null
    if (!found.finished) await this.#quotas.recountLater(found.user_id)
    const row = await this.#tables.uploads.take(id)
    if (!row) return null
    const upload = toUpload(row)
    if (!upload.finished) {
      const bytes = (await this.#tables.files.findId(id)) ? 0 : upload.length
      await this.#quotas.give(upload.user_id, { bytes, uploads: 1 })
    }
    return upload
  }

  async expired(now: string, limit: number): Promise<UploadRecord[]> {
    const rows = await this.#tables.uploads.find({ expires_at: { $lte: now } }, { sort: { expires_at: 1 }, limit })
    return rows.map(toUpload)
  }
}

function openFor({ user_id, finished }: Pick<UploadRecord, 'user_id' | 'finished'>): Pick<UploadRow, 'open_of'> {
  return finished ? {} : { open_of: user_id }
}

function toUpload({ _id, open_of: _open_of, ...upload }: UploadRow): UploadRecord {
  return { id: _id, ...upload }
}
