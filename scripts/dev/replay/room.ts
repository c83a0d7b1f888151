import { createHash } from 'node:crypto'
import type { Client } from '../../../src/sdk/index.ts'
import { patiently, sendOnce } from '../../../tests/support/send-once.ts'
import type { Day } from './input.ts'
import type { Account, Sockets } from './people.ts'

export interface Played {
  id: string
  day: Day
  /** Sender and text of each message as the connected reader received it. */
  heard: { sender_id: string; content: string | null }[]
}

/** Plays one day, with people who only read as members: sends each message when the previous one is acknowledged. */
export async function playRoom(
  day: Day,
  accounts: readonly Account[],
  sockets: Sockets,
  reader_ids: readonly string[],
  sent: () => void,
): Promise<Played> {
  const clients = new Map<number, Client>()
  for (const person of day.people) clients.set(person, await sockets.take(person))
  const [first, reader] = [clients.get(day.people[0] ?? -1), clients.get(day.people.at(-1) ?? -1)]
  if (!first || !reader) throw new Error('a day without senders')
  const others = day.people.slice(1).map(person => accounts[person]?.id ?? '')
  const name = `#ubuntu ${day.name}`
  // A server may be killed meanwhile. Then the group may exist twice, one without messages.
  const { id } = await patiently(() =>
    first.conversations.create({ type: 'group', name, participant_ids: [...others, ...reader_ids] }),
  )
  const heard: Played['heard'] = []
  const all = Promise.withResolvers<void>()
  const stop = reader.live.on('event', ({ event, stream, data }) => {
    if (event !== 'message.created' || stream !== id) return
    const { sender_id, content } = data
    heard.push({ sender_id, content })
    if (heard.length === day.lines.length) all.resolve()
  })
  for (const [index, { person, text }] of day.lines.entries()) {
    const client = clients.get(person)
    if (!client) throw new Error('a sender without a client')
    await sendOnce(client, { conversation_id: id, content: text, client_id: `${day.name}-${index}` })
    sent()
  }
  await all.promise
  stop()
  for (const person of day.people) sockets.release(person)
  return { id, day, heard }
}

/** A hash over senders and texts in order. */
export function hashOf(said: Iterable<readonly [string, string]>): string {
  const hash = createHash('sha256')
  for (const [nick, text] of said) hash.update(JSON.stringify([nick, text]))
  return hash.digest('hex')
}
