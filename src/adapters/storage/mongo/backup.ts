import { StoreRefused, type StoreBackup } from '../../../ports/backup.ts'
import { load } from './backup/load.ts'
import { save } from './backup/save.ts'
import { Driver, START_MS } from './driver.ts'
import { databaseOf } from './open.ts'
import type { StoreRow } from './rows/rows.ts'
import { openTables, type Tables } from './rows/tables.ts'
import { SCHEMA } from './store.ts'

/** Several heartbeats of a process. */
const HEARTBEATS_MS = 6_000
const LOOK_MS = 250

export interface MongoBackupOptions {
  url: string
  /** Default: the one that the URL's path names, else `parley`. */
  database?: string
  /** How its driver is made. */
  connect?: (...args: ConstructorParameters<typeof Driver>) => Driver
}

/** The backup of a MongoDB store: its collections as lines of JSON. It uses connections of its own, beside those of servers. */
export function openMongoBackup({
  url,
  database = databaseOf(url),
  connect: make = (...args) => new Driver(...args),
}: MongoBackupOptions): StoreBackup {
  const connect = () => make(url, database, { limit_ms: START_MS })
  return {
    kind: 'mongodb',
    async isEmpty() {
      await using driver = connect()
      const tables = openTables(driver)
      const store = await tables.store.findId('store')
      return store ? store.unfinished === 'restore' : (await tables.users.findOne({})) === null
    },
    async save(folder, progress) {
      await using driver = connect()
      const store = await openTables(driver).store.findId('store')
      if (!store) throw new StoreRefused('there is no store in this MongoDB database')
      if (store.unfinished !== undefined)
        throw new StoreRefused(`a ${store.unfinished} into this store has not finished`)
      if (store.schema !== SCHEMA)
        throw new StoreRefused(`the store has schema ${store.schema}, this Parley knows ${SCHEMA}`)
      const counts = await save(driver, folder, progress)
      return { kind: 'mongodb', schema: SCHEMA, epoch: store.epoch, counts }
    },
    async load(folder, { schema, counts }, progress) {
      if (schema !== SCHEMA)
        throw new StoreRefused(
          `the backup has schema ${schema}, this Parley knows ${SCHEMA}: use the version that made it`,
        )
      await using driver = connect()
      const { store } = openTables(driver)
      await store.insert({ _id: 'store', epoch: crypto.randomUUID(), schema: SCHEMA, unfinished: 'restore' })
      if ((await store.findId('store'))?.unfinished !== 'restore') throw new StoreRefused('the store is not empty')
      await load(driver, folder, counts, progress)
      await store.updateOne({ id: 'store', set: newHistory(), unset: ['unfinished'] })
    },
    async renewEpoch() {
      await using driver = connect()
      const tables = openTables(driver)
      const { store, cursors } = tables
      if (await isServed(tables))
        throw new StoreRefused(
          'a server uses this MongoDB database: stop all of them before the store gets a new epoch',
        )
      if (!(await store.updateOne({ id: 'store', set: newHistory() })))
        throw new StoreRefused('there is no store in this MongoDB database')
      // Of positions in the history that was lost.
      await cursors.delete({})
    },
  }
}

function newHistory(): Pick<StoreRow, 'epoch' | 'restored_at'> {
  return { epoch: crypto.randomUUID(), restored_at: new Date().toISOString() }
}

/** Whether the heartbeat of a process moves, or one begins. */
async function isServed({ processes }: Pick<Tables, 'processes'>): Promise<boolean> {
  const heartbeats = async () => new Map((await processes.find({})).map(({ _id, heartbeat }) => [_id, heartbeat]))
  const before = await heartbeats()
  if (before.size === 0) return false
  const until = performance.now() + HEARTBEATS_MS
  while (performance.now() < until) {
    await Bun.sleep(LOOK_MS)
    for (const [id, heartbeat] of await heartbeats()) if (before.get(id) !== heartbeat) return true
  }
  return false
}
