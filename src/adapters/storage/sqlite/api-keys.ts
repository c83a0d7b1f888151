import type { ApiKeyRecord } from '../../../domain/api-keys.ts'
import type { ApiKeys } from '../../../ports/api-keys.ts'
import { range, type Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { flag } from './rows.ts'

export const API_KEY =
  'id, user_id, name, hash, previous_hash, previous_until, scopes, act_as, rate, created_by, created_at, expires_at, ' +
  'last_used_at'

export type ApiKeyRow = Omit<ApiKeyRecord, 'scopes' | 'act_as'> & { scopes: string; act_as: number }

export function openApiKeys(db: Db, commits: GroupCommit): ApiKeys {
  const one = db.read<ApiKeyRow>(`SELECT ${API_KEY} FROM api_keys WHERE id = ?`)
  const byHash = db.read<ApiKeyRow>(`SELECT ${API_KEY} FROM api_keys WHERE hash = ?1 OR previous_hash = ?1`)
  const ofUser = db.read<{ id: string }>('SELECT id FROM api_keys WHERE user_id = ?')
  const listed = (edge: string, direction: string) =>
    db.read<ApiKeyRow>(`SELECT ${API_KEY} FROM api_keys WHERE id ${edge} ORDER BY id ${direction} LIMIT ?3`)
  const forward = listed('>= ?1 AND id < ?2', 'ASC')
  const backward = listed('<= ?1 AND id > ?2', 'DESC')
  const put = db.write(`INSERT OR REPLACE INTO api_keys (${API_KEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const remove = db.write('DELETE FROM api_keys WHERE id = ?')

  function write(key: ApiKeyRecord): void {
    put(
      key.id,
      key.user_id,
      key.name,
      key.hash,
      key.previous_hash,
      key.previous_until,
      JSON.stringify(key.scopes),
      flag(key.act_as),
      key.rate,
      key.created_by,
      key.created_at,
      key.expires_at,
      key.last_used_at,
    )
  }

  return {
    create: key => commits.submit(() => write(key)),
    async find(id) {
      const row = one.get(id)
      return row && toApiKey(row)
    },
    async findByHash(hash) {
      const row = byHash.get(hash)
      return row && toApiKey(row)
    },
    async list(page) {
      return (page.ascending ? forward : backward).all(...range(page), page.limit).map(toApiKey)
    },
    update: (id, patch) =>
      commits.submit(() => {
        const row = one.get(id)
        if (!row) return null
        const key = { ...toApiKey(row), ...patch }
        write(key)
        return key
      }),
    remove: id => commits.submit(() => remove(id) > 0),
    removeOfUser: user_id =>
      commits.submit(() => {
        const ids = ofUser.all(user_id).map(({ id }) => id)
        for (const id of ids) remove(id)
        return ids
      }),
  }
}

export function toApiKey(row: ApiKeyRow): ApiKeyRecord {
  // Cast: written by `write`.
  return { ...row, scopes: JSON.parse(row.scopes) as ApiKeyRecord['scopes'], act_as: row.act_as === 1 }
}
