/**
 * The bare program for durable sends on MongoDB: sockets, and for each tick one row of the log per room, the messages and the
 * heads, each by one command, then acknowledgements and publishes. Two ticks' writes at once, a room in one of them.
 */
import { MongoClient } from 'mongodb'
import { FILLER, serveSends, type Send } from './send-server.ts'

const FLUSHES = 2

const client = new MongoClient(process.env['MONGODB_URL'] ?? '', {
  w: 'majority',
  journal: true,
  ignoreUndefined: true,
})
const db = client.db(process.env['BENCH_DATABASE'] ?? 'parley_bench_bare')
const log = db.collection<{ _id: string }>('log')
const messages = db.collection<{ _id: string }>('messages')
const heads = db.collection<{ _id: string }>('heads')
await messages.createIndexes([
  { key: { id: 1 }, unique: true },
  { key: { sender_id: 1, _id: 1 } },
  { key: { send_key: 1 } },
])
const seqs = new Map<string, number>()
const busy = new Set<string>()
let queue: Send[] = []
let flushes = 0

function schedule(): void {
  if (flushes === FLUSHES) return
  const batch = queue.filter(({ room }) => !busy.has(room))
  if (batch.length === 0) return
  queue = queue.filter(({ room }) => busy.has(room))
  flushes += 1
  const rooms = new Set(batch.map(({ room }) => room))
  for (const room of rooms) busy.add(room)
  void flush(batch).finally(() => {
    flushes -= 1
    for (const room of rooms) busy.delete(room)
    schedule()
  })
}

async function flush(batch: Send[]): Promise<void> {
  const at = new Date().toISOString()
  const stored = batch.map(({ room, body }) => {
    const seq = (seqs.get(room) ?? 0) + 1
    seqs.set(room, seq)
    return { id: Bun.randomUUIDv7(), sender_id: room, send_key: `${room}:${seq}`, room, seq, at, body, filler: FILLER }
  })
  const by_room = Map.groupBy(stored, ({ room }) => room)
  const key = (room: string, seq: number) => `${room}:${seq.toString(36).padStart(8, '0')}`
  const rows = [...by_room].map(([room, entries]) => ({ _id: key(room, entries[0]?.seq ?? 0), entries }))
  await log.insertMany(rows, { ordered: false })
  await messages.insertMany(
    stored.map(message => ({ _id: key(message.room, message.seq), ...message })),
    { ordered: false },
  )
  const moves = [...by_room].map(([_id, entries]) => {
    const update = { $set: { seq: entries.at(-1)?.seq ?? 0, at } }
    return { updateOne: { filter: { _id }, update, upsert: true } }
  })
  await heads.bulkWrite(moves, { ordered: false })
  for (const [index, send] of batch.entries()) answer(send, JSON.stringify(stored[index]))
}

const { answer } = serveSends(send => {
  queue.push(send)
  if (queue.length === 1) setImmediate(schedule)
})
