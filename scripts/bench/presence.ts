import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { openLogger } from '../../src/logger.ts'
import { startServer } from '../../src/server.ts'
import { fillRoom } from '../../tests/support/large-room.ts'
import { openSocket } from '../../tests/support/socket.ts'
import { followersIdle, makeRoom, register } from './parley.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'

const SUBSCRIBERS = 10
/** Statuses that a member sets one after the other; each socket that subscribed is told of one a second. */
const CHANGES = 1_000

/** CPU time of the server and its clients for each status that a member sets, in a group of this size. */
async function changes(members: number): Promise<Figures> {
  const data_dir = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const settings = { PORT: '0', PARLEY_DATA_DIR: data_dir, PARLEY_RATE_CALLS: '0', PARLEY_RATE_AUTH: '0' }
  const running = await startServer(readConfig(settings), { logger: openLogger('silent') })
  const accounts = await register(running.url, SUBSCRIBERS)
  const [owner] = accounts
  if (!owner) throw new Error('a room needs an owner')
  const room = await makeRoom(accounts)
  if (members > SUBSCRIBERS) await fillRoom({ running }, owner.id, room, members)
  const sockets = await Promise.all(accounts.map(({ token }) => openSocket(running.url, { token })))
  for (const socket of sockets) {
    socket.send({ type: 'call', id: 1, op: 'presence.subscribe', input: { user_ids: [owner.id] } })
    await socket.find('result')
  }
  const change = async (count: number) => {
    for (let n = 0; n < count; n += 1) await owner.client.presence.setStatus({ user_id: 'me', text: `text ${n}` })
  }
  await change(CHANGES)
  await followersIdle(running)
  const before = process.cpuUsage()
  await change(CHANGES)
  const { user, system } = process.cpuUsage(before)
  for (const socket of sockets) socket[Symbol.dispose]()
  await running.stop()
  await rm(data_dir, { recursive: true })
  return { 'µs/change': (user + system) / CHANGES }
}

/** The cost of presence does not follow from the size of groups. */
export async function presence(rounds: number): Promise<Verdict[]> {
  const comparison = {
    name: 'presence in a group of 10,000 against one of 10',
    unit: 'µs/change',
    goal: 1.2,
    better: 'lower' as const,
    ours: () => changes(10_000),
    bare: () => changes(SUBSCRIBERS),
  }
  return [await compare(comparison, Math.min(rounds, 3))]
}
