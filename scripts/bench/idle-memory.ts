import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { makeRoom, register, startParley } from './parley.ts'
import { openRawSocket, type RawSocket } from '../../tests/support/raw-socket.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'

const PEOPLE = 300
const SOCKETS_EACH = 10

/** Memory per socket of 3,000 sockets that are authenticated and idle. */
async function hold(child: Child, headers: readonly Record<string, string>[]): Promise<Figures> {
  // The first sockets also pay one-time costs (code, pools), which are not counted.
  const first = await Promise.all(headers.map(each => openRawSocket({ url: child.url, headers: each })))
  for (const socket of first) socket.end()
  await Bun.sleep(1_000)
  const before = await child.memory()
  const sockets: RawSocket[] = []
  for (const each of headers)
    for (let index = 0; index < SOCKETS_EACH; index += 1)
      sockets.push(await openRawSocket({ url: child.url, headers: each }))
  await Bun.sleep(500)
  const after = await child.memory()
  for (const socket of sockets) socket.end()
  await Bun.sleep(1_000)
  return { 'bytes/socket': (after - before) / sockets.length }
}

export async function idleMemory(rounds: number): Promise<Verdict[]> {
  // A new process for each round, because freed memory is not returned to the system.
  const ours = async () => {
    await using parley = await startParley()
    const accounts = await register(parley.url, PEOPLE)
    await makeRoom(accounts)
    return await hold(
      parley,
      accounts.map(({ token }) => ({ authorization: `Bearer ${token}` })),
    )
  }
  const theirs = async () => {
    await using child = await startChild(join(import.meta.dir, 'bare/publish.ts'))
    return await hold(
      child,
      Array.from({ length: PEOPLE }, () => ({})),
    )
  }
  const comparison = {
    name: 'idle memory',
    unit: 'bytes/socket',
    goal: 2,
    better: 'lower' as const,
    ours,
    bare: theirs,
  }
  return [await compare(comparison, Math.min(rounds, 3))]
}
