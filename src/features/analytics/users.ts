import { MAX_COHORTS } from '../../../contracts/analytics.ts'
import type { OutputOf } from '../../../contracts/index.ts'
import { Activity } from '../../domain/analytics/activity.ts'
import { bucketOf } from '../../domain/analytics/calendar.ts'
import { eachCount, monthsOf } from '../../domain/analytics/sheets.ts'
import type { Storage } from '../../ports/storage.ts'
import { isoOf, type Span } from './span.ts'
import { sheetsBy } from './tops.ts'

/** Accounts that are read at once. */
const PAGE = 1_000
const DAY_MS = 86_400_000
/** The days of `active.day`, `week` and `month`, the present one among them. */
const RECENT_DAYS = [1, 7, 30]

type Answer = Omit<OutputOf<'analytics.users'>, 'online_now'>

export async function userAnalytics(
  { users, rollups }: Pick<Storage, 'users' | 'rollups'>,
  span: Span,
): Promise<Answer> {
  const { edges, from, to, answered, calendar, until } = span
  const weeks = calendar.edges('week', Math.max(from, to - MAX_COHORTS * 7 * DAY_MS), to, Infinity) ?? []
  const buckets = new Activity(edges.length - 1)
  const weekly = new Activity(weeks.length - 1)
  const recent = new Activity(RECENT_DAYS.length)
  // From noon, because a day may have 23 or 25 hours.
  const noon = calendar.begin('day', until - 1) + DAY_MS / 2
  const since = RECENT_DAYS.map(days => calendar.begin('day', noon - (days - 1) * DAY_MS))
  const first = Math.min(from, weeks[0] ?? from, ...since)
  for (const month of monthsOf(first, to))
    for await (const sheet of sheetsBy(rollups, 'sender', '', month))
      eachCount(sheet, at => {
        if (at >= to) return
        buckets.mark(sheet.sender_id, bucketOf(edges, at))
        weekly.mark(sheet.sender_id, bucketOf(weeks, at))
        for (const [index, begin] of since.entries()) if (at >= begin) recent.mark(sheet.sender_id, index)
      })

  const created = edges.slice(1).map(() => 0)
  const cohorts: string[][] = weeks.slice(1).map(() => [])
  let total = 0
  for await (const { id, created_at } of accounts(users)) {
    const at = Date.parse(created_at)
    if (at >= to) continue
    total += 1
    const bucket = bucketOf(edges, at)
    if (bucket !== -1) created[bucket] = (created[bucket] ?? 0) + 1
    cohorts[bucketOf(weeks, at)]?.push(id)
  }

  const [day = 0, week = 0, month = 0] = recent.counts()
  const active = buckets.counts()
  return {
    ...answered,
    total,
    new: created.reduce((sum, count) => sum + count, 0),
    active: { day, week, month },
    series: created.map((count, index) => ({
      at: isoOf(edges[index] ?? from),
      new: count,
      active: active[index] ?? 0,
    })),
    retention: cohorts.map((ids, index) => ({
      cohort: isoOf(weeks[index] ?? from),
      size: ids.length,
      weeks: weekly.counts(ids).slice(index),
    })),
  }
}

/** All accounts that are not deleted, a page at a time. */
async function* accounts(users: Storage['users']) {
  for (let start = ''; ;) {
    const page = await users.list({}, { ascending: true, start, limit: PAGE + 1 })
    yield* page.slice(0, PAGE)
    const next = page[PAGE]
    if (!next) return
    start = next.id
    await new Promise<void>(resolve => setImmediate(resolve))
  }
}
