import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SECONDS = 2

/** Rows per second that this machine makes durable (WAL, FULL) in transactions of `size` single-row inserts. */
export function bareCommits(size: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bare-'))
  const db = new Database(join(folder, 'bare.sqlite'), { strict: true })
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA synchronous = FULL')
  db.run('CREATE TABLE messages (n INTEGER PRIMARY KEY, room INTEGER, seq INTEGER, body TEXT)')
  db.run('CREATE UNIQUE INDEX by_seq ON messages (room, seq)')
  const insert = db.prepare('INSERT INTO messages (room, seq, body) VALUES (?, ?, ?)')
  const end = performance.now() + SECONDS * 1_000
  let rows = 0
  for (let seq = 1; performance.now() < end; seq += 1) {
    db.run('BEGIN')
    for (let room = 0; room < size; room += 1) insert.run(room, seq, 'x'.repeat(120))
    db.run('COMMIT')
    rows += size
  }
  db.close()
  rmSync(folder, { recursive: true })
  return Math.round(rows / SECONDS)
}
