import { expect, test } from 'bun:test'
import { chooseOffline, hiddenStatus, noStatus, present, shownStatus, statusOf } from '../../src/domain/status.ts'

const NOW = '2026-11-24T09:30:00.000Z'
const BEFORE = '2026-11-24T09:00:00.000Z'
const LATER = '2026-11-24T10:00:00.000Z'
const record = { ...noStatus('ada'), presence: 'dnd' as const, text: 'busy', emoji: '🔨', last_active_at: BEFORE }

test('presence is the override, else online while there is a connection, else offline', () => {
  expect(statusOf(noStatus('ada'), null, NOW).presence).toBe('offline')
  expect(statusOf(noStatus('ada'), BEFORE, NOW).presence).toBe('online')
  expect(statusOf(record, null, NOW).presence).toBe('dnd')
  expect(statusOf(record, BEFORE, NOW).presence).toBe('dnd')
})

test('override, text and emoji end at expires_at, and the last activity stays', () => {
  for (const [expires_at, ended] of [
    [LATER, false],
    [NOW, true],
    [BEFORE, true],
  ] as const) {
    const status = statusOf({ ...record, expires_at }, null, NOW)
    expect(status.text).toBe(ended ? null : 'busy')
    expect(status.presence).toBe(ended ? 'offline' : 'dnd')
    expect(status.last_active_at).toBe(BEFORE)
    expect(present({ ...record, expires_at }, NOW).emoji).toBe(ended ? null : '🔨')
  }
})

test('the last activity is the later of the stored one and the present connection', () => {
  expect(statusOf(record, NOW, NOW).last_active_at).toBe(NOW)
  expect(statusOf({ ...record, last_active_at: NOW }, BEFORE, NOW).last_active_at).toBe(NOW)
})

test('an invisible user looks to others as one of whom nothing is known, also when an override says offline', () => {
  const invisible = statusOf({ ...record, presence: 'invisible' }, NOW, NOW)
  expect(invisible.presence).toBe('invisible')
  expect(shownStatus(invisible)).toEqual(hiddenStatus('ada'))
  const offline = statusOf({ ...record, presence: 'offline' }, NOW, NOW)
  expect(shownStatus(offline)).toMatchObject({ presence: 'offline', text: 'busy' })
  for (const presence of ['invisible', 'offline'] as const)
    expect(chooseOffline({ ...record, presence }, NOW)).toBe(true)
  for (const presence of ['away', 'dnd', null] as const) expect(chooseOffline({ ...record, presence }, NOW)).toBe(false)
})
