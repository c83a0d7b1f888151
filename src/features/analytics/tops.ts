import { MAX_TOPS } from '../../../contracts/analytics.ts'
import { eachCount, monthsOf, spans, type Sheet } from '../../domain/analytics/sheets.ts'
import type { Dimension, Rollups } from '../../ports/rollups.ts'

/** Sheets that are read at once. One of a busy sender has hundreds of numbers, and nothing else runs while they are added up. */
const PAGE = 50

export interface Top {
  id: string
  count: number
}

/**
 * Who has most messages in the span: senders of a conversation, or conversations of a sender; an empty `of` means all. Whole
 * months are summed up by the store, and only the sheets of the months at the ends are read.
 */
export async function topsOf(rollups: Rollups, by: Dimension, of: string, from: number, to: number): Promise<Top[]> {
  const months = monthsOf(from, to)
  const whole = months.filter(month => spans(from, to, month))
  const [first, last] = [whole[0], whole.at(-1)]
  const totals = first && last ? await rollups.totalsBy(by, of, first, last) : new Map<string, number>()
  for (const month of months.filter(each => !whole.includes(each)))
    for await (const sheet of sheetsBy(rollups, by, of, month)) {
      let count = 0
      eachCount(sheet, (at, n) => (count += at >= from && at < to ? n : 0))
      const id = by === 'sender' ? sheet.sender_id : sheet.conversation_id
      if (count > 0) totals.set(id, (totals.get(id) ?? 0) + count)
    }
  const tops = [...totals].map(([id, count]) => ({ id, count })).filter(({ count }) => count > 0)
  return tops.toSorted((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1)).slice(0, MAX_TOPS)
}

/** All sheets of the month, a page at a time, so that calls of others come in between. */
export async function* sheetsBy(rollups: Rollups, by: Dimension, of: string, month: string): AsyncGenerator<Sheet> {
  for (let after = ''; ;) {
    const page = await rollups.sheetsBy(by, of, month, after, PAGE)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = by === 'sender' ? last.sender_id : last.conversation_id
    await new Promise<void>(resolve => setImmediate(resolve))
  }
}
