import { ENDED, noStatus, type StatusPatch, type StatusRecord } from '../../../domain/status.ts'
import type { Statuses } from '../../../ports/statuses.ts'
import { Unavailable } from '../../../ports/storage.ts'
import type { StatusRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/**
 * Each write is one upsert of the fields that it sets, so that concurrent ones of other fields are kept. What has expired is removed
 * on the condition that it still is what has expired.
 */
export class MongoStatuses implements Statuses {
  readonly #tables: Pick<Tables, 'statuses'>
  constructor(tables: Pick<Tables, 'statuses'>) {
    this.#tables = tables
  }

  async findMany(user_ids: readonly string[]): Promise<StatusRecord[]> {
    return (await this.#tables.statuses.findIds(user_ids)).map(toStatus)
  }

  async save(user_id: string, patch: StatusPatch, now: string): Promise<StatusRecord> {
    await this.#tables.statuses.updateOne({ id: user_id, guard: { expires_at: { $lte: now } }, set: ENDED })
    await this.#tables.statuses.updateOne({ id: user_id, set: patch, upsert: true })
    const row = await this.#tables.statuses.findId(user_id)
    if (!row) throw new Unavailable('the status was removed while it was saved')
    return toStatus(row)
  }

  async touch(user_id: string, at: string): Promise<void> {
    await this.#tables.statuses.updateOne({ id: user_id, max: { last_active_at: at }, upsert: true })
  }

  async remove(user_id: string): Promise<void> {
    await this.#tables.statuses.delete({ _id: { $eq: user_id } })
  }
}

/** Fields that were never set are absent in the row. */
function toStatus({ _id, ...row }: StatusRow): StatusRecord {
  return { ...noStatus(_id), ...row }
}
