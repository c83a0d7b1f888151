import { Database } from 'bun:sqlite'
import { copyFile, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreRefused, type SavedStore, type StoreBackup } from '../../../ports/backup.ts'
import { lockFile } from './lock.ts'
import { makePrivate } from './private-files.ts'
import { MIGRATIONS } from './schema.ts'

const COPY = 'parley.sqlite'

/**
 * The backup of a SQLite store is a database: VACUUM INTO writes one as of a read transaction, which in WAL mode neither waits
 * for the server nor makes it wait. It contains no free pages, so nothing that was deleted.
 */
export function openSqliteBackup(file: string): StoreBackup {
  return {
    kind: 'sqlite',
    isEmpty: async () => !(await exists(file)),
    async save(folder, progress) {
      if (!(await exists(file))) throw new StoreRefused(`there is no store at ${file}`)
      const copy = join(folder, COPY)
      progress('database', 0)
      copyDatabase(file, copy)
      await rm(`${copy}.lock`)
      await sync(copy)
      const saved = describe(copy)
      progress('database', 1)
      return saved
    },
    async load(folder, { schema }, progress) {
      if (schema > MIGRATIONS.length)
        throw new StoreRefused(
          `the backup was made by a newer version (schema ${schema}, this one knows ${MIGRATIONS.length})`,
        )
      makePrivate(file)
      using lock = new DisposableStack()
      lock.use(lockFile(file))
      // A server may have begun one since `isEmpty`, and ended.
      if (await exists(file)) throw new StoreRefused('the store is not empty')
      progress('database', 0)
      const draft = `${file}.restoring`
      await rm(draft, { force: true })
      await copyFile(join(folder, COPY), draft)
      beginHistory(draft)
      await sync(draft)
      // Of a database that was here before.
      for (const suffix of ['-wal', '-shm']) await rm(`${file}${suffix}`, { force: true })
      await rename(draft, file)
      await sync(dirname(file))
      progress('database', 1)
    },
    async renewEpoch() {
      if (!(await exists(file))) throw new StoreRefused(`there is no store at ${file}`)
      using lock = new DisposableStack()
      lock.use(lockFile(file))
      beginHistory(file)
    },
  }
}

/** Copies the database as it is now, also while a server writes it. The copy is readable by its owner only, from the start. */
export function copyDatabase(file: string, copy: string): void {
  makePrivate(copy)
  using db = new Database(file, { readonly: true, strict: true })
  db.query('VACUUM INTO ?').run(copy)
}

/** Checks the copy and counts its rows. */
function describe(copy: string): SavedStore {
  using db = new Database(copy, { readonly: true, strict: true })
  const [check] = db.query<{ quick_check: string }, []>('PRAGMA quick_check').all()
  if (check?.quick_check !== 'ok') throw new Error(`the copy of the database is damaged: ${check?.quick_check}`)
  const schema = db.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0
  const epoch = db.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'epoch'").get()?.value
  if (epoch === undefined) throw new StoreRefused('the database has no epoch: it is not one of Parley')
  const tables = db.query<{ name: string }, []>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  )
  const counts = tables.all().map(({ name }) => {
    return [name, db.query<{ n: number }, []>(`SELECT count(*) AS n FROM "${name}"`).get()?.n ?? 0] as const
  })
  return { kind: 'sqlite', schema, epoch, counts: Object.fromEntries(counts) }
}

/** Positions that clients have belong to the history that was lost: of a new epoch none is known, and no stored cursor either. */
function beginHistory(file: string): void {
  using db = new Database(file, { readwrite: true, strict: true })
  db.run('PRAGMA secure_delete = ON')
  db.transaction(() => {
    db.query("UPDATE meta SET value = ? WHERE key = 'epoch'").run(crypto.randomUUID())
    db.query("INSERT OR REPLACE INTO meta (key, value) VALUES ('restored_at', ?)").run(new Date().toISOString())
    db.run('DELETE FROM cursors')
    db.run('DELETE FROM tickets')
  })()
}

export async function exists(file: string): Promise<boolean> {
  // `makePrivate` creates an empty file before the database is written.
  return ((await stat(file).catch(() => null))?.size ?? 0) > 0
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
