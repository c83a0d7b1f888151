/**
 * `bun scripts/bench/sizing.ts [--people N]`: what sockets and messages cost one server in memory and CPU time, on SQLite or on what
 * MONGODB_URL and the other settings name. CPU time is that of the server's process alone, from the kernel, so that other work
 * on the machine changes it little. Not a test.
 */
import { parseArgs } from 'node:util'
import { openRawSocket, type RawSocket } from '../../tests/support/raw-socket.ts'
import type { Child } from './child.ts'
import { followersIdle, makeRoom, register, startParley, type Account } from './parley.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const SPEAKERS = 8
const SOCKETS_EACH = 10
const SENDERS = 32
const ROOM_MEMBERS = 4
const IDLE_SECONDS = 30
const SEND_SECONDS = 10
const MIB = 1024 * 1024

const headersOf = ({ token }: Account) => ({ authorization: `Bearer ${token}` })

async function openAll(child: Child, accounts: readonly Account[]): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  for (const account of accounts)
    for (let each = 0; each < SOCKETS_EACH; each += 1)
      sockets.push(await openRawSocket({ url: child.url, headers: headersOf(account) }))
  const alive = setInterval(() => {
    // A socket that does not answer pings would be closed.
    for (const socket of sockets) socket.send('{"type":"pong"}')
  }, 20_000)
  alive.unref()
  return sockets
}

/** CPU milliseconds for each message, with what the followers have to do for it. */
async function costOfSends(child: Child, senders: readonly Sender[]): Promise<{ each_ms: number; rate: number }> {
  const before = child.cpu()
  const { 'sends/s': rate = 0 } = await sendFor(child, senders, SEND_SECONDS)
  await followersIdle(child)
  return { each_ms: ((child.cpu() - before) / (rate * SEND_SECONDS)) * 1_000, rate }
}

const { values } = parseArgs({ options: { people: { type: 'string', default: '100' } } })
const listeners = Number(values.people)

// A server whose output nobody reads must not write any.
await using child = await startParley({ PARLEY_LOG_LEVEL: 'silent' })
const memory = async () => Math.round((await child.memory()) / MIB)
const rows: { state: string; memory_MiB: number; CPU: string }[] = []

const idle = await memory()
const accounts = await register(child.url, listeners + SPEAKERS)
rows.push({ state: 'started', memory_MiB: idle, CPU: '' })
rows.push({ state: `${accounts.length} accounts`, memory_MiB: await memory(), CPU: '' })

const senders: Sender[] = []
for (let first = 0; senders.length < SENDERS; first = (first + ROOM_MEMBERS) % listeners) {
  const members = accounts.slice(first, first + ROOM_MEMBERS)
  const room = await makeRoom(members)
  for (const member of members) senders.push(await openSender(child.url, room, headersOf(member)))
}
const small = await costOfSends(child, senders)
const cost = ({ each_ms, rate }: { each_ms: number; rate: number }) =>
  `${each_ms.toFixed(2)} ms for each message (${Math.round(rate)}/s here)`
rows.push({ state: `${SENDERS} senders, rooms of ${ROOM_MEMBERS}`, memory_MiB: await memory(), CPU: cost(small) })
for (const { socket } of senders) socket.end()

const room = await makeRoom(accounts)
const sockets = await openAll(child, accounts.slice(0, listeners))
const before = child.cpu()
await Bun.sleep(IDLE_SECONDS * 1_000)
const idleCores = (child.cpu() - before) / IDLE_SECONDS
rows.push({
  state: `${sockets.length} sockets, silent`,
  memory_MiB: await memory(),
  CPU: `${(idleCores * 100).toFixed(1)} % of a core`,
})

const speakers: Sender[] = []
for (const account of accounts.slice(listeners)) speakers.push(await openSender(child.url, room, headersOf(account)))
const large = await costOfSends(child, speakers)
rows.push({
  state: `a room of ${sockets.length} sockets, ${SPEAKERS} senders`,
  memory_MiB: await memory(),
  CPU: cost(large),
})
console.table(rows)
// Sockets keep this process alive, and its exit would not wait for the end of the block.
await child[Symbol.asyncDispose]()
process.exit()
