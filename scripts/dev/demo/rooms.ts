import type { Line } from './chat.ts'
import type { Person } from './people.ts'

/** People of the private group, and pairs who also write to each other directly. */
const HELPERS = 5
const PAIRS = 4

export interface Room {
  id: string
  name: string
  people: Person[]
  /** The last message of each person, to which a line that is for that person replies. */
  last: Map<string, string>
  messages: string[]
}

/** A line with its place: where it is said, by whom, and to whom. */
export interface Said {
  at: number
  text: string
  sender: Person
  to: Person | null
  room: Room
}

export interface Rooms {
  everybody: Room
  helpers: Room
  direct: Room[]
}

/** Makes the conversations: a public group of all, a private one of the most active people, and direct ones. */
export async function openRooms(people: readonly Person[], lines: readonly Line[], topic: string): Promise<Rooms> {
  const [first, ...others] = people
  if (!first) throw new Error('the chat has no people')
  const ids = (members: readonly Person[]) => members.map(({ id }) => id)
  const everybody = await first.client.groups.create({
    name: topic,
    topic: 'Questions and answers, open to everybody',
    visibility: 'public',
    member_ids: ids(others),
  })
  const leading = people.slice(0, HELPERS)
  const helpers = await first.client.groups.create({ name: 'Helpers', member_ids: ids(leading.slice(1)) })
  await first.client.groups.updateMember({
    conversation_id: everybody.id,
    user_id: others[0]?.id ?? first.id,
    role: others[0] ? 'admin' : 'owner',
  })
  const direct: Room[] = []
  for (const [one, other] of closest(people, lines)) {
    const { id } = await one.client.conversations.create({ type: 'direct', participant_ids: [other.id] })
    direct.push(room(id, `${one.nick} and ${other.nick}`, [one, other]))
  }
  return { everybody: room(everybody.id, topic, [...people]), helpers: room(helpers.id, 'Helpers', leading), direct }
}

function room(id: string, name: string, people: Person[]): Room {
  return { id, name, people, last: new Map(), messages: [] }
}

/** The pairs who address each other most. */
function closest(people: readonly Person[], lines: readonly Line[]): [Person, Person][] {
  const counts = new Map<string, { pair: [Person, Person]; count: number }>()
  for (const line of lines) {
    const { sender, to } = addressed(people, line)
    if (!sender || !to || sender === to) continue
    const pair: [Person, Person] = sender.id < to.id ? [sender, to] : [to, sender]
    const key = pair.map(({ id }) => id).join(' ')
    counts.set(key, { pair, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  const ranked = [...counts.values()].toSorted((a, b) => b.count - a.count)
  return ranked.slice(0, PAIRS).map(({ pair }) => pair)
}

/** Who says a line, and to whom: it may begin with a nick. */
function addressed(
  people: readonly Person[],
  { nick, text }: Line,
): { sender: Person | null; to: Person | null; text: string } {
  const of = (name: string) => people.find(each => each.nick.toLowerCase() === name.toLowerCase()) ?? null
  const [, name = '', rest = ''] = /^(\S+)[:,] +(.+)$/su.exec(text) ?? []
  const to = of(name)
  return to ? { sender: of(nick), to, text: rest } : { sender: of(nick), to: null, text }
}

/** Where a line is said: every third one of a pair directly, every second one among helpers in their group. */
export function place(lines: readonly Line[], people: readonly Person[], rooms: Rooms): Said[] {
  return lines.flatMap((line, index) => {
    const { sender, to, text } = addressed(people, line)
    if (!sender) return []
    const both = (room: Room) =>
      to !== null && to !== sender && room.people.includes(sender) && room.people.includes(to)
    const direct = index % 3 === 0 ? rooms.direct.find(both) : undefined
    const room = direct ?? (index % 2 === 0 && both(rooms.helpers) ? rooms.helpers : rooms.everybody)
    return [{ at: line.at, text, sender, to: direct ? null : to, room }]
  })
}
