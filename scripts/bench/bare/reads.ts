/** The bare program for reads: a prepared statement and JSON.stringify behind Bun.serve. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'

const MESSAGES = 5_000
const COLUMNS =
  'id, conversation_id, seq, change, sender_id, client_id, type, content, reply_to, edited_at, deleted_at, created_at'

const db = new Database(join(process.env['BENCH_DIR'] ?? '.', 'bare.sqlite'), { strict: true })
db.run(
  `CREATE TABLE messages (n INTEGER PRIMARY KEY, id TEXT, conversation_id TEXT, seq INTEGER, change INTEGER, sender_id TEXT,
   client_id TEXT, type TEXT, content TEXT, reply_to TEXT, edited_at TEXT, deleted_at TEXT, created_at TEXT)`,
)
db.run('CREATE UNIQUE INDEX by_seq ON messages (conversation_id, seq)')
db.run('CREATE UNIQUE INDEX by_id ON messages (id)')
const insert = db.prepare(`INSERT INTO messages (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
const [room, sender, first] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
const at = new Date().toISOString()
db.transaction(() => {
  for (let seq = 1; seq <= MESSAGES; seq += 1)
    insert.run(
      seq === 1 ? first : Bun.randomUUIDv7(),
      room,
      seq,
      seq + 1,
      sender,
      null,
      'text',
      'x'.repeat(120),
      null,
      null,
      null,
      at,
    )
})()
const page = db.prepare(
  `SELECT ${COLUMNS} FROM messages WHERE conversation_id = ? AND seq <= ? ORDER BY seq DESC LIMIT ?`,
)
const one = db.prepare(`SELECT ${COLUMNS} FROM messages WHERE id = ?`)
const headers = { 'content-type': 'application/json' }
/** The fields of a message that are not columns. */
const REST = { attachments: [], mentions: [], metadata: null, reactions: [] }
const whole = (row: unknown) => ({ ...(row as object), ...REST })

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  routes: {
    '/conversations/:id/messages': request => {
      const rows = page.all(request.params.id, Number.MAX_SAFE_INTEGER, 51)
      const data = rows.slice(0, 50).map(whole)
      return new Response(JSON.stringify({ object: 'list', data, first_id: null, last_id: null, has_more: true }), {
        headers,
      })
    },
    '/messages/:id': request => new Response(JSON.stringify(whole(one.get(request.params.id))), { headers }),
    '/where': new Response(JSON.stringify({ room, message: first })),
  },
})
console.log(`http://127.0.0.1:${server.port}`)
