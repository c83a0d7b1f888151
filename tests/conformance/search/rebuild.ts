import { describe, expect, test } from 'bun:test'
import { SearchUnavailable } from '../../../src/ports/search.ts'
import { EPOCH, put, remove, room, type SearchSubjects } from './subject.ts'

export function rebuildConformance(subjects: SearchSubjects): void {
  describe('rebuild', () => {
    test('a new index is absent, takes changes without keeping them, and answers no search until a rebuild has finished', async () => {
      await using subject = await subjects()
      await using index = await subject.open()
      const { message, hits } = room(() => index)
      expect(await index.state()).toBe('absent')
      const before = message('before the rebuild')
      await index.apply([put(before)])
      expect(hits('rebuild')).rejects.toBeInstanceOf(SearchUnavailable)
      const rebuild = await index.begin()
      expect(await index.state()).toBe('absent')
      expect(hits('rebuild')).rejects.toBeInstanceOf(SearchUnavailable)
      const during = message('during the rebuild')
      await index.apply([put(during)])
      await rebuild.apply([put(before)])
      await rebuild.finish()
      expect(await index.state()).toBe('whole')
      expect(await hits('rebuild', { sort: 'recent' })).toEqual([during.id, before.id])
    })

    test('the present index answers during a rebuild, and changes reach both', async () => {
      await using subject = await subjects()
      await using index = await subject.open()
      await (await index.begin()).finish()
      const { message, hits } = room(() => index)
      const [one, two, lost] = [message('present one'), message('present two'), message('present lost')]
      await index.apply([put(one), put(two), put(lost)])
      const rebuild = await index.begin()
      await rebuild.apply([put(one), put(two)])
      const edited = { ...one, change: 9, content: 'edited one' }
      await index.apply([put(edited), remove(two)])
      expect(await hits('present')).toEqual([lost.id])
      expect(await hits('edited')).toEqual([one.id])
      await rebuild.finish()
      // What storage did not have is gone with the earlier index.
      expect(await hits('present')).toEqual([])
      expect(await hits('edited')).toEqual([one.id])
    })

    test('a rebuild that was given up leaves the present index as it is', async () => {
      await using subject = await subjects()
      await using index = await subject.open()
      await (await index.begin()).finish()
      const { message, hits } = room(() => index)
      const kept = message('kept through it')
      await index.apply([put(kept)])
      await (await index.begin()).apply([put(message('given up'))])
      await (await index.begin()).apply([put(kept)])
      expect(await hits('kept')).toEqual([kept.id])
      expect(await hits('given')).toEqual([])
    })

    test('an index is there after it is opened again, for the same store only', async () => {
      await using subject = await subjects()
      const kept = await (async () => {
        await using index = await subject.open(EPOCH)
        await (await index.begin()).finish()
        const kept = room(() => index)
        await kept.say('still here')
        return kept
      })()
      {
        await using again = await subject.open(EPOCH)
        expect(await again.state()).toBe('whole')
        const conversations = [{ id: kept.conversation_id, last_seq: 1 }]
        expect((await room(() => again).hits('here', { conversations })).length).toBe(1)
      }
      await using other = await subject.open('another epoch')
      expect(await other.state()).toBe('absent')
    })
  })
}
