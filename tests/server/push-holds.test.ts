import { expect, test } from 'bun:test'
import { PushServiceHolds } from '../../src/features/notifications/service-holds.ts'
import { Turns } from '../../src/features/notifications/turns.ts'

test('a push service that fails is held for a time that doubles up to 5 minutes, until it answers', () => {
  const holds = new PushServiceHolds()
  const start = Date.now()
  let now = start
  const held = () => (holds.heldUntil('push.example.com', new Date(now))?.getTime() ?? now) - now
  const waits = Array.from({ length: 11 }, () => {
    holds.failed('push.example.com', new Date(now))
    // Another push that was in progress: it was the same failure.
    holds.failed('push.example.com', new Date(now))
    const wait = held()
    now += wait
    return wait / 1000
  })
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  expect(held()).toBe(0)
  expect(holds.heldUntil('other.example.com', new Date(start))).toBeNull()
  holds.answered('push.example.com')
  holds.failed('push.example.com', new Date(now))
  expect(held()).toBe(1_000)
})

test('work of one key runs in turns, of several keys side by side, and a failure ends no turn of others', async () => {
  const turns = new Turns(1)
  const order: string[] = []
  const first = Promise.withResolvers<void>()
  const work =
    (name: string, wait: Promise<void> = Promise.resolve()) =>
    async () => {
      order.push(`${name} begins`)
      await wait
      order.push(`${name} ends`)
      if (name === 'a1') throw new Error('failed')
    }
  const running = [turns.run('a', work('a1', first.promise)), turns.run('a', work('a2')), turns.run('b', work('b1'))]
  await running[2]
  expect(order).toEqual(['a1 begins', 'b1 begins', 'b1 ends'])
  first.resolve()
  const outcomes = await Promise.allSettled(running)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(order.slice(3)).toEqual(['a1 ends', 'a2 begins', 'a2 ends'])
})
