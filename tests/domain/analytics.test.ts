import { expect, test } from 'bun:test'
import { Activity } from '../../src/domain/analytics/activity.ts'
import { bucketOf, Calendar, type Interval } from '../../src/domain/analytics/calendar.ts'
import { eachCount, monthsOf, spans, Tally } from '../../src/domain/analytics/sheets.ts'

const HOUR = 3_600_000

function edges(tz: string, interval: Interval, from: string, to: string): string[] {
  const found = new Calendar(tz).edges(interval, Date.parse(from), Date.parse(to), 1_000)
  return (found ?? []).map(at => new Date(at).toISOString().replace(':00.000Z', 'Z'))
}

test('days begin at local midnight, also around changes of the clock', () => {
  expect(edges('Europe/Berlin', 'day', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
    '2026-03-27T23:00Z',
    '2026-03-28T23:00Z',
    '2026-03-29T22:00Z',
    '2026-03-30T22:00Z',
  ])
  expect(edges('Europe/Berlin', 'day', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual([
    '2026-10-24T22:00Z',
    '2026-10-25T23:00Z',
  ])
  expect(edges('Asia/Kathmandu', 'day', '2026-11-26T00:00:00Z', '2026-11-26T01:00:00Z')).toEqual([
    '2026-11-25T18:15Z',
    '2026-11-26T18:15Z',
  ])
})

test('a day whose midnight does not exist begins when the clock is put forward, and one with two midnights at the first', () => {
  // Beirut puts the clock forward at midnight, Havana back at one.
  expect(edges('Asia/Beirut', 'day', '2026-03-29T12:00:00Z', '2026-03-29T13:00:00Z')).toEqual([
    '2026-03-28T22:00Z',
    '2026-03-29T21:00Z',
  ])
  expect(edges('America/Havana', 'day', '2026-11-01T12:00:00Z', '2026-11-01T13:00:00Z')).toEqual([
    '2026-11-01T04:00Z',
    '2026-11-02T05:00Z',
  ])
})

test('weeks begin on Monday, months on the first, in local time', () => {
  expect(edges('America/New_York', 'week', '2026-11-01T12:00:00Z', '2026-11-03T12:00:00Z')).toEqual([
    '2026-10-26T04:00Z',
    '2026-11-02T05:00Z',
    '2026-11-09T05:00Z',
  ])
  expect(edges('America/New_York', 'month', '2026-11-01T00:00:00Z', '2026-11-30T00:00:00Z')).toEqual([
    '2026-10-01T04:00Z',
    '2026-11-01T04:00Z',
    '2026-12-01T05:00Z',
  ])
})

test('hours follow the local clock, and a day of the change has 23 or 25 of them', () => {
  expect(edges('Asia/Kolkata', 'hour', '2026-11-26T00:00:00Z', '2026-11-26T00:45:00Z')).toEqual([
    '2026-11-25T23:30Z',
    '2026-11-26T00:30Z',
    '2026-11-26T01:30Z',
  ])
  expect(edges('Europe/Berlin', 'hour', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toHaveLength(24)
  expect(edges('Europe/Berlin', 'hour', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toHaveLength(26)
})

test('buckets follow one another without gaps in every time zone and year, at quarters of an hour', () => {
  for (const tz of ['Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Cairo', 'America/Sao_Paulo', 'Pacific/Chatham'])
    for (const interval of ['hour', 'day', 'week', 'month'] as const) {
      const calendar = new Calendar(tz)
      const from = Date.parse('2011-12-20T10:00:00Z')
      const found = calendar.edges(interval, from, from + (interval === 'hour' ? 400 : 8_000) * HOUR, 1_000) ?? []
      expect(found.length).toBeGreaterThan(1)
      for (const [index, edge] of found.entries()) {
        expect(edge % (15 * 60_000)).toBe(0)
        const next = found[index + 1]
        if (next === undefined) continue
        expect(next).toBeGreaterThan(edge)
        expect(calendar.begin(interval, next - 1)).toBe(edge)
        expect([bucketOf(found, edge), bucketOf(found, next - 1)]).toEqual([index, index])
      }
    }
})

test('more buckets than allowed are not listed', () => {
  const calendar = new Calendar('UTC')
  expect(calendar.edges('hour', 0, 10 * HOUR, 10)).toHaveLength(11)
  expect(calendar.edges('hour', 0, 10 * HOUR + 1, 10)).toBeNull()
})

test('a message counts in its quarter of an hour of the month, and what is taken away leaves nothing', () => {
  const tally = new Tally()
  const message = { conversation_id: 'kitchen', sender_id: 'ada', type: 'text', at: '2026-02-28T23:59:59.999Z' }
  tally.add(message)
  const counted: [string, number, string][] = []
  for (const sheet of tally.sheets)
    eachCount(sheet, (at, count, type) => counted.push([new Date(at).toISOString(), count, type]))
  expect(counted).toEqual(
    Array.from({ length: 4 }, () => ['2026-02-28T23:45:00.000Z', 1, 'text'] as const).map(each => [...each]),
  )
  const [pair] = tally.sheets.filter(sheet => sheet.conversation_id !== '' && sheet.sender_id !== '')
  if (pair) tally.addCounts(structuredClone(pair), -1)
  expect(tally.sheets.map(({ counts }) => counts)).toEqual([{}, {}, {}, {}])
})

test('the months of a span are those that it touches, and it spans those that it has whole', () => {
  const [from, to] = [Date.parse('2025-12-31T23:00:00Z'), Date.parse('2026-02-01T00:00:00Z')]
  expect(monthsOf(from, to)).toEqual(['2025-12', '2026-01'])
  expect(monthsOf(from, to).map(month => spans(from, to, month))).toEqual([false, true])
})

test('a user is active once in a bucket, and none before the first or after the last', () => {
  const activity = new Activity(3)
  for (const bucket of [0, 0, 2, -1]) activity.mark('ada', bucket)
  activity.mark('bob', 2)
  expect(activity.counts()).toEqual([1, 0, 2])
  expect(activity.counts(['bob', 'nobody'])).toEqual([0, 0, 1])
})
