import { expect, test } from 'bun:test'
import type { ServerFrame } from '../../contracts/socket.ts'
import { follow } from '../support/follow.ts'
import { readHistory } from '../support/history.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { transportsOf } from '../support/transports.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

/** Rounds of each flow before the removal, and after it. */
const ROUNDS = 3
const SLOW_MS = 120_000

/** What a flow of the removed member got, and how its calls ended. */
interface Flow {
  readonly name: string
  rounds: number
  /** Calls that began after the removal was acknowledged, by their status. */
  readonly after: Set<number>
}

interface Scene {
  ada: Person
  bob: Person
  cy: Person
  room: string
  /** A message of bob. */
  own: string
  /** A file that ada has sent. */
  file: string
}

async function scene(): Promise<Scene> {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const { id: room } = await groupOf(ada, [bob, cy])
  const { id: own } = await say(bob, room, 'mine')
  const { id: file } = await ada.client.files.upload({ file: new File(['for members'], 'notes.txt') })
  await ada.client.messages.send({ conversation_id: room, attachments: [{ file_id: file }] })
  return { ada, bob, cy, room, own, file }
}

type Call = [op: Parameters<ReturnType<typeof transportsOf>['rest']>[0], input: Record<string, unknown>]

/** The calls that a member may repeat. Each is made on one of the three transports, over and over. */
function callsOf({ room: conversation_id, own: message_id, file: file_id }: Scene): Call[] {
  const client_id = () => crypto.randomUUID()
  return [
    ['conversations.get', { conversation_id }],
    ['conversations.inbox-entry', { conversation_id }],
    ['groups.get', { conversation_id }],
    ['messages.list', { conversation_id }],
    ['messages.list', { conversation_id, around: message_id }],
    ['messages.get', { message_id }],
    ['messages.history', { message_id }],
    ['messages.pins', { conversation_id }],
    ['conversations.members', { conversation_id }],
    ['conversations.receipts', { conversation_id }],
    ['conversations.read', { conversation_id, seq: 1 }],
    ['conversations.membership', { conversation_id, pinned: true }],
    ['messages.react', { message_id, emoji: '👍' }],
    ['messages.update', { message_id, content: 'still mine' }],
    ['messages.send', { conversation_id, content: 'hello', client_id: client_id() }],
    ['messages.send', { conversation_id, content: 'and again' }],
    ['typing.start', { conversation_id }],
    ['files.get', { file_id }],
  ]
}

test(
  'nothing after the removal reaches the removed member, while 24 flows read, search, send, type, listen and resume',
  async () => {
    const all = await scene()
    const { ada, bob, cy, room } = all
    const epoch = server.running.storage.epoch
    const { rest, trpc, socket } = transportsOf(server.url)
    /** Everything that bob got of the room, as text. */
    const got: string[] = []
    const state = { removed: false, done: false }
    const flows: Flow[] = []

    const repeat = async (name: string, round: (after: boolean) => Promise<number>): Promise<void> => {
      const flow: Flow = { name, rounds: 0, after: new Set() }
      flows.push(flow)
      while (!state.done) {
        const after = state.removed
        const status = await round(after)
        if (after) flow.after.add(status)
        flow.rounds += 1
      }
    }

    const reading = callsOf(all).map(([op, input], index) => {
      const by = [rest, trpc, socket][index % 3] ?? rest
      return repeat(`${op} ${index}`, async () => {
        const { status, body } = await by(op, input, bob.access_token)
        got.push(JSON.stringify(body))
        return status
      })
    })
    const inbox = repeat('conversations.inbox', async after => {
      const { data } = await bob.client.conversations.inbox({})
      got.push(JSON.stringify(data))
      return after && data.some(({ id }) => id === room) ? 200 : 404
    })
    const searching = repeat('search.messages', async after => {
      const { data } = await bob.client.search.messages({ q: 'members' })
      got.push(JSON.stringify(data))
      return after && data.length > 0 ? 200 : 404
    })
    const resuming = repeat('resume', async after => {
      using returning = await openSocket(server.url, {
        token: bob.access_token,
        resume: { epoch, positions: { [room]: 1 } },
      })
      await returning.find('resumed')
      got.push(...texts(returning.frames))
      // The streams that one cannot read are skipped: only the own stream is replayed.
      return after && returning.changes(room).length > 0 ? 200 : 404
    })
    let cursor: string | null = null
    const syncing = repeat('/sync', async () => {
      const query: string = cursor === null ? '' : `?cursor=${cursor}`
      const headers = { authorization: `Bearer ${bob.access_token}` }
      const response = await fetch(`${server.url}/sync${query}`, { headers })
      const page = (await response.json()) as { cursor: string; events: unknown[] }
      cursor = page.cursor
      got.push(JSON.stringify(page.events))
      return 404
    })
    using live = await openSocket(server.url, { token: bob.access_token })
    const following = await follow(server.url, { token: bob.access_token })
    // The others go on talking, before, during and after the removal.
    const talking = [ada, cy].map(async person => {
      while (!state.done) {
        await person.client.typing.start({ conversation_id: room })
        await say(person, room, 'for members')
      }
    })

    await until(() => flows.every(({ rounds }) => rounds >= ROUNDS), 'each flow is running', slowest(flows))
    expect(flows.length).toBeGreaterThanOrEqual(19)
    const before = new Map(flows.map(({ name, rounds }) => [name, rounds]))
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    state.removed = true
    const further = ({ name, rounds }: Flow) => rounds - (before.get(name) ?? 0) > ROUNDS
    await until(() => flows.every(further), 'each flow goes on', slowest(flows))
    const reached = (changes: readonly number[]) => changes.length > 0
    await until(() => reached(live.changes(bob.id)) && reached(following.changes(bob.id)), 'the own stream tells of it')
    const ended = live.frames.length
    state.done = true
    await Promise.all([...reading, inbox, searching, resuming, syncing, ...talking])
    following.stop()

    for (const { name, after } of flows) expect(`${name}: ${[...after].join()}`).toBe(`${name}: 404`)
    got.push(...texts(live.frames), ...following.items.map(({ data }) => JSON.stringify(data)))
    // Who types in the room is told until the end of the membership, and not after it.
    const typing = (frames: readonly ServerFrame[]) => texts(frames).filter(text => text.includes('"typing.'))
    expect(typing(live.frames.slice(0, ended)).length).toBeGreaterThan(0)
    expect(typing(live.frames.slice(ended))).toEqual([])
    const history = await readHistory(ada.client, room)
    const removal = history.find(message => message.metadata?.['event'] === 'member.removed')?.change ?? 0
    const later = history.filter(message => message.change > removal)
    expect(later.length).toBeGreaterThan(0)
    const told = got.join('\n')
    for (const { id } of later) expect(told.includes(id)).toBe(false)
    for (const changes of [live.changes(room), following.changes(room)]) {
      expect(changes.at(-1)).toBe(removal)
      expect(changes).toEqual(changes.toSorted((a, b) => a - b))
    }
    expect(later.every(({ sender_id }) => sender_id !== bob.id)).toBe(true)
    for (const change of changesIn(told, room)) expect(change).toBeLessThanOrEqual(removal)
  },
  SLOW_MS,
)

function texts(frames: readonly ServerFrame[]): string[] {
  return frames.map(frame => JSON.stringify(frame))
}

/** The changes of the events of a stream, and of what answers say of its conversation. */
function changesIn(told: string, stream: string): number[] {
  const events = told.matchAll(new RegExp(`"stream":"${stream}","change":(\\d+)`, 'g'))
  const snapshots = told.matchAll(/"last_change":(\d+)/g)
  return [...events, ...snapshots].map(([, change]) => Number(change))
}

function slowest(flows: readonly Flow[]): () => string {
  return () => flows.map(({ name, rounds }) => `${name} ${rounds}`).join(', ')
}
