import { Database } from 'bun:sqlite'
import { rm } from 'node:fs/promises'
import { StoreRefused } from '../../../ports/backup.ts'
import {
  MAX_MOVED,
  type Moved,
  type MovedKind,
  type MovedPart,
  type MoveSource,
  type Stream,
} from '../../../ports/moving.ts'
import { copyDatabase, exists } from './backup.ts'
import { openDatabase } from './database.ts'
import { lockFile } from './lock.ts'
import { openLogRows, type LogRows } from './log-rows.ts'
import { LISTS, type Listed } from './move-lists.ts'
import { openSqlite } from './open.ts'
import { openStreamIds } from './stream-ids.ts'

/**
 * The store in a file as the source of a move. It is read from a copy, which is brought to the form of this version; the file
 * itself is locked, so that no server changes it, and never written.
 */
export async function openSqliteSource(file: string, copy: string): Promise<MoveSource> {
  if (!(await exists(file))) throw new StoreRefused(`there is no store at ${file}`)
  await using opened = new AsyncDisposableStack()
  opened.use(lockFile(file))
  const remove = async () => {
    for (const suffix of ['', '-wal', '-shm', '.lock']) await rm(`${copy}${suffix}`, { force: true })
  }
  await remove()
  opened.defer(remove)
  copyDatabase(file, copy)
  // Migrates it, and completes what a crash may have left.
  const storage = await openSqlite({ file: copy })
  await storage[Symbol.asyncDispose]()
  const db = opened.use(openDatabase(copy))
  const log = openLogRows(db, openStreamIds(db, { mark: () => {} }), { hides: () => false })
  const rows = opened.use(new Database(copy, { readonly: true, strict: true }))
  const kept = opened.move()
  return {
    epoch: storage.epoch,
    restored_at: storage.restored_at,
    count: kind => countOf(rows, kind),
    read: (kind, position) => partsOf(rows, log, kind, position),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function countOf(rows: Database, kind: MovedKind): number {
  const sum = (sql: string) => rows.query<{ n: number }, []>(sql).get()?.n ?? 0
  if (kind === 'log') return sum('SELECT coalesce(sum(last_change), 0) AS n FROM conversations')
  if (kind === 'user-stream')
    return sum(`SELECT count(*) AS n FROM log WHERE stream NOT IN (SELECT n FROM conversations)`)
  return sum(`SELECT count(*) AS n FROM (${LISTS[kind].sql})`)
}

function* partsOf<K extends MovedKind>(rows: Database, log: LogRows, kind: K, after: number): Generator<MovedPart<K>> {
  // Casts: each branch gives the records of its kind.
  if (kind === 'log' || kind === 'user-stream') yield* streams(rows, log, kind, after) as Generator<MovedPart<K>>
  else yield* listed(rows, kind, after) as Generator<MovedPart<K>>
}

const STREAMS = {
  log: 'SELECT n, id FROM conversations WHERE n > ? ORDER BY n',
  'user-stream': `SELECT n, id FROM streams WHERE n > ? AND n NOT IN (SELECT n FROM conversations)
    AND EXISTS (SELECT 1 FROM log WHERE stream = streams.n) ORDER BY n`,
}

function* streams(
  rows: Database,
  log: LogRows,
  kind: keyof typeof STREAMS,
  after: number,
): Generator<MovedPart<'log'>> {
  let [records, entries_read, complete]: [Stream[], number, number] = [[], 0, after]
  for (const { n, id } of rows.query<{ n: number; id: string }, [number]>(STREAMS[kind]).iterate(after)) {
    for (let change = 0; ;) {
      const entries = log.read(n, id, change, MAX_MOVED, Number.MAX_SAFE_INTEGER)
      const last = entries.at(-1)
      if (!last) break
      change = last.change
      records.push({ stream: id, entries })
      entries_read += entries.length
      if (entries_read < MAX_MOVED) continue
      // A stream that is interrupted begins again at its first entry.
      yield { records, position: complete }
      ;[records, entries_read] = [[], 0]
    }
    complete = n
  }
  if (records.length > 0) yield { records, position: complete }
}

function* listed<K extends Listed>(rows: Database, kind: K, after: number): Generator<MovedPart<K>> {
  const { sql, record } = LISTS[kind]
  let [records, position]: [Moved[K][], number] = [[], 0]
  // The order of a statement that sorts by a key is the same each time: the file does not change.
  for (const row of rows.query<never, []>(sql).iterate()) {
    position += 1
    if (position <= after) continue
    records.push(record(row))
    if (records.length < MAX_MOVED) continue
    yield { records, position }
    records = []
  }
  if (records.length > 0) yield { records, position }
}
