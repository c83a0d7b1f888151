import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startChild } from './child.ts'
import { followersIdle, makeRoom, register, startParley } from './parley.ts'
import { compare, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const ROOMS = 64
const MEMBERS = 4
const SECONDS = 3

/** Durable, acknowledged sends of 256 and of 32 senders, against a bare group commit with the same frames. */
export function durableSends(rounds: number): Promise<Verdict[]> {
  return compareSends(rounds, 'bare/sends.ts', {})
}

/** The same on the MongoDB that `MONGODB_URL` names, against a bare program that writes log, messages and heads there. */
export async function mongoSends(rounds: number): Promise<Verdict[]> {
  const url = new URL(process.env['MONGODB_URL'] ?? '')
  const database = `parley_bench_${crypto.randomUUID().slice(0, 8)}`
  url.pathname = `/${database}`
  const settings = { MONGODB_URL: url.href, BENCH_DATABASE: `${database}_bare` }
  try {
    return await compareSends(rounds, 'bare/mongo-sends.ts', settings)
  } finally {
    await using client = new MongoClient(url.href)
    for (const name of [database, settings.BENCH_DATABASE]) await client.db(name).dropDatabase()
  }
}

async function compareSends(rounds: number, program: string, settings: Record<string, string>): Promise<Verdict[]> {
  await using parley = await startParley(settings)
  await using bare = await startChild(join(import.meta.dir, program), settings)
  const accounts = await register(parley.url, ROOMS * MEMBERS)
  const ours: Sender[] = []
  const theirs: Sender[] = []
  for (let room = 0; room < ROOMS; room += 1) {
    const members = accounts.slice(room * MEMBERS, (room + 1) * MEMBERS)
    const id = await makeRoom(members)
    for (const { token } of members) {
      ours.push(await openSender(parley.url, id, { authorization: `Bearer ${token}` }))
      theirs.push(await openSender(bare.url, id, { room: id }))
    }
  }
  const verdicts: Verdict[] = []
  await sendFor(parley, ours, 2)
  await followersIdle(parley)
  await sendFor(bare, theirs, 2)
  for (const count of [256, 32]) {
    // Spread over the rooms, so that 32 senders use 32 of them.
    const some = (senders: Sender[]) => senders.filter((_, index) => index % (senders.length / count) === 0)
    const comparison = {
      name: `durable sends, ${count} senders`,
      unit: 'sends/s',
      goal: 0.6,
      better: 'higher' as const,
      ours: () => sendFor(parley, some(ours), SECONDS),
      bare: () => sendFor(bare, some(theirs), SECONDS),
      settled: () => followersIdle(parley),
    }
    verdicts.push(await compare(comparison, rounds))
  }
  return verdicts
}
