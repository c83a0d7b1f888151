import { describe, expect, test } from 'bun:test'
import type { NoticeRecord } from '../../../src/domain/push.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'

export function noticesConformance(subjects: Subjects): void {
  describe('notices', () => {
    test('the first outcome of a device counts, and the rows go when they expire', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { notices } = storage
      const notice: NoticeRecord = {
        id: id(),
        created_by: id(),
        title: 'Maintenance',
        body: 'at ten',
        data: { colour: 'red' },
        accepted: 2,
        skipped: 1,
        devices: 3,
        created_at: AT,
        expires_at: LATER,
      }
      expect(await notices.find(notice.id)).toBeNull()
      await notices.create(notice)
      expect(await notices.find(notice.id)).toEqual(notice)
      expect(await notices.outcomes(notice.id)).toEqual({ delivered: 0, failed: 0 })
      const [one, two, three] = range(3).map(id)
      expect(await notices.hasOutcome(notice.id, one ?? '')).toBe(false)
      await notices.record(notice, one ?? '', 'delivered')
      expect(await notices.hasOutcome(notice.id, one ?? '')).toBe(true)
      expect(await notices.hasOutcome(notice.id, two ?? '')).toBe(false)
      expect(await notices.hasOutcome(id(), one ?? '')).toBe(false)
      await notices.record(notice, one ?? '', 'failed')
      await notices.record(notice, two ?? '', 'failed')
      await notices.record({ ...notice, id: id() }, three ?? '', 'failed')
      expect(await notices.outcomes(notice.id)).toEqual({ delivered: 1, failed: 1 })
      await storage.sweep(AT)
      expect(await notices.find(notice.id)).toEqual(notice)
      await storage.sweep(LATER)
      expect(await notices.find(notice.id)).toBeNull()
      expect(await notices.outcomes(notice.id)).toEqual({ delivered: 0, failed: 0 })
    })
  })
}
