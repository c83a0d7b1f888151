import { MAX_BUCKETS } from '../../../contracts/analytics.ts'
import type { ErrorDetails } from '../../../contracts/errors.ts'
import { Calendar, type Interval } from '../../domain/analytics/calendar.ts'

/** How many buckets are shown if `from` is not given. */
const DEFAULT_BUCKETS = 30
const LONGEST_MS: Record<Interval, number> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
}

interface Asked {
  from?: string | undefined
  to?: string | undefined
  interval: Interval
  tz: string
}

export interface Span {
  /** The edges of the buckets: one more than buckets. */
  edges: number[]
  from: number
  to: number
  calendar: Calendar
  /** The end of the span, or now if that is earlier. */
  until: number
  /** The fields of the answer that say what it is about. */
  answered: { from: string; to: string; interval: Interval; tz: string }
}

/** The whole buckets that the call asks for. */
export function spanOf(
  { clock, fail }: { clock: () => Date; fail: (code: 'validation_failed', details: ErrorDetails) => never },
  { from, to, interval, tz }: Asked,
): Span {
  const calendar = new Calendar(tz)
  const end = to === undefined ? clock().getTime() : Date.parse(to)
  const begin = from === undefined ? end - (DEFAULT_BUCKETS - 1) * LONGEST_MS[interval] : Date.parse(from)
  if (begin >= end) return fail('validation_failed', { errors: [{ path: 'from', message: 'must be before to' }] })
  const edges = calendar.edges(interval, begin, end, MAX_BUCKETS)
  if (!edges) {
    const message = `must be at most ${MAX_BUCKETS} intervals before to`
    return fail('validation_failed', { errors: [{ path: 'from', message }] })
  }
  const [first = begin, last = end] = [edges[0], edges.at(-1)]
  const answered = { from: isoOf(first), to: isoOf(last), interval, tz }
  const until = Math.min(last, clock().getTime())
  return { edges, from: first, to: last, calendar, until, answered }
}

export function isoOf(at: number): string {
  return new Date(at).toISOString()
}
