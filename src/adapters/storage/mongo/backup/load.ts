import type { Progress } from '../../../../ports/backup.ts'
import type { Driver } from '../driver.ts'
import { NOTHING, type FileRow, type Usage } from '../rows/files.ts'
import type { ConversationRow, LogRow, UploadRow, UserRow, UserStreamRow } from '../rows/rows.ts'
import { scan } from '../rows/scan.ts'
import { Table, type Row } from '../rows/table.ts'
import { createIndexes, openTables, type Tables } from '../rows/tables.ts'
import { collectionsOf, type Collection } from './kinds.ts'
import { readPart } from './lines.ts'
import { PurgedRows } from './purged-rows.ts'
import { LATE_HEADS } from './save.ts'
import { settleStreams } from './settle.ts'

const ROWS_AT_ONCE = 1_000
const LONG_AGO = new Date(0).toISOString()

/** Fills the collections of a store that no server opens meanwhile. `counts`: the rows of each part. */
export async function load(
  driver: Driver,
  folder: string,
  counts: Readonly<Record<string, number>>,
  progress: Progress,
): Promise<void> {
  const tables = openTables(driver)
  // What an interrupted restore has left.
  for (const name of Object.keys(tables)) if (name !== 'store') await new Table<Row>(driver, name).delete({})
  const ends = new Map<string, number>()
  const conversations = new Set<string>()
  const usage = new Map<string, Usage>()
  const use = (user_id: string, bytes: number, uploads: number) => {
    const before = usage.get(user_id) ?? NOTHING
    usage.set(user_id, { bytes: before.bytes + bytes, uploads: before.uploads + uploads })
  }

  async function insert<T extends Row>(part: string, collection: string, seen: (row: T) => T | null): Promise<void> {
    const table = new Table<T>(driver, collection)
    let count = 0
    for await (const rows of readPart<T>(folder, part, ROWS_AT_ONCE)) {
      const kept = rows.map(seen).filter(row => row !== null)
      // Cast: the driver's type of a row to insert does not follow a generic one.
      await table.insertMissing(kept as unknown as Parameters<typeof table.insertMissing>[0])
      count += rows.length
      progress(part, count)
    }
    if (count !== counts[part]) throw new Error(`the backup has ${count} rows of ${part}, not ${counts[part]}`)
  }

  const purged = new PurgedRows()
  const head = (row: ConversationRow, late: boolean) => {
    if (late || row.purged) purged.add(row._id)
    return row
  }
  const special: Partial<Record<Collection, () => Promise<void>>> = {
    conversations: () => insert<ConversationRow>('conversations', 'conversations', row => head(row, false)),
    log: () =>
      insert<LogRow>('log', 'log', row => {
        ends.set(row.stream, row.last)
        if (row.entries[0]?.event === 'conversation.created') conversations.add(row.stream)
        return purged.blank(row)
      }),
    users: () => insert<UserRow>('users', 'users', row => ({ ...row, admin_step: 0 })),
    files: () =>
      insert<FileRow>('files', 'files', row => {
        use(row.user_id, row.size, 0)
        return { ...row, removal: null, ...(purged.files.has(row._id) ? { expires_at: LONG_AGO } : {}) }
      }),
    uploads: () =>
      insert<UploadRow>('uploads', 'uploads', row => {
        if (row.open_of !== undefined) use(row.open_of, row.length, 1)
        return row
      }),
  }
  // Before the older heads of the same conversations, which are present then.
  await insert<ConversationRow>(LATE_HEADS, 'conversations', row => head(row, true))
  for (const name of collectionsOf('head', 'row', 'log', 'beside'))
    await (special[name]?.() ?? insert(name, name, row => purged.without(name, row)))
  // An unfinished upload whose file exists is counted twice until the sweep compares the row.
  await tables.file_usage.insertMissing(
    [...usage].map(([_id, used]) => ({ _id, ...used, ...(used.uploads > 0 ? { counted_at: LONG_AGO } : {}) })),
  )
  await createIndexes(tables)
  await complete(driver, tables, { ends, conversations }, progress)
  await pairUp(driver, tables)
}

/** Redoes what the log has beyond the heads. */
async function complete(
  driver: Driver,
  tables: Tables,
  { ends, conversations }: { ends: ReadonlyMap<string, number>; conversations: ReadonlySet<string> },
  progress: Progress,
): Promise<void> {
  const behind = async () => {
    const heads = await headsOf(driver)
    return [...ends].filter(([stream, end]) => (heads.get(stream) ?? 0) < end).map(([stream]) => stream)
  }
  const before = await headsOf(driver)
  const open = await behind()
  const users = open.filter(stream => !conversations.has(stream))
  const rooms = open.filter(stream => conversations.has(stream))
  await settleStreams(tables, { type: 'conversation', ids: rooms }, count => progress('conversations behind', count))
  // What a conversation delivered has completed streams of users, maybe before other conversations had made the rows that their
  // entries change. So they begin again where they were.
  for (const id of users) {
    const head = before.get(id)
    if (head === undefined) await tables.streams.delete({ _id: { $eq: id } })
    else await tables.streams.updateOne({ id, set: { last_change: head } satisfies Partial<UserStreamRow> })
  }
  await settleStreams(tables, { type: 'user', ids: users }, count => progress('users behind', count))
  const left = await behind()
  if (left.length > 0) throw new Error(`these streams of the backup cannot be completed: ${left.join(', ')}`)
}

async function headsOf(driver: Driver): Promise<Map<string, number>> {
  const heads = new Map<string, number>()
  for (const name of ['conversations', 'streams'])
    for await (const rows of scan<UserStreamRow>(driver, name))
      for (const { _id, last_change } of rows) heads.set(_id, last_change)
  return heads
}

/** The claims of direct conversations, which heads name. */
async function pairUp(driver: Driver, { pairs }: Tables): Promise<void> {
  for await (const rows of scan<ConversationRow>(driver, 'conversations'))
    await pairs.insertMissing(
      rows.flatMap(({ _id: conversation_id, pair, purged }) => (pair && !purged ? { _id: pair, conversation_id } : [])),
    )
}
