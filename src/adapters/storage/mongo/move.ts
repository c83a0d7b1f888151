import { StoreRefused } from '../../../ports/backup.ts'
import { MOVED_KINDS, type MovedKind, type MovedPart, type MoveSource, type MoveTarget } from '../../../ports/moving.ts'
import { Digests } from './digests.ts'
import { Driver, START_MS } from './driver.ts'
import { MOVED_BATCH, ROWS, type Put } from './move-rows.ts'
import { databaseOf } from './open.ts'
import { scan } from './rows/scan.ts'
import { Table, type Row } from './rows/table.ts'
import { createIndexes, openTables, type Tables } from './rows/tables.ts'
import { SCHEMA } from './store.ts'

/** A MongoDB store that is filled from another store. */
export function openMongoTarget(url: string): MoveTarget {
  const driver = new Driver(url, databaseOf(url), { limit_ms: START_MS })
  const tables = openTables(driver)
  let positions: Partial<Record<MovedKind, number>> = {}

  async function insert(puts: readonly Put[]): Promise<void> {
    const by_collection = Map.groupBy(puts, ([collection]) => collection)
    for (const [collection, of] of by_collection)
      await new Table<Row>(driver, collection).insertMissing(of.map(([, row]) => row))
  }

  return {
    async begin({ epoch, restored_at }) {
      await tables.store.insert({
        _id: 'store',
        epoch,
        ...(restored_at === null ? {} : { restored_at }),
        schema: SCHEMA,
        unfinished: 'migration',
      })
      const store = await tables.store.findId('store')
      if (store?.unfinished !== 'migration') throw new StoreRefused('the MongoDB database is in use: name an empty one')
      if (store.epoch !== epoch)
        throw new StoreRefused('the MongoDB database was begun from another store: name an empty one')
      positions = store.moved ?? {}
    },
    written: kind => positions[kind] ?? 0,
    async write(kind, part) {
      await insert(putsOf(kind, part))
      positions = { ...positions, [kind]: part.position }
      await tables.store.updateOne({ id: 'store', set: { moved: positions } })
    },
    async differences(source, progress) {
      await createIndexes(tables)
      return compare(driver, source, progress)
    },
    async finish() {
      const content = JSON.stringify({ counted: [], sheets: [] })
      await tables.rollups.insert({ _id: 'batch', number: MOVED_BATCH, content, done: true })
      await tables.store.updateOne({ id: 'store', unset: ['unfinished', 'moved'] })
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  }
}

/** Makes the rows of the source once more, and compares them with those that are stored, by number and hash. */
async function compare(driver: Driver, source: MoveSource, progress: (compared: number) => void): Promise<string[]> {
  const wanted = new Digests()
  for (const kind of MOVED_KINDS)
    for (const part of source.read(kind, 0))
      for (const [of, row] of putsOf(kind, part)) wanted.add(partOf(of, row), row)
  const stored = new Digests()
  let compared = 0
  for (const collection of COMPARED)
    for await (const rows of scan<Row>(driver, collection)) {
      for (const row of rows) stored.add(partOf(collection, row), row)
      progress((compared += rows.length))
    }
  return stored.differences(wanted)
}

function putsOf<K extends MovedKind>(kind: K, { records }: MovedPart<K>): Put[] {
  return records.flatMap(record => ROWS[kind](record))
}

/** The log is compared stream by stream, everything else as a whole. */
function partOf(collection: keyof Tables, row: Row): string {
  return collection === 'log' ? `log of ${String(row['stream'])}` : collection
}

/** The collections that a move fills. */
const COMPARED: readonly (keyof Tables)[] = [
  'users',
  'sessions',
  'cursors',
  'preferences',
  'statuses',
  'devices',
  'pushed',
  'notices',
  'notice_outcomes',
  'uploads',
  'jobs',
  'sheets',
  'counted',
  'conversations',
  'pairs',
  'members',
  'invites',
  'messages',
  'versions',
  'pins',
  'mentions',
  'file_references',
  'files',
  'file_usage',
  'deleted_files',
  'contacts',
  'log',
  'streams',
  'sources',
  'profiles',
  'followers',
  'follows',
  'keys',
]
