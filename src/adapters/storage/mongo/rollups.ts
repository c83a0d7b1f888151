import { merge, sheetKey, totalOf, type Counts, type Scope, type Sheet } from '../../../domain/analytics/sheets.ts'
import { Unavailable } from '../../../ports/storage.ts'
import type { Dimension, RollupBatch, Rollups, RollupState } from '../../../ports/rollups.ts'
import type { RollupBatchRow, SheetRow } from './rows/background-rows.ts'
import type { Tables } from './rows/tables.ts'

/** How often a batch of another process is completed before one of this process is tried. */
const TRIES = 5

/**
 * Roll-ups. A batch is decided by one write: the row `batch` of `rollups` gets its number and content, if the batch before was the
 * one that was seen. Then it is carried out: each sheet and stream takes the number of the batch with its change, and only if its
 * own number is lower, so that a process that finds the batch unfinished repeats it without counting twice.
 */
export class MongoRollups implements Rollups {
  readonly #tables: Tables
  constructor(tables: Tables) {
    this.#tables = tables
  }

  async state(streams: readonly string[]): Promise<RollupState> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const batch = await this.#tables.rollups.findId('batch')
      if (batch && !batch.done) {
        await this.#carryOut(batch)
        continue
      }
      const rows = await this.#tables.counted.findIds(streams)
      const changes = new Map(rows.map(({ _id, change }) => [_id, change]))
      const counted = new Map(streams.map(stream => [stream, changes.get(stream) ?? 0]))
      return { version: batch?.number ?? 0, counted }
    }
    throw new Unavailable('others add to the roll-ups all the time')
  }

  async add({ version, counted, sheets }: RollupBatch): Promise<boolean> {
    const { rollups } = this.#tables
    const content = JSON.stringify({ counted, sheets })
    const set = { number: version + 1, content, done: false }
    const won =
      version === 0
        ? await rollups.insert({ _id: 'batch', ...set })
        : await rollups.updateOne({ id: 'batch', guard: { number: { $eq: version }, done: { $eq: true } }, set })
    if (won) await this.#carryOut({ _id: 'batch', ...set })
    return won
  }

  async #carryOut({ number, content }: RollupBatchRow): Promise<void> {
    const { rollups, sheets, counted } = this.#tables
    // Cast: the content is what `add` has written.
    const batch = JSON.parse(content) as Pick<RollupBatch, 'counted' | 'sheets'>
    const guard = { batch: { $lt: number } }
    const rows = new Map((await sheets.findIds(batch.sheets.map(sheetKey))).map(row => [row._id, row]))
    const changed = batch.sheets.flatMap(({ conversation_id, sender_id, month, counts: more }) => {
      const id = sheetKey({ conversation_id, sender_id, month })
      const row = rows.get(id)
      if (row && row.batch >= number) return []
      const counts = row ? countsOf(row) : {}
      merge(counts, more)
      const fields = { conversation_id, sender_id, month, count: totalOf(counts), counts: JSON.stringify(counts) }
      return [{ id, guard, set: { ...fields, batch: number }, upsert: true }]
    })
    await sheets.update(changed)
    await counted.update(
      batch.counted.map(({ stream, change }) => ({ id: stream, guard, set: { change, batch: number }, upsert: true })),
    )
    await rollups.updateOne({ id: 'batch', guard: { number: { $eq: number } }, set: { done: true } })
  }

  async sheets(scope: Scope, months: readonly string[]): Promise<Sheet[]> {
    const rows = await this.#tables.sheets.findIds(months.map(month => sheetKey({ ...scope, month })))
    return rows.filter(hasNumbers).map(toSheet)
  }

  async sheetsBy(by: Dimension, of: string, month: string, after: string, limit: number): Promise<Sheet[]> {
    const filter =
      by === 'sender'
        ? { _id: { $gt: `${of}:${month}:${after}`, $lt: `${of}:${month};` }, count: { $ne: 0 } }
        : { sender_id: { $in: [of] }, month: { $in: [month] }, conversation_id: { $gt: after }, count: { $ne: 0 } }
    const rows = await this.#tables.sheets.find(filter, { sort: { _id: 1 }, limit })
    return rows.map(toSheet)
  }

  async totalsBy(by: Dimension, of: string, from_month: string, to_month: string): Promise<Map<string, number>> {
    const { sheets } = this.#tables
    if (by === 'conversation') {
      const month = { $gte: from_month, $lte: to_month }
      return sheets.sumBy('conversation_id', 'count', { sender_id: { $in: [of] }, month, conversation_id: { $gt: '' } })
    }
    const _id = { $gte: `${of}:${from_month}:`, $lt: `${of}:${to_month};` }
    return sheets.sumBy('sender_id', 'count', { _id, sender_id: { $gt: '' } })
  }

  async ofConversation(conversation_id: string, limit: number): Promise<Sheet[]> {
    const _id = { $gte: `${conversation_id}:`, $lt: `${conversation_id};` }
    const filter = { _id, sender_id: { $gt: '' }, count: { $ne: 0 } }
    return (await this.#tables.sheets.find(filter, { sort: { _id: 1 }, limit })).map(toSheet)
  }
}

/** One whose numbers were taken away stays, with the number of the batch that did it. */
function hasNumbers({ count }: SheetRow): boolean {
  return count !== 0
}

/** Cast: the field contains what `#carryOut` has written. */
function countsOf({ counts }: SheetRow): Counts {
  return JSON.parse(counts) as Counts
}

function toSheet(row: SheetRow): Sheet {
  const { conversation_id, sender_id, month } = row
  return { conversation_id, sender_id, month, counts: countsOf(row) }
}
