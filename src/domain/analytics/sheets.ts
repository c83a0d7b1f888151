/**
 * Roll-ups of messages (specification, Analytics). A sheet holds the numbers of messages of one scope in one month of UTC, by
 * type and quarter of an hour. Offsets of time zones are multiples of 15 minutes, so that the days of every time zone are sums of
 * quarters.
 */
const QUARTER_MS = 15 * 60 * 1_000

/** Numbers by quarter of the month (0 = its first), without zeros. */
type Quarters = Record<string, number>
/** By type of message. */
export type Counts = Record<string, Quarters>

/** An empty id: all conversations, all senders. */
export interface Scope {
  conversation_id: string
  sender_id: string
}
export interface Sheet extends Scope {
  /** `YYYY-MM` */
  month: string
  counts: Counts
}

export interface CountedMessage extends Scope {
  type: string
  /** ISO time */
  at: string
}

/** Collects messages into sheets: each message counts for all, its conversation, its sender, and both. */
export class Tally {
  readonly #sheets = new Map<string, Sheet>()

  add({ conversation_id, sender_id, type, at }: CountedMessage): void {
    const month = at.slice(0, 7)
    const quarter = String(Math.floor((Date.parse(at) - beginOf(month)) / QUARTER_MS))
    this.addCounts({ conversation_id, sender_id, month, counts: { [type]: { [quarter]: 1 } } })
  }

  /** The numbers of a conversation and sender are added, or with `times` -1 taken away, in all four scopes. */
  addCounts({ conversation_id, sender_id, month, counts }: Sheet, times: 1 | -1 = 1): void {
    const scopes = [
      { conversation_id: '', sender_id: '' },
      { conversation_id, sender_id: '' },
      { conversation_id: '', sender_id },
      { conversation_id, sender_id },
    ]
    for (const scope of scopes) {
      const key = sheetKey({ ...scope, month })
      const sheet = this.#sheets.get(key) ?? { ...scope, month, counts: {} }
      this.#sheets.set(key, sheet)
      merge(sheet.counts, counts, times)
    }
  }

  get sheets(): Sheet[] {
    return [...this.#sheets.values()]
  }
}

/** Unique for each sheet, and in the order of conversation, month and sender. */
export function sheetKey({ conversation_id, sender_id, month }: Scope & { month: string }): string {
  return `${conversation_id}:${month}:${sender_id}`
}

/** Adds to the counts, and removes what becomes zero. */
export function merge(counts: Counts, more: Counts, times: 1 | -1 = 1): void {
  for (const [type, quarters] of Object.entries(more)) {
    const own = (counts[type] ??= {})
    for (const [quarter, count] of Object.entries(quarters)) {
      const sum = (own[quarter] ?? 0) + times * count
      if (sum === 0) delete own[quarter]
      else own[quarter] = sum
    }
    if (Object.keys(own).length === 0) delete counts[type]
  }
}

/** The sum of all numbers. */
export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce(
    (sum, quarters) => Object.values(quarters).reduce((inner, count) => inner + count, sum),
    0,
  )
}

/** Calls with each number and the time at which its quarter begins. */
export function eachCount({ month, counts }: Sheet, visit: (at: number, count: number, type: string) => void): void {
  const begin = beginOf(month)
  for (const [type, quarters] of Object.entries(counts))
    for (const [quarter, count] of Object.entries(quarters)) visit(begin + Number(quarter) * QUARTER_MS, count, type)
}

/** The months of UTC that have a part in the span, oldest first. */
export function monthsOf(from: number, to: number): string[] {
  const months: string[] = []
  const month = new Date(beginOf(monthAt(from)))
  for (; month.getTime() < to; month.setUTCMonth(month.getUTCMonth() + 1)) months.push(monthAt(month.getTime()))
  return months
}

/** Whether the span contains the whole month. */
export function spans(from: number, to: number, month: string): boolean {
  const end = new Date(beginOf(month))
  end.setUTCMonth(end.getUTCMonth() + 1)
  return from <= beginOf(month) && end.getTime() <= to
}

function monthAt(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

function beginOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00.000Z`)
}
