import type { Clock } from './clock.ts'
import type { Room, Rooms, Said } from './rooms.ts'

const EMOJI = ['👍', '🎉', '😂', '❤️', '👀']
/** One message of so many is reacted to, edited, pinned. */
const REACTED = 7
const EDITED = 41
const PINNED = 150
const MINUTE_MS = 60_000

/** Sends each line at its time: as a reply with a mention where it is for somebody, some with reactions, edits and pins. */
export async function play(said: readonly Said[], rooms: Rooms, clock: Clock, sent: () => void): Promise<void> {
  for (const [index, line] of said.entries()) {
    clock.moveTo(line.at)
    await say(line)
    const { room } = line
    const message_id = room.messages.at(-1) ?? ''
    if (index % REACTED === 0) await react(room, message_id, line, index)
    if (index % EDITED === 1) {
      clock.moveTo(line.at + MINUTE_MS)
      await line.sender.client.messages.update({ message_id, content: `${line.text} (edited)` })
    }
    if (index % PINNED === 2 && room === rooms.everybody) await room.people[0]?.client.messages.pin({ message_id })
    sent()
  }
}

async function say({ sender, to, text, room }: Said): Promise<void> {
  const reply_to = to && to !== sender ? room.last.get(to.id) : undefined
  const message = await sender.client.messages.send({
    conversation_id: room.id,
    content: text,
    ...(to && to !== sender ? { mentions: [to.id] } : {}),
    ...(reply_to === undefined ? {} : { reply_to }),
  })
  room.last.set(sender.id, message.id)
  room.messages.push(message.id)
}

async function react({ people }: Room, message_id: string, { sender }: Said, index: number): Promise<void> {
  const others = people.filter(person => person !== sender)
  const emoji = EMOJI[index % EMOJI.length] ?? '👍'
  for (const person of others.slice(index % 3, (index % 3) + 1 + (index % 4)))
    await person.client.messages.react({ message_id, emoji })
}

/** Everybody has read to some place: the first ones to the end, others leave more and more unread. */
export async function read({ everybody, helpers, direct }: Rooms): Promise<void> {
  for (const room of [everybody, helpers, ...direct])
    for (const [index, { client }] of room.people.entries()) {
      const { last_seq, me } = await client.conversations.inboxEntry({ conversation_id: room.id })
      const seq = last_seq - (index % 6) * index
      if (seq > (me?.last_read_seq ?? 0)) await client.conversations.read({ conversation_id: room.id, seq })
    }
}
