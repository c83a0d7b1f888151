import { describe, expect, test } from 'bun:test'
import type { Preferences } from '../../../contracts/entities.ts'
import { DEFAULT_PREFERENCES } from '../../../src/domain/preferences.ts'
import type { PreferencesRecord } from '../../../src/domain/records.ts'
import type { Storage } from '../../../src/ports/storage.ts'
import { auditStore } from '../../support/audit.ts'
import { id, range, type Subjects } from './subject.ts'

const NIGHTS: Preferences['quiet_hours'] = [{ days: ['mon', 'sun'], from: '22:00', to: '07:00', tz: 'Europe/Berlin' }]

const change = ({ log }: Storage, user_id: string, patch: Partial<Preferences>) =>
  log.appendToUser(user_id, { event: 'preferences.updated', patch })

export function preferencesConformance(subjects: Subjects): void {
  describe('preferences', () => {
    test('preferences merge what is given, and a change without effect appends nothing', async () => {
      await using subject = await subjects()
      const ada = id()
      const merged: PreferencesRecord = {
        user_id: ada,
        ...DEFAULT_PREFERENCES,
        level: 'mentions',
        quiet_hours: NIGHTS,
        preview: true,
      }
      {
        await using storage = await subject.open()
        expect(await storage.preferences.find(ada)).toBeNull()
        const defaults = { user_id: ada, ...DEFAULT_PREFERENCES }
        expect(await change(storage, ada, { level: 'all' })).toEqual({ outcome: 'unchanged', row: defaults })
        const first = await change(storage, ada, { level: 'mentions', quiet_hours: NIGHTS })
        expect(first).toEqual({ outcome: 'committed', row: { ...defaults, level: 'mentions', quiet_hours: NIGHTS } })
        expect(await change(storage, ada, { preview: true })).toMatchObject({ outcome: 'committed', row: merged })
        expect(await change(storage, ada, { quiet_hours: NIGHTS })).toEqual({ outcome: 'unchanged', row: merged })
        const entries = await storage.log.read(ada, 0, 10)
        expect(entries.map(({ change, event }) => [change, event])).toEqual([
          [1, 'preferences.updated'],
          [2, 'preferences.updated'],
        ])
        const { user_id: _user_id, ...data } = merged
        expect(JSON.parse(entries[1]?.json ?? '')).toEqual(data)
        await auditStore(storage, [], [ada])
      }
      await using storage = await subject.open()
      expect(await storage.preferences.find(ada)).toEqual(merged)
    })

    test('preferences of many users are read at once, of those who have changed them', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const users = range(5).map(id)
      await Promise.all(users.map(user_id => change(storage, user_id, { level: 'none' })))
      const found = await storage.preferences.findMany([...users, id()])
      expect(found.map(({ user_id, level }) => `${user_id} ${level}`).toSorted()).toEqual(
        users.map(user_id => `${user_id} none`).toSorted(),
      )
      expect(await storage.preferences.findMany([])).toEqual([])
    })

    test('concurrent changes of one user are all applied, in the order of the stream', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const levels = ['all', 'mentions', 'none'] as const
      await Promise.all(range(9).map(n => change(storage, ada, { level: levels[n % 3] ?? 'all', preview: n > 4 })))
      await auditStore(storage, [], [ada])
    })
  })
}
