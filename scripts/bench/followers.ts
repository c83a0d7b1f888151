import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startChild, type Child } from './child.ts'
import { followersIdle, makeRoom, register, startParley } from './parley.ts'
import { compare, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const ROOMS = 16
const MEMBERS = 4
const SECONDS = 3
const QUIET = { PARLEY_RATE_CALLS: '0', PARLEY_RATE_AUTH: '0', PARLEY_LOG_LEVEL: 'warn' }

/** Durable sends of 64 senders with all followers running, against the same server without them. */
export function followers(rounds: number): Promise<Verdict[]> {
  return compareSends(rounds, {}, {})
}

/** The same on the MongoDB that `MONGODB_URL` names. */
export async function mongoFollowers(rounds: number): Promise<Verdict[]> {
  const url = new URL(process.env['MONGODB_URL'] ?? '')
  const [ours, bare] = ['', ''].map(() => `parley_bench_${crypto.randomUUID().slice(0, 8)}`)
  const settings = (database = '') => ({ MONGODB_URL: Object.assign(new URL(url), { pathname: `/${database}` }).href })
  try {
    return await compareSends(rounds, settings(ours), settings(bare))
  } finally {
    await using client = new MongoClient(url.href)
    for (const name of [ours, bare]) await client.db(name).dropDatabase()
  }
}

async function compareSends(
  rounds: number,
  our_settings: Record<string, string>,
  bare_settings: Record<string, string>,
): Promise<Verdict[]> {
  await using parley = await startParley(our_settings)
  const program = join(import.meta.dir, 'bare/without-followers.ts')
  await using bare = await startChild(program, { ...QUIET, ...bare_settings })
  const [ours, theirs] = [await sendersOf(parley), await sendersOf(bare)]
  await sendFor(parley, ours, 1)
  await sendFor(bare, theirs, 1)
  await followersIdle(parley)
  const verdict = await compare(
    {
      name: 'sends with all followers',
      unit: 'sends/s',
      goal: 0.9,
      better: 'higher',
      async ours() {
        const figures = await sendFor(parley, ours, SECONDS)
        const begun = performance.now()
        await followersIdle(parley)
        return { ...figures, 'caught up s': (performance.now() - begun) / 1_000 }
      },
      bare: () => sendFor(bare, theirs, SECONDS),
    },
    rounds,
  )
  return [verdict]
}

async function sendersOf(child: Child): Promise<Sender[]> {
  const accounts = await register(child.url, ROOMS * MEMBERS)
  const senders: Sender[] = []
  for (let room = 0; room < ROOMS; room += 1) {
    const members = accounts.slice(room * MEMBERS, (room + 1) * MEMBERS)
    const id = await makeRoom(members)
    for (const { token } of members) senders.push(await openSender(child.url, id, { authorization: `Bearer ${token}` }))
  }
  return senders
}
