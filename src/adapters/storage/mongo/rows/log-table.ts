import { blankMessage } from '../../../../domain/log/blank.ts'
import type { Entry } from '../../../../domain/log/entry.ts'
import type { DurableEvent } from '../../../../../contracts/events.ts'
import { Closed } from '../driver.ts'
import type { FlushTypes, Job } from '../flush/job.ts'
import { logKey } from './keys.ts'
import { entriesOf } from './records.ts'
import type { LogRow } from './rows.ts'
import type { Table } from './table.ts'
import { Unavailable } from '../../../../ports/storage.ts'

/** Most entries of one row of the log. */
export const MAX_ENTRIES = 64
/** How long an append of unknown outcome is searched and sent again. */
const SETTLE_MS = 1_000
const SETTLE_PAUSE_MS = 25
/** Rows of the log read at once. */
const READ_ROWS = 200

type Tailed = Pick<Job<FlushTypes>, 'stream' | 'tail' | 'tip'>

interface Appending {
  row: LogRow | null
  sent: boolean
}

/** The log: rows of up to 64 entries whose primary key follows from the end of the row before, so it admits one successor. */
export class LogTable {
  readonly #table: Table<LogRow>
  constructor(table: Table<LogRow>) {
    this.#table = table
  }

  /**
   * Sends each job's row. Those in `lost` found another row in their place. A row whose outcome is unknown is looked for by
   * its `attempt_id` and sent again as it is: never another one before that is settled.
   */
  async append<J extends Appending>(jobs: readonly J[]): Promise<{ won: J[]; lost: J[] }> {
    const started = performance.now()
    const won: J[] = []
    const lost: J[] = []
    let open = jobs.flatMap(job => (job.row ? [{ job, row: job.row }] : []))
    for (let attempt = 1; open.length > 0; attempt += 1) {
      for (const { job } of open) job.sent = true
      let unsure = open
      let failure: Error | null = null
      try {
        const present = await this.#table.insertMissing(
          open.map(({ row }) => row),
          sizeOf,
        )
        won.push(...open.filter(({ row }) => !present.has(row._id)).map(({ job }) => job))
        unsure = open.filter(({ row }) => present.has(row._id))
        if (unsure.length === 0) break
      } catch (error) {
        if (error instanceof Closed || performance.now() - started > SETTLE_MS) throw error
        failure = error instanceof Error ? error : null
        await Bun.sleep(SETTLE_PAUSE_MS * attempt)
      }
      const stored = await this.#attemptIds(unsure.map(({ row }) => row._id)).catch(error => {
        if (error instanceof Closed || performance.now() - started > SETTLE_MS) throw error
        return null
      })
      if (stored === null) continue
      open = []
      for (const each of unsure) {
        const attempt_id = stored.get(each.row._id)
        if (attempt_id === undefined && !stored.has(each.row._id)) open.push(each)
        else if (attempt_id === each.row.attempt_id) won.push(each.job)
        else lost.push(each.job)
      }
      // Present, but not for the majority yet.
      if (failure === null && open.length > 0) await Bun.sleep(SETTLE_PAUSE_MS)
      if (open.length > 0 && performance.now() - started > SETTLE_MS)
        throw failure ?? new Unavailable('log: not settled')
    }
    return { won, lost }
  }

  async #attemptIds(ids: string[]): Promise<Map<string, string>> {
    const rows = await this.#table.findIds(ids, { projection: { attempt_id: 1 } })
    return new Map(rows.map(({ _id, attempt_id }) => [_id, attempt_id]))
  }

  /** Loads for each job the rows after its head; the key of the next row follows from the last. */
  async readTails(jobs: readonly Tailed[]): Promise<void> {
    for (const job of jobs) job.tail = []
    let open = new Map(jobs.map(job => [logKey(job.stream, job.tip + 1), job]))
    while (open.size > 0) {
      const rows = await this.#table.findIds([...open.keys()])
      const next = new Map<string, Tailed>()
      for (const row of rows) {
        const job = open.get(row._id)
        if (!job) continue
        job.tail.push(row)
        next.set(logKey(job.stream, row.last + 1), job)
      }
      open = next
    }
  }

  /** Whether the stream's first entry is this event, which distinguishes conversations from users. */
  async begins(stream: string, event: DurableEvent): Promise<boolean> {
    const _id = { $eq: logKey(stream, 1) }
    const row = await this.#table.findOne({ _id }, { projection: { 'entries.event': 1 } })
    return row?.entries[0]?.event === event
  }

  /** Those that exist, in no particular order. */
  rowsByKey(keys: readonly string[]): Promise<LogRow[]> {
    return this.#table.findIds(keys)
  }

  /** The row that holds a change, null if there is none. */
  async rowOf(stream: string, change: number): Promise<LogRow | null> {
    const range = { $gte: logKey(stream, Math.max(1, change - MAX_ENTRIES + 1)), $lte: logKey(stream, change) }
    const row = await this.#table.findOne({ _id: range }, { sort: { _id: -1 } })
    return row && row.last >= change ? row : null
  }

  /** Takes the text of deleted messages out of the entries of these changes. */
  async blankMessages(texts: readonly { stream: string; change: number }[]): Promise<void> {
    if (texts.length === 0) return
    const wanted = new Set(texts.map(({ stream, change }) => logKey(stream, change)))
    // The row of a change begins up to 63 changes before it: all keys that it may have are asked for at once.
    const keys = texts.flatMap(({ stream, change }) =>
      Array.from({ length: Math.min(change, MAX_ENTRIES) }, (_, back) => logKey(stream, change - back)),
    )
    await this.rewrite(await this.#table.findIds(keys), (row, index) => {
      if (!wanted.has(logKey(row.stream, row.first + index))) return null
      const entry = entriesOf<Entry<'message.created'>>(row)[index]
      return entry ? { json: JSON.stringify(blankMessage(entry).data) } : null
    })
  }

  /** Rows that hold the changes from `from` to `to`, some at a time; the first may begin before `from`. */
  async *rows(stream: string, from: number, to: number, at_once = READ_ROWS): AsyncGenerator<LogRow[]> {
    let next = from
    while (next <= to) {
      const end = Math.min(to, next + at_once - 1)
      const range = { $gte: logKey(stream, next), $lte: logKey(stream, end) }
      const rows = await this.#table.find({ _id: range }, { sort: { _id: 1 }, batchSize: at_once })
      if (rows[0]?.first !== next) {
        const holding = await this.rowOf(stream, next)
        if (holding) rows.unshift(holding)
      }
      const last = rows.at(-1)?.last
      if (last === undefined || last < next) throw new Error(`the log of ${stream} has no change ${next}`)
      yield rows
      next = last + 1
    }
  }

  /** Replaces fields of single entries by what `changed` returns; null leaves an entry unchanged. */
  async rewrite(rows: readonly LogRow[], changed: (row: LogRow, index: number) => Blanked | null): Promise<void> {
    const updates = rows.map(row => {
      const set: Record<string, string | null> = {}
      for (const index of row.entries.keys()) {
        const { json, hidden } = changed(row, index) ?? {}
        if (json !== undefined) set[`entries.${index}.json`] = json
        if (hidden !== undefined) set[`entries.${index}.hidden`] = hidden
      }
      return { id: row._id, set }
    })
    await this.#table.update(updates.filter(({ set }) => Object.keys(set).length > 0))
  }
}

/** What is put into an entry whose content goes. */
export interface Blanked {
  json: string
  hidden?: null
}

function sizeOf(row: LogRow): number {
  return row.entries.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 200, 200)
}
