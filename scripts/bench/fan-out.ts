import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { followersIdle, makeRoom, register, startParley } from './parley.ts'
import { openRawSocket, type RawSocket } from '../../tests/support/raw-socket.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

/** Enough that nobody has more sockets than a user may have (`MAX_CONNECTIONS`). */
const PEOPLE = 140
const SOCKETS = 1_000
const SECONDS = 3
const ALIVE_MS = 20_000
const WINDOWS = [8, 32]

interface Audience {
  senders: Sender[]
  receivers: RawSocket[]
  /** The socket that counts frames; the bytes that the others receive are converted into frames. */
  reference: { socket: RawSocket; frames: () => number }
}

async function gather(
  url: string,
  room: string,
  headers: readonly Record<string, string>[],
  windows: number,
): Promise<Audience> {
  const senders: Sender[] = []
  const receivers: RawSocket[] = []
  for (let index = 0; index < windows; index += 1)
    senders.push(await openSender(url, room, headers[index % headers.length] ?? {}))
  let frames = 0
  const reference = await openRawSocket({ url, headers: headers.at(-1) ?? {}, onFrame: () => (frames += 1) })
  for (let index = 0; receivers.length + windows + 1 < SOCKETS; index += 1) {
    const part = headers.slice(windows, -1)
    receivers.push(await openRawSocket({ url, headers: part[index % part.length] ?? {} }))
  }
  // A socket that does not answer pings would be closed.
  const alive = setInterval(() => {
    for (const socket of [...receivers, reference]) socket.send('{"type":"pong"}')
  }, ALIVE_MS)
  alive.unref()
  return { senders, receivers, reference: { socket: reference, frames: () => frames } }
}

/** Deliveries per second of the server's CPU, while `window` senders send one durable message after the other. */
async function deliver(child: Child, { senders, receivers, reference }: Audience, window: number): Promise<Figures> {
  const bytes = () => receivers.reduce((sum, socket) => sum + socket.received, 0)
  const before = { bytes: bytes(), frames: reference.frames(), own: reference.socket.received, cpu: child.cpu() }
  const { 'sends/s': sends = 0 } = await sendFor(child, senders.slice(0, window), SECONDS)
  await Bun.sleep(300)
  const frame = (reference.socket.received - before.own) / (reference.frames() - before.frames)
  const delivered = (bytes() - before.bytes) / frame
  const cpu = child.cpu() - before.cpu
  if (receivers.some(({ closed }) => closed)) throw new Error('a receiver was closed')
  return { 'deliveries/CPU-s': delivered / cpu, 'sends/s': sends, 'frame bytes': frame, 'server cores': cpu / SECONDS }
}

/** A durable message to a room of 1,000 sockets, against a bare `server.publish` of as many bytes. */
export async function fanOut(rounds: number): Promise<Verdict[]> {
  await using parley = await startParley()
  await using bare = await startChild(join(import.meta.dir, 'bare/publish.ts'))
  const accounts = await register(parley.url, PEOPLE)
  const room = await makeRoom(accounts)
  const most = Math.max(...WINDOWS)
  const ours = await gather(
    parley.url,
    room,
    accounts.map(({ token }) => ({ authorization: `Bearer ${token}` })),
    most,
  )
  const theirs = await gather(
    bare.url,
    room,
    accounts.map(() => ({})),
    most,
  )
  await Bun.sleep(1_000)
  const verdicts: Verdict[] = []
  for (const window of WINDOWS)
    verdicts.push(
      await compare(
        {
          name: `fan-out to 1,000, window ${window}`,
          unit: 'deliveries/CPU-s',
          goal: 0.8,
          better: 'higher',
          ours: () => deliver(parley, ours, window),
          bare: () => deliver(bare, theirs, window),
          settled: () => followersIdle(parley),
        },
        rounds,
      ),
    )
  return verdicts
}
