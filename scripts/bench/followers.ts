import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { createClient } from '../../src/sdk/index.ts'
import { startChild, type Child } from './child.ts'
import { makeRoom, PASSWORD, register, startParley } from './parley.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const ROOMS = 16
const MEMBERS = 4
const SECONDS = 3
const ADMIN = { username: 'root', password: PASSWORD }
const SETTINGS = { PARLEY_ADMIN_USERNAME: ADMIN.username, PARLEY_ADMIN_PASSWORD: ADMIN.password }
const QUIET = { PARLEY_RATE_CALLS: '0', PARLEY_RATE_AUTH: '0', PARLEY_LOG_LEVEL: 'warn' }
/** How often a server is asked whether its followers are done, and how long at most. */
const ASK_MS = 250
const PATIENCE_MS = 300_000

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
  await using parley = await startParley({ ...SETTINGS, ...our_settings })
  const program = join(import.meta.dir, 'bare/without-followers.ts')
  await using bare = await startChild(program, { ...SETTINGS, ...QUIET, ...bare_settings })
  const [ours, theirs] = [await sendersOf(parley), await sendersOf(bare)]
  await sendFor(parley, ours, 1)
  await sendFor(bare, theirs, 1)
  const verdict = await compare(
    {
      name: 'sends with all followers',
      unit: 'sends/s',
      goal: 0.9,
      better: 'higher',
      ours: () => sendFor(parley, ours, SECONDS),
      bare: () => sendFor(bare, theirs, SECONDS),
    },
    rounds,
  )
  const { 'caught up s': seconds = 0, messages = 0 } = await catchUp(parley)
  console.log(`  the followers had counted all ${messages} messages ${seconds.toFixed(1)} s after the last send`)
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

/** Waits until analytics have counted every message that is stored. */
async function catchUp({ url }: Child): Promise<Figures> {
  const client = createClient({ url })
  await client.auth.login(ADMIN)
  const begun = performance.now()
  const { data } = await client.conversations.list({ scope: 'all', limit: 100 })
  const messages = data.reduce((sum, { last_seq }) => sum + last_seq, 0)
  for (;;) {
    const { total } = await client.analytics.messages({ interval: 'day' })
    const waited = performance.now() - begun
    if (total === messages) return { 'caught up s': waited / 1_000, messages }
    if (waited > PATIENCE_MS) throw new Error(`analytics have counted ${total} of ${messages} messages`)
    await Bun.sleep(ASK_MS)
  }
}
