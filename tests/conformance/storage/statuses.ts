import { describe, expect, test } from 'bun:test'
import { noStatus } from '../../../src/domain/status.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-11-24T10:00:00.000Z'

export function statusesConformance(subjects: Subjects): void {
  describe('statuses', () => {
    test('a status merges what is given, and survives the process', async () => {
      await using subject = await subjects()
      const [ada, bob] = [id(), id()]
      {
        await using storage = await subject.open()
        const { statuses } = storage
        expect(await statuses.findMany([ada])).toEqual([])
        expect(await statuses.save(ada, { presence: 'away', text: 'lunch' }, AT)).toEqual({
          ...noStatus(ada),
          presence: 'away',
          text: 'lunch',
        })
        expect(await statuses.save(ada, { text: null, emoji: '🌮', expires_at: LATER }, AT)).toEqual({
          ...noStatus(ada),
          presence: 'away',
          emoji: '🌮',
          expires_at: LATER,
        })
        await statuses.touch(bob, AT)
      }
      await using storage = await subject.open()
      const found = await storage.statuses.findMany([ada, bob, id()])
      expect(found.toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1))).toEqual([
        { ...noStatus(ada), presence: 'away', emoji: '🌮', expires_at: LATER },
        { ...noStatus(bob), last_active_at: AT },
      ])
    })

    test('a patch is merged into what has not expired, and of 20 at once that find it expired each is applied', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      const set = { presence: 'away', text: 'lunch', emoji: '🌮', expires_at: LATER } as const
      await statuses.save(ada, set, AT)
      await statuses.touch(ada, AT)
      const before = new Date(Date.parse(LATER) - 1).toISOString()
      expect(await statuses.save(ada, { text: 'still lunch' }, before)).toMatchObject({ ...set, text: 'still lunch' })
      const fields = [{ presence: 'dnd' }, { text: 'back' }, { emoji: '🔨' }] as const
      for (const _ of range(5)) {
        await statuses.save(ada, set, AT)
        await Promise.all(range(20).map(n => statuses.save(ada, fields[n % 3] ?? {}, LATER)))
        const merged = { presence: 'dnd' as const, text: 'back', emoji: '🔨', expires_at: null, last_active_at: AT }
        expect(await statuses.findMany([ada])).toEqual([{ user_id: ada, ...merged }])
      }
      await statuses.save(ada, set, AT)
      const ended = { ...noStatus(ada), text: 'back', last_active_at: AT }
      expect(await statuses.save(ada, { text: 'back' }, LATER)).toEqual(ended)
    })

    test('the time of the last activity moves forward only, and leaves the rest as it is', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      await statuses.save(ada, { presence: 'dnd' }, AT)
      for (const at of [AT, LATER, AT]) await statuses.touch(ada, at)
      expect(await statuses.findMany([ada])).toEqual([{ ...noStatus(ada), presence: 'dnd', last_active_at: LATER }])
    })

    test('concurrent changes of different fields are all applied', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      await Promise.all([
        statuses.save(ada, { presence: 'dnd' }, AT),
        statuses.save(ada, { text: 'busy' }, AT),
        statuses.save(ada, { emoji: '🔨' }, AT),
        ...range(5).map(() => statuses.touch(ada, AT)),
      ])
      expect(await statuses.findMany([ada])).toEqual([
        { ...noStatus(ada), presence: 'dnd', text: 'busy', emoji: '🔨', last_active_at: AT },
      ])
    })

    test('a removed status is as one that was never set, and removing it again changes nothing', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      await statuses.save(ada, { text: 'gone soon' }, AT)
      for (const _ of range(2)) await statuses.remove(ada)
      expect(await statuses.findMany([ada])).toEqual([])
    })
  })
}
