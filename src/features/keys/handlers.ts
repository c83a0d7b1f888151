import type { Contract } from '../../../contracts/index.ts'
import type { ApiKey } from '../../../contracts/keys.ts'
import type { Handlers } from '../../context.ts'
import type { ApiKeyRecord } from '../../domain/api-keys.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { makeApiKey } from '../../identity/api-keys.ts'
import { accountOf } from './account.ts'

/** When the session of a key without end expires. */
const NEVER = '9999-12-31T23:59:59.000Z'
const HOUR_MS = 60 * 60 * 1_000

export const keys: Handlers<Contract['keys']> = {
  async create(context, input) {
    const { caller, storage, clock, ids, client, fail } = context
    const { name, scopes, act_as, rate = null, expires_at = null } = input
    const now = clock()
    if (expires_at !== null && expires_at <= now.toISOString())
      return fail('validation_failed', { errors: [{ path: 'expires_at', message: 'has passed' }] })
    const account = await accountOf(context, input)
    const at = now.toISOString()
    const { key, hash } = makeApiKey()
    const record: ApiKeyRecord = {
      id: ids(),
      user_id: account.id,
      name,
      hash,
      previous_hash: null,
      previous_until: null,
      scopes: [...new Set(scopes)],
      act_as,
      rate,
      created_by: caller.id,
      created_at: at,
      expires_at,
      last_used_at: null,
    }
    // The session first: a key without one has no effect.
    const session = {
      id: record.id,
      user_id: account.id,
      generation: 0,
      rotated_at: at,
      created_at: at,
      last_used_at: at,
      expires_at: expires_at ?? NEVER,
      revoked_at: null,
      user_agent: `API key ${name}`,
      address: client.address,
    }
    if ((await storage.sessions.open(session, { password_hash: account.password_hash })) === 'conflict')
      return fail('not_found')
    await storage.apiKeys.create(record)
    return { ...toApiKey(record), key }
  },

  async list({ storage }, input) {
    const found = await storage.apiKeys.list(pageFor(input))
    return toList(found.map(toApiKey), input.limit, ({ id }) => id)
  },

  async get({ storage, fail }, { key_id }) {
    const key = await storage.apiKeys.find(key_id)
    return key ? toApiKey(key) : fail('not_found')
  },

  async update({ storage, fail }, { key_id, ...fields }) {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    const key = await storage.apiKeys.update(key_id, Object.fromEntries(given))
    return key ? toApiKey(key) : fail('not_found')
  },

  async rotate({ storage, clock, fail }, { key_id, overlap_hours }) {
    const before = await storage.apiKeys.find(key_id)
    if (!before) return fail('not_found')
    const { key, hash } = makeApiKey()
    const previous_until = new Date(clock().getTime() + overlap_hours * HOUR_MS).toISOString()
    const after = await storage.apiKeys.update(key_id, { hash, previous_hash: before.hash, previous_until })
    return after ? { ...toApiKey(after), key } : fail('not_found')
  },

  async delete({ storage, sessionCache, clock, fail }, { key_id }) {
    // The session before the row: without it a key has no effect, whatever becomes of the row.
    const revoked = (await storage.apiKeys.find(key_id)) !== null
    if (!revoked) return fail('not_found')
    await storage.sessions.revoke(key_id, clock().toISOString())
    sessionCache.ended([key_id])
    await storage.apiKeys.remove(key_id)
    return null
  },
}

function toApiKey(key: ApiKeyRecord): ApiKey {
  const { id, name, user_id, scopes, act_as, rate, created_by, created_at, expires_at, last_used_at } = key
  return { id, name, user_id, scopes, act_as, rate, created_by, created_at, expires_at, last_used_at }
}
