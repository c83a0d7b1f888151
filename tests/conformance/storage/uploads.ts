import { describe, expect, test } from 'bun:test'
import type { UploadRecord } from '../../../src/domain/uploads.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'
const OPEN = { claimed_until: null, finished: false }

function uploadOf(user_id: string, more: Partial<UploadRecord> = {}): UploadRecord {
  return {
    id: id(),
    user_id,
    metadata: 'filename Zm9v',
    length: 100,
    offset: 0,
    parts: [],
    ...OPEN,
    created_at: AT,
    expires_at: LATER,
    ...more,
  }
}

export function uploadsConformance(subjects: Subjects): void {
  describe('uploads', () => {
    test('an upload is found as it was created and advanced, until it is removed', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const upload = uploadOf(id())
      await storage.uploads.create(upload)
      expect(await storage.uploads.find(upload.id)).toEqual(upload)
      const state = { ...OPEN, offset: 60, parts: [{ id: 'one', size: 60 }], expires_at: AT }
      expect(await storage.uploads.advance(upload.id, { ...OPEN, offset: 0 }, state)).toBe(true)
      expect(await storage.uploads.find(upload.id)).toEqual({ ...upload, ...state })
      expect(await storage.uploads.remove(upload.id)).toEqual({ ...upload, ...state })
      expect(await storage.uploads.remove(upload.id)).toBeNull()
      expect(await storage.uploads.find(upload.id)).toBeNull()
    })

    test('an upload that is not as expected is not advanced, and neither is one that is gone', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const upload = uploadOf(id(), { offset: 40, claimed_until: LATER })
      await storage.uploads.create(upload)
      const state = { ...OPEN, offset: 60, parts: [], expires_at: AT }
      for (const expected of [
        { offset: 0, claimed_until: LATER, finished: false },
        { offset: 40, claimed_until: null, finished: false },
        { offset: 40, claimed_until: LATER, finished: true },
      ])
        expect(await storage.uploads.advance(upload.id, expected, state)).toBe(false)
      expect(await storage.uploads.find(upload.id)).toEqual(upload)
      expect(await storage.uploads.advance(id(), { ...OPEN, offset: 0 }, state)).toBe(false)
    })

    test('of 20 that advance an upload from the same offset one succeeds, and of 20 that remove it too', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const upload = uploadOf(id())
      await storage.uploads.create(upload)
      const advances = range(20).map(offset =>
        storage.uploads.advance(
          upload.id,
          { ...OPEN, offset: 0 },
          { ...OPEN, offset, parts: [{ id: `part ${offset}`, size: offset }], expires_at: LATER },
        ),
      )
      const won = (await Promise.all(advances)).flatMap((carried, index) => (carried ? [index + 1] : []))
      expect(won).toHaveLength(1)
      const offset = won[0] ?? 0
      expect(await storage.uploads.find(upload.id)).toMatchObject({ offset, parts: [{ id: `part ${offset}` }] })
      const removals = await Promise.all(range(20).map(() => storage.uploads.remove(upload.id)))
      expect(removals.filter(Boolean)).toHaveLength(1)
    })

    test('uploads of a user are open until they are finished or removed', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, bob] = [id(), id()]
      const uploads = range(3).map(() => uploadOf(ada))
      for (const upload of [...uploads, uploadOf(bob)]) await storage.uploads.create(upload)
      const open = async () => (await storage.uploads.openOf(ada)).map(upload => upload.id).sort()
      expect(await open()).toEqual(uploads.map(upload => upload.id).sort())
      const [first, second, third] = uploads.map(upload => upload.id)
      const done = { offset: 0, parts: [], claimed_until: null, finished: true, expires_at: LATER }
      await storage.uploads.advance(first ?? '', { ...OPEN, offset: 0 }, done)
      await storage.uploads.remove(second ?? '')
      expect(await open()).toEqual([third ?? ''])
      expect(await storage.uploads.openOf(id())).toEqual([])
    })

    test('expired uploads are listed by their time, finished ones too, and are not removed by a sweep', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const times = ['2026-11-24T12:00:00.000Z', '2026-11-24T10:00:00.000Z', LATER]
      const uploads = times.map((expires_at, index) => uploadOf(id(), { expires_at, finished: index === 0 }))
      for (const upload of uploads) await storage.uploads.create(upload)
      const [first, second] = uploads.map(upload => upload.id)
      const listed = async (limit: number) =>
        (await storage.uploads.expired('2026-11-24T12:00:00.000Z', limit)).map(upload => upload.id)
      expect(await listed(10)).toEqual([second ?? '', first ?? ''])
      expect(await listed(1)).toEqual([second ?? ''])
      await storage.sweep(LATER)
      expect(await listed(10)).toEqual([second ?? '', first ?? ''])
    })
  })
}
