import type { ApiKeyRecord } from '../../../domain/api-keys.ts'
import type { ApiKeyPatch, ApiKeys } from '../../../ports/api-keys.ts'
import type { Page } from '../../../ports/storage.ts'
import { idPage } from './conversations.ts'
import type { ApiKeyRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

export class MongoApiKeys implements ApiKeys {
  readonly #table: Tables['api_keys']
  constructor({ api_keys }: Pick<Tables, 'api_keys'>) {
    this.#table = api_keys
  }

  async create(key: ApiKeyRecord): Promise<void> {
    await this.#table.insert(toRow(key))
  }

  async find(id: string): Promise<ApiKeyRecord | null> {
    const row = await this.#table.findId(id)
    return row && toApiKey(row)
  }

  async findByHash(hash: string): Promise<ApiKeyRecord | null> {
    const row =
      (await this.#table.findOne({ hash: { $eq: hash } })) ??
      (await this.#table.findOne({ previous_hash: { $eq: hash } }))
    return row && toApiKey(row)
  }

  async list(page: Page): Promise<ApiKeyRecord[]> {
    const sort = { _id: page.ascending ? 1 : -1 } as const
    return (await this.#table.find(idPage(page), { sort, limit: page.limit })).map(toApiKey)
  }

  async update(id: string, patch: ApiKeyPatch): Promise<ApiKeyRecord | null> {
    if (Object.keys(patch).length > 0) await this.#table.updateOne({ id, set: patch })
    return this.find(id)
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#table.delete({ _id: { $eq: id } })) > 0
  }

  async removeOfUser(user_id: string): Promise<string[]> {
    const filter = { user_id: { $eq: user_id } }
    const ids = (await this.#table.find(filter)).map(({ _id }) => _id)
    if (ids.length > 0) await this.#table.delete(filter)
    return ids
  }
}

export function toRow({ id: _id, ...key }: ApiKeyRecord): ApiKeyRow {
  return { _id, ...key }
}

function toApiKey({ _id, ...key }: ApiKeyRow): ApiKeyRecord {
  return { id: _id, ...key }
}
