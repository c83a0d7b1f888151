import { createClient } from '../../src/sdk/index.ts'
import { PASSWORD, followersIdle, makeRoom, register, startParley } from './parley.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const SENDERS = 32
const LOGINS_AT_ONCE = 8
const SECONDS = 4

/** The latency of sends while eight users sign in repeatedly, against the latency without them. */
export async function loginStorm(rounds: number): Promise<Verdict[]> {
  await using parley = await startParley()
  const accounts = await register(parley.url, SENDERS)
  const room = await makeRoom(accounts)
  const senders: Sender[] = []
  for (const { token } of accounts)
    senders.push(await openSender(parley.url, room, { authorization: `Bearer ${token}` }))

  async function quiet(): Promise<Figures> {
    const { 'p99 ms': p99 = 0, 'sends/s': sends = 0 } = await sendFor(parley, senders, SECONDS)
    return { 'p99 ms': p99, 'sends/s': sends }
  }
  async function storm(): Promise<Figures> {
    let logins = 0
    const stop = new AbortController()
    const storming = accounts.slice(0, LOGINS_AT_ONCE).map(async ({ name }) => {
      while (!stop.signal.aborted) {
        await createClient({ url: parley.url }).auth.login({ username: name, password: PASSWORD })
        logins += 1
      }
    })
    const figures = await quiet()
    stop.abort()
    await Promise.all(storming)
    return { ...figures, 'logins/s': logins / SECONDS }
  }
  await quiet()
  const comparison = {
    name: 'send p99 during logins',
    unit: 'ms',
    goal: 2,
    better: 'lower' as const,
    ours: storm,
    bare: quiet,
    settled: () => followersIdle(parley),
  }
  return [await compare(comparison, rounds)]
}
