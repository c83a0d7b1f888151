import { Database } from 'bun:sqlite'
import { closeSync, openSync } from 'node:fs'

/** The version of the layout and of the tokens in it. A file of another one is not used and is built anew. */
export const FORMAT = '1'
const BUSY_MS = 5_000
const CACHE_KIB = 16_384
/** Pages of the write-ahead log at which a checkpoint is made. */
const CHECKPOINT_PAGES = 4_000
/** Segments of the index at which one is merged at once; far below the number at which writes fail. */
const CRISIS_SEGMENTS = 64

/**
 * `docs.n` is also the rowid in `fts`: it rises with the time of the message (`numberOf`), so that the latest matches are read
 * first. `ids` gives conversations and users small numbers. `fts.text` has the tokens of a message, `fts.scope` its
 * conversation, sender, type and file as terms (`c12 u7 tfile hf`), with which MATCH can filter. `purging`: conversations whose
 * rows are still being removed.
 */
const SCHEMA = [
  'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE ids (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT',
  `CREATE TABLE docs (
    n INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, change INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT`,
  'CREATE UNIQUE INDEX docs_seq ON docs (conversation, seq)',
  'CREATE TABLE purging (conversation INTEGER PRIMARY KEY) STRICT',
  // Every character beyond ASCII belongs to a token; the tokens are made in `domain/search`.
  "CREATE VIRTUAL TABLE fts USING fts5(text, scope, tokenize = 'ascii')",
  // Deleted texts leave the file at once, and merging is done in small steps by the writer.
  "INSERT INTO fts (fts, rank) VALUES ('secure-delete', 1)",
  "INSERT INTO fts (fts, rank) VALUES ('automerge', 0)",
  `INSERT INTO fts (fts, rank) VALUES ('crisismerge', ${CRISIS_SEGMENTS})`,
  "INSERT INTO fts (fts, rank) VALUES ('usermerge', 4)",
]

/** Makes a new, empty index of a store's epoch, readable by its owner only. It is not `complete` yet. */
export function createIndex(file: string, epoch: string): Database {
  closeSync(openSync(file, 'ax', 0o600))
  const db = openIndex(file)
  db.run('BEGIN IMMEDIATE')
  for (const statement of SCHEMA) db.run(statement)
  const meta = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
  meta.run('format', FORMAT)
  meta.run('epoch', epoch)
  meta.finalize()
  db.run('COMMIT')
  return db
}

/** A connection to an index. Its changes are durable when their transaction is committed. */
export function openIndex(file: string): Database {
  const db = new Database(file, { strict: true, create: false, readwrite: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_MS}`)
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA secure_delete = ON')
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  return db
}

/** Whether the file is a finished index of this store and version. A file that cannot be read is none. */
export function isComplete(file: string, epoch: string): boolean {
  try {
    using db = openIndex(file)
    const rows = db.query<{ key: string; value: string }, []>('SELECT key, value FROM meta').all()
    const meta = new Map(rows.map(({ key, value }) => [key, value]))
    return meta.get('format') === FORMAT && meta.get('epoch') === epoch && meta.get('complete') === '1'
  } catch {
    return false
  }
}

/** Places of messages of one tick. */
const PLACES = 1_024
const TICK_MS = 100

/** The least number of a message of that time. Numbers stay exact in a double for longer than any clock runs. */
export function numberOf(ms: number): number {
  return Math.floor(ms / TICK_MS) * PLACES
}

/** The first number of the tick after. */
export function nextTick(n: number): number {
  return (Math.floor(n / PLACES) + 1) * PLACES
}
