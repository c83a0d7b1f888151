import { describe, expect, test } from 'bun:test'
import type { ApiKeyRecord } from '../../../src/domain/api-keys.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-12-24T09:30:00.000Z'

function apiKey(more: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: id(),
    user_id: id(),
    name: 'shop',
    hash: `hash-${id()}`,
    previous_hash: null,
    previous_until: null,
    scopes: ['messages:read', 'users:write'],
    act_as: true,
    rate: 600,
    created_by: id(),
    created_at: AT,
    expires_at: null,
    last_used_at: null,
    ...more,
  }
}

export function apiKeysConformance(subjects: Subjects): void {
  describe('API keys', () => {
    test('keys are found by id and by either hash, listed by id, and survive the process', async () => {
      await using subject = await subjects()
      const keys = range(3).map(() => apiKey())
      const [one] = keys
      if (!one) throw new Error('no key')
      {
        await using storage = await subject.open()
        for (const key of keys) await storage.apiKeys.create(key)
        expect(await storage.apiKeys.find(one.id)).toEqual(one)
        const rotated = { hash: 'second', previous_hash: one.hash, previous_until: LATER }
        expect(await storage.apiKeys.update(one.id, rotated)).toEqual({ ...one, ...rotated })
      }
      await using storage = await subject.open()
      const { apiKeys } = storage
      for (const hash of [one.hash, 'second']) expect((await apiKeys.findByHash(hash))?.id).toBe(one.id)
      expect(await apiKeys.findByHash('third')).toBeNull()
      const ids = keys.map(key => key.id)
      const listed = async (page: { ascending: boolean; start?: string }) =>
        (await apiKeys.list({ limit: 2, ...page })).map(key => key.id)
      expect(await listed({ ascending: true })).toEqual(ids.slice(0, 2))
      expect(await listed({ ascending: true, start: ids[2] ?? '' })).toEqual(ids.slice(2))
      expect(await listed({ ascending: false })).toEqual(ids.toReversed().slice(0, 2))
    })

    test('keys are changed and removed, one by one and with their account', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { apiKeys } = storage
      const user_id = id()
      const keys = [apiKey({ user_id }), apiKey({ user_id }), apiKey()]
      for (const key of keys) await apiKeys.create(key)
      const [one, two, other] = keys.map(key => key.id)
      expect(await apiKeys.update(one ?? '', { rate: null, scopes: ['files:read'] })).toMatchObject({
        rate: null,
        scopes: ['files:read'],
        name: 'shop',
      })
      expect(await apiKeys.update(id(), { rate: null })).toBeNull()
      expect([await apiKeys.remove(other ?? ''), await apiKeys.remove(other ?? '')]).toEqual([true, false])
      expect((await apiKeys.removeOfUser(user_id)).toSorted()).toEqual([one, two].map(String).toSorted())
      expect(await apiKeys.list({ ascending: true, limit: 10 })).toEqual([])
    })

    test('a sweep removes keys that have expired, and leaves those without end', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [past, ahead, endless] = [apiKey({ expires_at: AT }), apiKey({ expires_at: LATER }), apiKey()]
      for (const key of [past, ahead, endless]) await storage.apiKeys.create(key)
      await storage.sweep('2026-11-25T09:30:00.000Z')
      const left = await storage.apiKeys.list({ ascending: true, limit: 10 })
      expect(left.map(key => key.id).toSorted()).toEqual([ahead.id, endless.id].toSorted())
    })
  })
}
