import { Database, SQLiteError, type SQLQueryBindings, type Statement } from 'bun:sqlite'
import { Unavailable, type Page } from '../../../ports/storage.ts'
import { MIGRATIONS } from './schema.ts'

/** Pages of the write-ahead log at which a checkpoint is made: fewer, longer pauses than with SQLite's 1,000. */
const CHECKPOINT_PAGES = 4_000
/** Size to which the write-ahead log is cut when it is restarted: more than steady sends need. */
const WAL_BYTES = 64 * 1024 * 1024
const BUSY_MS = 2_000
/** Memory for pages, enough for the indexes that sends change. */
const CACHE_KIB = 65_536

export type Value = SQLQueryBindings

/** A prepared read. */
export interface Read<Row> {
  get(...values: Value[]): Row | null
  all(...values: Value[]): Row[]
}
/** A prepared change; returns the number of changed rows. */
export type Write = (...values: Value[]) => number
/** A prepared insert; returns the number of the new row. */
export type Insert = (...values: Value[]) => number

/** One SQLite connection, synchronous. Every change is durable only once its transaction is committed. */
export interface Db extends Disposable {
  read<Row>(sql: string): Read<Row>
  write(sql: string): Write
  insert(sql: string): Insert
  begin(): void
  commit(): void
  rollback(): void
  /** Between transactions: a checkpoint that empties the write-ahead log, unless another connection reads the file. */
  truncate(): void
  /** Throws `Unavailable` after a close. */
  check(): void
}

export function openDatabase(file: string, migrated: (what: string) => void = () => undefined): Db {
  const sqlite = new Database(file, { strict: true, create: true })
  const statements: Statement[] = []
  let closed = false
  let reading = false
  let writing = false
  sqlite.run(`PRAGMA busy_timeout = ${BUSY_MS}`)
  sqlite.run('PRAGMA journal_mode = WAL')
  sqlite.run('PRAGMA synchronous = FULL')
  sqlite.run('PRAGMA foreign_keys = ON')
  sqlite.run('PRAGMA secure_delete = ON')
  sqlite.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  sqlite.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  sqlite.run(`PRAGMA journal_size_limit = ${WAL_BYTES}`)
  migrate(sqlite, migrated)

  function close(): void {
    if (closed) return
    endReading()
    closed = true
    for (const statement of statements) statement.finalize()
    sqlite.close()
  }

  function check(): void {
    if (closed) throw new Unavailable('the database is closed')
  }

  function guarded<T>(before: () => void, work: () => T): T {
    check()
    try {
      before()
      return work()
    } catch (error) {
      throw asUnavailable(error)
    }
  }
  const reads = <T>(work: () => T): T => guarded(startReading, work)
  /** A change inside the read transaction would be committed with it. */
  const changes = <T>(work: () => T): T => guarded(endReading, work)

  /** The reads of one tick share a read transaction, because taking SQLite's lock costs more than a look-up by key. */
  function startReading(): void {
    if (reading || writing) return
    beginRead.run()
    reading = true
    setImmediate(endReading)
  }

  function endReading(): void {
    if (!reading || closed) return
    reading = false
    commit.run()
  }

  function prepare(sql: string): Statement {
    const statement = sqlite.prepare(sql)
    statements.push(statement)
    return statement
  }

  const beginRead = prepare('BEGIN')
  const begin = prepare('BEGIN IMMEDIATE')
  const commit = prepare('COMMIT')
  const rollback = prepare('ROLLBACK')
  const truncate = prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  return {
    read<Row>(sql: string) {
      // Cast: the row has the columns that the statement selects; `rows.ts` maps them to records.
      const statement = prepare(sql) as Statement<Row, Value[]>
      return {
        get: (...values) => reads(() => statement.get(...values)),
        all: (...values) => reads(() => statement.all(...values)),
      }
    },
    write(sql) {
      const statement = prepare(sql)
      return (...values) => changes(() => statement.run(...values).changes)
    },
    insert(sql) {
      const statement = prepare(sql)
      return (...values) => changes(() => Number(statement.run(...values).lastInsertRowid))
    },
    begin() {
      changes(() => begin.run())
      writing = true
    },
    commit() {
      changes(() => commit.run())
      writing = false
    },
    rollback() {
      writing = false
      if (!closed && sqlite.inTransaction) rollback.run()
    },
    truncate() {
      changes(() => {
        // While another connection reads the file, such as a backup, nothing waits for it: the next call empties the log.
        sqlite.run('PRAGMA busy_timeout = 0')
        try {
          truncate.run()
        } finally {
          sqlite.run(`PRAGMA busy_timeout = ${BUSY_MS}`)
        }
      })
    },
    check,
    [Symbol.dispose]: close,
  }
}

/** The bounds of a page of text ids in its direction: the first inclusive, the second exclusive. */
export function range({ ascending, start, before }: Page): Value[] {
  return ascending ? [start ?? '', before ?? '\uffff'] : [start ?? '\uffff', before ?? '']
}

/** Each migration is one transaction; a file from a newer version is refused. */
function migrate(sqlite: Database, migrated: (what: string) => void): void {
  const { user_version: version } = sqlite.query<{ user_version: number }, []>('PRAGMA user_version').get() ?? {
    user_version: 0,
  }
  if (version > MIGRATIONS.length)
    throw new Error(`the data was written by a newer version (schema ${version}, this one knows ${MIGRATIONS.length})`)
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue
    sqlite.transaction(() => {
      sqlite.run(migration)
      sqlite.run(`PRAGMA user_version = ${index + 1}`)
    })()
  }
  if (version < MIGRATIONS.length)
    migrated(
      version === 0
        ? `SQLite: created with schema ${MIGRATIONS.length}`
        : `SQLite: migrated from schema ${version} to ${MIGRATIONS.length}`,
    )
}

/** Turns errors of a full or broken disk, or of a locked file, into errors of the port. */
function asUnavailable(error: unknown): unknown {
  const trouble = /^SQLITE_(IOERR|FULL|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM)/
  return error instanceof SQLiteError && trouble.test(error.code ?? '')
    ? new Unavailable(error.message, { cause: error })
    : error
}

/** Whether a change failed because the disk is full, or because the file cannot be written. */
export function isOutOfSpace(error: unknown): boolean {
  const cause = error instanceof Unavailable ? error.cause : null
  return cause instanceof SQLiteError && /^SQLITE_(FULL|IOERR)/.test(cause.code ?? '')
}
