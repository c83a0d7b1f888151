import type { UploadRecord, UploadState } from '../../../domain/uploads.ts'
import type { ExpectedUpload, Uploads } from '../../../ports/uploads.ts'
import type { UploadRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

export class MongoUploads implements Uploads {
  readonly #tables: Tables
  constructor(tables: Tables) {
    this.#tables = tables
  }

  async create({ id, ...upload }: UploadRecord): Promise<void> {
    // An insert of unknown outcome that is repeated finds itself.
    await this.#tables.uploads.insert({ _id: id, ...upload, ...openFor(upload) })
  }

  async find(id: string): Promise<UploadRecord | null> {
    const row = await this.#tables.uploads.findId(id)
    return row && toUpload(row)
  }

  async openOf(user_id: string): Promise<UploadRecord[]> {
    const rows = await this.#tables.uploads.findIn('open_of', [user_id], { limit: 1_000 })
    return rows.map(toUpload)
  }

  advance(id: string, { offset, claimed_until, finished }: ExpectedUpload, state: UploadState): Promise<boolean> {
    const guard = { offset: { $eq: offset }, claimed_until: { $eq: claimed_until }, finished: { $eq: finished } }
    return this.#tables.uploads.updateOne({ id, guard, set: state, ...(state.finished ? { unset: ['open_of'] } : {}) })
  }

  async remove(id: string): Promise<UploadRecord | null> {
    const row = await this.#tables.uploads.take(id)
    return row && toUpload(row)
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
