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
        expect(await statuses.save(ada, { presence: 'away', text: 'lunch' })).toEqual({
          ...noStatus(ada),
          presence: 'away',
          text: 'lunch',
        })
        expect(await statuses.save(ada, { text: null, emoji: '🌮', expires_at: LATER })).toEqual({
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

    test('the time of the last activity moves forward only, and leaves the rest as it is', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      await statuses.save(ada, { presence: 'dnd' })
      for (const at of [AT, LATER, AT]) await statuses.touch(ada, at)
      expect(await statuses.findMany([ada])).toEqual([{ ...noStatus(ada), presence: 'dnd', last_active_at: LATER }])
    })

    test('concurrent changes of different fields are all applied', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { statuses } = storage
      const ada = id()
      await Promise.all([
        statuses.save(ada, { presence: 'dnd' }),
        statuses.save(ada, { text: 'busy' }),
        statuses.save(ada, { emoji: '🔨' }),
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
      await statuses.save(ada, { text: 'gone soon' })
      for (const _ of range(2)) await statuses.remove(ada)
      expect(await statuses.findMany([ada])).toEqual([])
    })
  })
}
