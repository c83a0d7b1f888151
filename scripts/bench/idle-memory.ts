import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { followersIdle, makeRoom, register, startParley } from './parley.ts'
import { openRawSocket, type RawSocket } from '../../tests/support/raw-socket.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'

const PEOPLE = 600
const SOCKETS_EACH = 10
/** Sockets that stay open before the measured ones: code, pools and the heap grow once with the first of them. */
const FIRST = 3_000

/** Memory that each of 3,000 further sockets adds which are signed in and idle. */
async function hold(child: Child, headers: readonly Record<string, string>[]): Promise<Figures> {
  const sockets: RawSocket[] = []
  const open = async (count: number) => {
    for (const end = sockets.length + count; sockets.length < end;) {
      const each = headers[Math.floor(sockets.length / SOCKETS_EACH)] ?? {}
      sockets.push(await openRawSocket({ url: child.url, headers: each }))
    }
    await Bun.sleep(500)
    return await child.memory()
  }
  const start = await child.memory()
  const before = await open(FIRST)
  const count = headers.length * SOCKETS_EACH - FIRST
  const after = await open(count)
  for (const socket of sockets) socket.end()
  await Bun.sleep(1_000)
  return { 'bytes/socket': (after - before) / count, 'bytes/socket of the first': (before - start) / FIRST }
}

export async function idleMemory(rounds: number): Promise<Verdict[]> {
  // A new process for each round, because freed memory is not returned to the system.
  const ours = async () => {
    await using parley = await startParley()
    const accounts = await register(parley.url, PEOPLE)
    await makeRoom(accounts.slice(0, 300))
    await followersIdle(parley)
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
