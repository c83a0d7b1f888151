import type { ApiKeyRecord } from '../domain/api-keys.ts'
import type { Page } from './storage.ts'

/** What of a key changes. */
export type ApiKeyPatch = Partial<Omit<ApiKeyRecord, 'id' | 'user_id' | 'created_by' | 'created_at'>>

/** Keys of the API. Each is also a session of its account with the same id; a key whose session has ended has no effect. */
export interface ApiKeys {
  create(key: ApiKeyRecord): Promise<void>
  /** Also one that has expired. */
  find(id: string): Promise<ApiKeyRecord | null>
  /** By the hash of its secret, or of the secret before that. */
  findByHash(hash: string): Promise<ApiKeyRecord | null>
  /** By id. */
  list(page: Page): Promise<ApiKeyRecord[]>
  /** The key after it; null: there is none. */
  update(id: string, patch: ApiKeyPatch): Promise<ApiKeyRecord | null>
  /** false: there was none. */
  remove(id: string): Promise<boolean>
  /** Removes the keys of an account and returns their ids. */
  removeOfUser(user_id: string): Promise<string[]>
}
