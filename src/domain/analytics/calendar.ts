/** Buckets of time in an IANA time zone, across changes of the clock (specification, Analytics). */
export type Interval = 'hour' | 'day' | 'week' | 'month'

const HOUR_MS = 3_600_000

export class Calendar {
  readonly #format: Intl.DateTimeFormat
  /** By time, a few of each bucket: neighbours ask for the same times, and formatting is what costs. */
  readonly #wall_clocks = new Map<number, number>()

  constructor(time_zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: time_zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** The begin of the bucket that contains the time. Weeks begin on Monday. */
  begin(interval: Interval, at: number): number {
    const local = this.#local(at)
    if (interval === 'hour') return at - modulo(local, HOUR_MS)
    const day = new Date(local)
    day.setUTCHours(0, 0, 0, 0)
    if (interval === 'week') day.setUTCDate(day.getUTCDate() - modulo(day.getUTCDay() - 1, 7))
    if (interval === 'month') day.setUTCDate(1)
    return this.#midnight(day.getTime())
  }

  /** The end of the bucket that begins at the time. */
  end(interval: Interval, begin: number): number {
    if (interval === 'hour') {
      const next = this.begin('hour', begin + HOUR_MS)
      // After a change of the clock by half an hour.
      return next > begin ? next : begin + HOUR_MS
    }
    const day = new Date(this.#local(begin))
    day.setUTCHours(0, 0, 0, 0)
    if (interval === 'month') day.setUTCMonth(day.getUTCMonth() + 1)
    else day.setUTCDate(day.getUTCDate() + (interval === 'week' ? 7 : 1))
    return this.#midnight(day.getTime())
  }

  /**
   * The edges of the buckets from the one that contains `from` to the one that contains the last moment before `to`: one more
   * than buckets. null: more than `most` buckets.
   */
  edges(interval: Interval, from: number, to: number, most: number): number[] | null {
    const edges = [this.begin(interval, from)]
    for (let edge = edges[0] ?? from; edge < to;) {
      if (edges.length > most) return null
      edge = this.end(interval, edge)
      edges.push(edge)
    }
    return edges
  }

  /** The wall clock at a time, as if it were UTC. */
  #local(at: number): number {
    const known = this.#wall_clocks.get(at)
    if (known !== undefined) return known
    const parts = new Map(this.#format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const [year = 0, month = 1, day = 1] = [parts.get('year'), parts.get('month'), parts.get('day')]
    const [hour = 0, minute = 0, second = 0] = [parts.get('hour'), parts.get('minute'), parts.get('second')]
    const local = Date.UTC(year, month - 1, day, hour, minute, second) + modulo(at, 1_000)
    this.#wall_clocks.set(at, local)
    return local
  }

  /**
   * The first moment of a local day, given as if it were UTC. Where the clock is put forward over midnight it is the moment of the
   * change; where midnight comes twice it is the first.
   */
  #midnight(day: number): number {
    const offsets = [day - 24 * HOUR_MS, day + 24 * HOUR_MS].map(at => this.#local(at) - at)
    const candidates = offsets.map(offset => day - offset).toSorted((a, b) => a - b)
    const found = candidates.find(at => this.#local(at) === day)
    return found ?? this.#changeBetween(candidates[0] ?? day, candidates[1] ?? day, day)
  }

  /** The moment between two times at which the clock is put forward over `day`. */
  #changeBetween(before: number, after: number, day: number): number {
    let [low, high] = [before, after]
    while (high - low > 1_000) {
      const middle = Math.floor((low + high) / 2_000) * 1_000
      if (this.#local(middle) < day) low = middle
      else high = middle
    }
    return high
  }
}

/** The index of the bucket that contains the time, given the edges; -1 outside of them. */
export function bucketOf(edges: readonly number[], at: number): number {
  let [low, high] = [0, edges.length - 1]
  if (at < (edges[low] ?? Infinity) || at >= (edges[high] ?? -Infinity)) return -1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((edges[middle] ?? Infinity) <= at) low = middle
    else high = middle
  }
  return low
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
