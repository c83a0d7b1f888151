/** The bare program for durable sends: sockets, one table, one transaction (WAL, FULL) per tick, then acknowledgements and publishes. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'

interface Send {
  socket: Bun.ServerWebSocket<{ room: string }>
  id: number
  room: string
  body: string
}

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
  for (const [index, { socket, id, room }] of batch.entries()) {
    socket.send(`{"type":"result","id":${id},"status":201,"data":${stored[index]}}`)
    server.publish(room, `{"type":"event","event":"message.created","stream":"${room}","data":${stored[index]}}`, false)
  }
}

/** Fills the frames up to the length of Parley's. */
const FILLER = 'f'.repeat(230)

const server = Bun.serve<{ room: string }>({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, listener) =>
    listener.upgrade(request, { data: { room: request.headers.get('room') ?? '' } }) ? undefined : new Response('no'),
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe(socket.data.room)
      socket.send('{"type":"ready"}')
    },
    message(socket, text) {
      const { id, input } = JSON.parse(String(text))
      queue.push({ socket, id, room: input.conversation_id, body: input.content })
      if (queue.length === 1) setImmediate(flush)
    },
  },
})
console.log(`http://127.0.0.1:${server.port}`)
