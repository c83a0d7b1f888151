/** The bare program for durable sends: sockets, one table, one transaction (WAL, FULL) per tick, then acknowledgements and publishes. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { FILLER, serveSends, type Send } from './send-server.ts'

const db = new Database(join(process.env['BENCH_DIR'] ?? '.', 'bare.sqlite'), { strict: true })
db.run('PRAGMA journal_mode = WAL')
db.run('PRAGMA synchronous = FULL')
db.run('PRAGMA wal_autocheckpoint = 4000')
db.run('CREATE TABLE messages (n INTEGER PRIMARY KEY, room TEXT, seq INTEGER, at TEXT, body TEXT)')
db.run('CREATE UNIQUE INDEX by_seq ON messages (room, seq)')
const insert = db.prepare('INSERT INTO messages (room, seq, at, body) VALUES (?, ?, ?, ?)')
const seqs = new Map<string, number>()
let queue: Send[] = []

function flush(): void {
  const batch = queue
  queue = []
  db.run('BEGIN')
  const stored = batch.map(({ room, body }) => {
    const seq = (seqs.get(room) ?? 0) + 1
    seqs.set(room, seq)
    const at = new Date().toISOString()
    insert.run(room, seq, at, body)
    return JSON.stringify({ id: room, conversation_id: room, seq, at, content: body, filler: FILLER })
  })
  db.run('COMMIT')
  for (const [index, send] of batch.entries()) answer(send, stored[index] ?? '')
}

const { answer } = serveSends(send => {
  queue.push(send)
  if (queue.length === 1) setImmediate(flush)
})
