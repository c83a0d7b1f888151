import { join } from 'node:path'
import { startChild } from './child.ts'
import { makeRoom, register, startParley } from './parley.ts'
import { compare, type Verdict } from './rounds.ts'
import { openSender, sendFor, type Sender } from './senders.ts'

const ROOMS = 64
const MEMBERS = 4
const SECONDS = 3

/** Durable, acknowledged sends of 256 and of 32 senders, against a bare group commit with the same frames. */
export async function durableSends(rounds: number): Promise<Verdict[]> {
  await using parley = await startParley()
  await using bare = await startChild(join(import.meta.dir, 'bare/sends.ts'))
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
    }
    verdicts.push(await compare(comparison, rounds))
  }
  return verdicts
}
