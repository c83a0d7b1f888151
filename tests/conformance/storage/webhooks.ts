import { describe, expect, test } from 'bun:test'
import type { DeliveryRecord, WebhookRecord } from '../../../src/domain/webhooks.ts'
import type { AttemptPatch } from '../../../src/ports/webhooks.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const [SOON, LATER] = ['2026-11-24T09:31:00.000Z', '2026-12-24T09:30:00.000Z']
const PAGE = { ascending: true, limit: 10 }

function webhook(more: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: id(),
    url: 'https://example.com/parley',
    events: ['message.created', 'message.deleted'],
    conversation_id: null,
    description: 'the shop',
    secret: 'whsec_AAAA',
    previous_secret: null,
    previous_until: null,
    enabled: true,
    disabled_reason: null,
    failing_since: null,
    created_by: id(),
    created_at: AT,
    updated_at: AT,
    ...more,
  }
}

function delivery(webhook_id: string, more: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    id: id(),
    webhook_id,
    event: 'message.created',
    stream: id(),
    change: 1,
    status: 'waiting',
    attempts: 0,
    due_at: AT,
    attempted_at: null,
    status_code: null,
    error: null,
    duration_ms: null,
    created_at: AT,
    expires_at: null,
    ...more,
  }
}

const done: AttemptPatch = {
  status: 'delivered',
  due_at: null,
  attempted_at: AT,
  status_code: 204,
  error: null,
  duration_ms: 3,
  expires_at: LATER,
}

export function webhooksConformance(subjects: Subjects): void {
  describe('webhooks', () => {
    test('are found, listed by id, changed, removed with their deliveries, and survive the process', async () => {
      await using subject = await subjects()
      const all = [webhook(), webhook({ events: null, conversation_id: id(), enabled: false }), webhook()]
      const [one, two, three] = all
      if (!one || !two || !three) throw new Error('three webhooks')
      {
        await using storage = await subject.open()
        for (const each of all) await storage.webhooks.create(each)
      }
      await using storage = await subject.open()
      const { webhooks } = storage
      expect(await webhooks.list(PAGE)).toEqual(all)
      expect(await webhooks.list({ ascending: false, limit: 2 })).toEqual([three, two])
      const patch = { enabled: false, disabled_reason: 'gone' as const, failing_since: AT, events: null }
      expect(await webhooks.update(one.id, patch)).toEqual({ ...one, ...patch })
      expect(await webhooks.find(one.id)).toEqual({ ...one, ...patch })
      expect(await webhooks.update(id(), patch)).toBeNull()
      await webhooks.addDeliveries([delivery(one.id), delivery(two.id)])
      expect([await webhooks.remove(one.id), await webhooks.remove(one.id)]).toEqual([true, false])
      expect(await webhooks.deliveries(one.id, {}, PAGE)).toEqual([])
      expect(await webhooks.waiting(two.id)).toBe(1)
    })

    test('deliveries are claimed once, the earliest first and by change, until their claim ends', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { webhooks } = storage
      const [mine, other] = [id(), id()]
      const stream = id()
      const changes = [12, 3, 40].map(change => delivery(mine, { stream, change }))
      const early = delivery(mine, { due_at: '2026-11-24T09:29:00.000Z' })
      const late = delivery(mine, { due_at: LATER })
      await webhooks.addDeliveries([...changes, early, late, delivery(other)])
      const claimed = [...(await webhooks.claim(mine, AT, SOON, 2)), ...(await webhooks.claim(mine, AT, SOON, 10))]
      expect(claimed.map(({ change }) => change)).toEqual([1, 3, 12, 40])
      expect(claimed[1]).toEqual({ ...delivery(mine), ...changes[1], due_at: SOON, attempts: 1 })
      expect(await webhooks.claim(mine, AT, SOON, 10)).toEqual([])
      const again = await webhooks.claim(mine, SOON, LATER, 10)
      expect(again.map(({ change, attempts }) => [change, attempts])).toEqual([
        [1, 2],
        [3, 2],
        [12, 2],
        [40, 2],
      ])
    })

    test('of many callers one gets each delivery', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const mine = id()
      await storage.webhooks.addDeliveries(range(20).map(change => delivery(mine, { change })))
      const claims = await Promise.all(range(8).map(() => storage.webhooks.claim(mine, AT, SOON, 20)))
      const ids = claims.flat().map(each => each.id)
      expect(new Set(ids).size).toBe(ids.length)
      const rest = await storage.webhooks.claim(mine, AT, SOON, 20)
      expect(ids.length + rest.length).toBe(20)
    })

    test('an outcome counts for the claim that it belongs to, and one that ended is not added again', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { webhooks } = storage
      const mine = id()
      const [one, two] = [delivery(mine), delivery(mine, { change: 2 })]
      await webhooks.addDeliveries([one, two])
      await webhooks.claim(mine, AT, AT, 2)
      await webhooks.claim(mine, SOON, LATER, 2)
      await webhooks.settle({ id: one.id, attempts: 1 }, done)
      expect(await webhooks.waiting(mine)).toBe(2)
      await webhooks.settle({ id: one.id, attempts: 2 }, done)
      const retry = {
        ...done,
        status: 'waiting' as const,
        due_at: SOON,
        status_code: 503,
        error: 'answered 503',
        expires_at: null,
      }
      await webhooks.settle({ id: two.id, attempts: 2 }, retry)
      await webhooks.settle({ id: one.id, attempts: 2 }, retry)
      await webhooks.addDeliveries([one, two])
      expect(await webhooks.deliveries(mine, {}, PAGE)).toEqual([
        { ...one, ...done, attempts: 2 },
        { ...two, ...retry, attempts: 2 },
      ])
      expect(await webhooks.waiting(mine)).toBe(1)
      expect((await webhooks.claim(mine, SOON, LATER, 5)).map(each => each.id)).toEqual([two.id])
    })

    test('deliveries are listed by status, replayed by range, dropped while they wait, and swept after their end', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { webhooks } = storage
      const mine = id()
      const all = range(5).map(change => delivery(mine, { change }))
      await webhooks.addDeliveries(all)
      for (const [index, { id: delivery_id, attempts }] of (await webhooks.claim(mine, AT, SOON, 4)).entries())
        await webhooks.settle({ id: delivery_id, attempts }, { ...done, status: index < 2 ? 'delivered' : 'failed' })
      const changes = async (filter: Parameters<typeof webhooks.deliveries>[1], page = PAGE) =>
        (await webhooks.deliveries(mine, filter, page)).map(({ change }) => change)
      expect(await changes({ status: 'delivered' })).toEqual([1, 2])
      expect(await changes({}, { ascending: false, limit: 2 })).toEqual([5, 4])
      const [first, , third] = all.map(each => each.id)
      const range_of = { first: first ?? '', last: third ?? '' }
      expect(await webhooks.replay(mine, { ...range_of, status: 'failed' }, SOON)).toBe(1)
      expect(await webhooks.replay(id(), range_of, SOON)).toBe(0)
      expect(await changes({ status: 'waiting' })).toEqual([3, 5])
      expect(await webhooks.replay(mine, range_of, SOON)).toBe(2)
      const claimed = await webhooks.claim(mine, SOON, LATER, 10)
      expect(claimed.map(({ change, attempts }) => [change, attempts])).toEqual([
        [5, 1],
        [1, 1],
        [2, 1],
        [3, 1],
      ])
      await storage.sweep('2027-01-01T00:00:00.000Z')
      expect(await changes({})).toEqual([1, 2, 3, 5])
      await webhooks.dropWaiting(mine)
      expect(await changes({})).toEqual([])
    })
  })
}
