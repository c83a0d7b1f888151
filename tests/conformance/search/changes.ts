import { describe, expect, test } from 'bun:test'
import type { SearchIndex } from '../../../src/ports/search.ts'
import { put, remove, room } from './subject.ts'

export function changesConformance(index: () => SearchIndex): void {
  describe('changes', () => {
    test('an edit replaces the text', async () => {
      const { message, apply, hits } = room(index)
      const first = message('the original sentence')
      await apply(put(first))
      await apply(put({ ...first, change: 7, content: 'a replaced sentence' }))
      expect(await hits('original')).toEqual([])
      expect(await hits('sentence')).toEqual([first.id])
      expect(await hits('replaced')).toEqual([first.id])
    })

    test('a removed message is not found, and removing it again changes nothing', async () => {
      const { message, apply, hits } = room(index)
      const [gone, stays] = [message('removable words'), message('removable too')]
      await apply(put(gone), put(stays))
      await apply(remove(gone))
      await apply(remove(gone))
      expect(await hits('removable')).toEqual([stays.id])
    })

    test('repeated changes change nothing', async () => {
      const { message, apply, hits } = room(index)
      const [one, two] = [message('repeated one'), message('repeated two')]
      const edited = { ...one, change: 9, content: 'repeated edit' }
      const changes = [put(one), put(two), put(edited), remove(two)]
      await apply(...changes)
      await apply(...changes)
      expect(await hits('repeated')).toEqual([one.id])
      expect(await hits('edit')).toEqual([one.id])
    })

    test('messages of the same time are all kept', async () => {
      const { message, apply, hits } = room(index)
      const created_at = '2026-05-05T05:05:05.005Z'
      const many = Array.from({ length: 300 }, () => message('simultaneous', { created_at }))
      await apply(...many.slice(0, 150).map(put))
      await apply(...many.slice(150).map(put))
      expect((await hits('simultaneous', { sort: 'recent', page: 40 })).toSorted()).toEqual(
        many.map(({ id }) => id).toSorted(),
      )
    })

    test('an older message that arrives late stands in its place', async () => {
      const { message, apply, hits } = room(index)
      const [early, late] = [
        message('timely', { created_at: '2026-01-01T00:00:00.000Z' }),
        message('timely', { created_at: '2026-02-01T00:00:00.000Z' }),
      ]
      await apply(put(late))
      await apply(put(early))
      expect(await hits('timely', { sort: 'recent' })).toEqual([late.id, early.id])
    })

    test('a purge removes the messages of its conversation and no others', async () => {
      const [purged, other] = [room(index), room(index)]
      await purged.say(...Array.from({ length: 35 }, (_text, n) => `purged ${n} canary`))
      const [kept] = await other.say('canary too')
      await purged.apply({ kind: 'purge', conversation_id: purged.conversation_id })
      // The text leaves the index soon after. Nobody is a member any more.
      const left = async () => (await purged.hits('canary')).length
      for (const end = performance.now() + 30_000; (await left()) > 0 && performance.now() < end;) await Bun.sleep(5)
      expect(await left()).toBe(0)
      expect(await other.hits('canary')).toEqual([kept ?? ''])
    })
  })
}
