import { describe, expect, test } from 'bun:test'
import type { NewJob } from '../../../src/ports/jobs.ts'
import { id, range, type Subjects } from './subject.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 26, 9, 0, second)).toISOString()
const job = (name: string, due = 0, queue = 'push'): NewJob => ({
  id: name,
  queue,
  payload: `{"n":"${name}"}`,
  due_at: at(due),
})

export function jobsConformance(subjects: Subjects): void {
  describe('queued work', () => {
    test('is claimed when it is due, the earliest first, and once until the claim ends', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { jobs } = storage
      await jobs.enqueue([job('later', 20), job('second', 2), job('first', 1), job('mail', 1, 'mail')])
      await jobs.enqueue([{ ...job('first', 1), payload: 'a repeat changes nothing' }])
      expect(await jobs.claim('push', at(0), at(30), 10)).toEqual([])
      const claimed = await jobs.claim('push', at(10), at(30), 10)
      expect(claimed).toEqual([
        { ...job('first'), due_at: at(30), attempts: 1 },
        { ...job('second'), due_at: at(30), attempts: 1 },
      ])
      expect((await jobs.claim('push', at(29), at(60), 10)).map(each => each.id)).toEqual(['later'])
      // The claim has ended: the process that had it may be dead.
      expect((await jobs.claim('push', at(30), at(60), 1)).map(each => [each.id, each.attempts])).toEqual([
        ['first', 2],
      ])
      // The late end of the first claim does not end the second.
      for (const each of claimed) await jobs.done(each)
      expect((await jobs.claim('push', at(60), at(90), 10)).map(each => each.id).toSorted()).toEqual(['first', 'later'])
    })

    test('survives that the store is closed', async () => {
      await using subject = await subjects()
      {
        await using storage = await subject.open()
        await storage.jobs.enqueue([job('one'), job('two')])
        expect(await storage.jobs.claim('push', at(1), at(5), 1)).toHaveLength(1)
      }
      await using storage = await subject.open()
      expect(await storage.jobs.claim('push', at(1), at(5), 10)).toHaveLength(1)
      expect(await storage.jobs.claim('push', at(5), at(9), 10)).toHaveLength(2)
    })

    test('that fails is due again later, or dead until the sweep', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { jobs } = storage
      await jobs.enqueue([job('one'), job('two')])
      const [one, two] = await jobs.claim('push', at(1), at(60), 10)
      if (!one || !two) throw new Error('nothing was claimed')
      await jobs.fail(one, { at: at(5) })
      await jobs.fail(two, { dead: true, expires_at: at(50) })
      expect(await jobs.state('push', at(4))).toEqual({ due: 0, oldest_due_at: null, dead: 1 })
      expect(await jobs.state('push', at(9))).toEqual({ due: 1, oldest_due_at: at(5), dead: 1 })
      expect((await jobs.claim('push', at(59), at(70), 10)).map(each => each.id)).toEqual(['one'])
      await storage.sweep(at(49))
      expect((await jobs.state('push', at(9))).dead).toBe(1)
      await storage.sweep(at(50))
      expect((await jobs.state('push', at(9))).dead).toBe(0)
      // Done or dead jobs may be added again.
      await jobs.enqueue([job('two')])
      expect((await jobs.state('push', at(9))).due).toBe(1)
    })

    test('is given to one of several callers', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      await storage.jobs.enqueue(range(20).map(n => job(`job ${n}`)))
      const claims = await Promise.all(range(6).map(() => storage.jobs.claim('push', at(1), at(9), 8)))
      const claimed = claims.flat().map(each => each.id)
      expect(new Set(claimed).size).toBe(claimed.length)
    })
  })

  describe('an owner of background work', () => {
    test('is one of those who race for it, and is replaced only by who saw its last heartbeat', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { owners } = storage
      expect(await owners.find('followers')).toBeNull()
      const records = range(10).map(() => ({ name: 'followers', owner: id(), heartbeat: 1 }))
      const won = await Promise.all(records.map(record => owners.replace(null, record)))
      expect(won.filter(Boolean)).toHaveLength(1)
      const first = await owners.find('followers')
      if (!first) throw new Error('there is no owner')
      expect(records[won.indexOf(true)]).toEqual(first)
      expect(await owners.replace(first, { ...first, heartbeat: 2 })).toBe(true)
      expect(await owners.replace(first, { ...first, owner: id() })).toBe(false)
      await owners.release('followers', id())
      expect(await owners.find('followers')).toEqual({ ...first, heartbeat: 2 })
      await owners.release('followers', first.owner)
      expect(await owners.find('followers')).toBeNull()
    })
  })
}
