import { logKey } from '../rows/keys.ts'
import { sourceOf } from '../rows/records.ts'
import type { LogRow } from '../rows/rows.ts'
import type { Table } from '../rows/table.ts'
import type { PartWriter } from './lines.ts'

/** Rows of one read. */
const ROWS_AT_ONCE = 1_000

/** How far each stream was copied. */
export interface CopiedLog {
  ends: ReadonlyMap<string, number>
  /** The conversations whose log ends with their purge. */
  purged: readonly string[]
}

/**
 * Copies the log while it grows: each stream from its beginning to some entry, without a gap. First all streams, then once more
 * those of conversations: an entry of a user stream that follows from one of a conversation is copied with its cause. The other
 * way round nothing is lost: what a conversation has not delivered is delivered after a restore.
 */
export async function saveLog(
  { log, whole }: { log: Table<LogRow>; whole: AsyncIterable<LogRow[]> },
  part: PartWriter,
  done: () => void,
): Promise<CopiedLog> {
  const ends = new Map<string, number>()
  const conversations = new Set<string>()
  const skipped = new Set<string>()
  const purged = new Set<string>()

  async function copy(rows: readonly LogRow[]): Promise<void> {
    for (const row of rows) {
      // What was appended beside the position of the read is read again below.
      if (row.first !== (ends.get(row.stream) ?? 0) + 1) {
        skipped.add(row.stream)
        continue
      }
      ends.set(row.stream, row.last)
      if (row.entries.at(-1)?.event === 'conversation.deleted') purged.add(row.stream)
      for (const id of conversationsOf(row)) conversations.add(id)
      await part.write(withLastAlone(row))
    }
    done()
  }

  /** Goes on with each stream by the key that its next row must have. */
  async function extend(streams: Iterable<string>): Promise<void> {
    let open = [...streams]
    while (open.length > 0) {
      const moved: string[] = []
      for (let at = 0; at < open.length; at += ROWS_AT_ONCE) {
        const keys = open.slice(at, at + ROWS_AT_ONCE).map(stream => logKey(stream, (ends.get(stream) ?? 0) + 1))
        const rows = await log.findIds(keys)
        await copy(rows)
        moved.push(...rows.map(({ stream }) => stream))
      }
      open = moved
    }
  }

  for await (const rows of whole) await copy(rows)
  await extend([...skipped].filter(stream => !conversations.has(stream)))
  await extend(conversations)
  return { ends, purged: [...purged] }
}

/** The conversations that a row is of, or whose entries its own follow from. */
function conversationsOf({ stream, entries }: LogRow): string[] {
  const sources = entries.flatMap(line => sourceOf(line)?.split(':')[0] ?? [])
  return entries[0]?.event === 'conversation.created' ? [...sources, stream] : sources
}

/** The entry of a purge in a row of its own: those before it may be blank and cannot be projected again. */
function withLastAlone(row: LogRow): LogRow[] {
  const last = row.entries.at(-1)
  if (last?.event !== 'conversation.deleted' || row.entries.length === 1) return [row]
  const before = { ...row, last: row.last - 1, entries: row.entries.slice(0, -1) }
  return [before, { ...row, _id: logKey(row.stream, row.last), first: row.last, entries: [last] }]
}
