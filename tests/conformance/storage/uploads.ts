import { describe, expect, test } from 'bun:test'
import type { UploadRecord } from '../../../src/domain/uploads.ts'
import { aFile } from './files.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'
const LIMITS = { quota_bytes: 1_000, max_open: 20 }
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
      await storage.uploads.create(upload, LIMITS)
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
      await storage.uploads.create(upload, LIMITS)
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
      await storage.uploads.create(upload, LIMITS)
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

    test('of 50 that are created at once as many are as fit the quota, and each of them becomes a file', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, bob] = [id(), id()]
      const uploads = range(50).map(() => uploadOf(ada))
      const raced = await Promise.all(uploads.map(upload => storage.uploads.create(upload, LIMITS)))
      const admitted = uploads.filter((_, index) => raced[index] === 'created')
      expect(new Set(raced)).toEqual(new Set(['created', 'quota_exceeded']))
      expect(admitted).toHaveLength(10)
      expect(await storage.files.usage(ada)).toBe(1_000)
      expect(await storage.files.create(aFile(ada), { quota_bytes: 1_000, expires_at: LATER })).toBe('quota_exceeded')
      expect(await storage.uploads.create(uploadOf(bob), LIMITS)).toBe('created')
      for (const { id: file_id } of admitted) {
        const file = aFile(ada, { id: file_id })
        const twice = [file, { ...file, name: 'again' }].map(each =>
          storage.files.create(each, { quota_bytes: null, expires_at: LATER }),
        )
        expect(await Promise.all(twice)).toEqual(['created', 'created'])
        expect(await storage.files.usage(ada)).toBe(1_000)
        const done = { offset: 0, parts: [], claimed_until: null, finished: true, expires_at: LATER }
        expect(await storage.uploads.advance(file_id, { ...OPEN, offset: 0 }, done)).toBe(true)
      }
      expect(await storage.files.listOfUser(ada, '', 100)).toHaveLength(10)
      const [first, second] = admitted
      expect(await storage.files.remove(first?.id ?? '')).toBe('removed')
      await storage.uploads.remove(second?.id ?? '')
      expect(await storage.files.usage(ada)).toBe(900)
    })

    test('an upload that is removed has nothing reserved any more, and of 50 at once so many are open', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const most = { quota_bytes: 100_000, max_open: 7 }
      const uploads = range(50).map(() => uploadOf(ada))
      const raced = await Promise.all(uploads.map(upload => storage.uploads.create(upload, most)))
      const [first, second, ...others] = uploads.filter((_, index) => raced[index] === 'created')
      expect([others.length, new Set(raced)]).toEqual([5, new Set(['created', 'too_many_uploads'])])
      const done = { offset: 0, parts: [], claimed_until: null, finished: true, expires_at: LATER }
      await storage.files.create(aFile(ada, { id: first?.id ?? '' }), { quota_bytes: null, expires_at: LATER })
      await storage.uploads.advance(first?.id ?? '', { ...OPEN, offset: 0 }, done)
      await Promise.all(range(3).map(() => storage.uploads.remove(second?.id ?? '')))
      expect(await storage.files.usage(ada)).toBe(600)
      const again = await Promise.all(range(3).map(() => storage.uploads.create(uploadOf(ada), most)))
      expect(again.toSorted()).toEqual(['created', 'created', 'too_many_uploads'])
      for (const { id: upload_id } of others) await storage.uploads.remove(upload_id)
      expect(await storage.files.usage(ada)).toBe(300)
      // What is compared after a crash is what was counted before.
      await storage.sweep('2099-01-01T00:00:00.000Z')
      expect(await storage.files.usage(ada)).toBe(300)
      expect(await storage.uploads.create(uploadOf(ada), { ...most, max_open: 2 })).toBe('too_many_uploads')
      expect(await storage.uploads.create(uploadOf(ada), { quota_bytes: 400, max_open: 3 })).toBe('created')
    })

    test('expired uploads are listed by their time, finished ones too, and are not removed by a sweep', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const times = ['2026-11-24T12:00:00.000Z', '2026-11-24T10:00:00.000Z', LATER]
      const uploads = times.map((expires_at, index) => uploadOf(id(), { expires_at, finished: index === 0 }))
      for (const upload of uploads) await storage.uploads.create(upload, LIMITS)
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
