import { afterAll, describe, expect, test } from 'bun:test'
import { follow } from '../support/follow.ts'
import { groupOf, register, type Person } from '../support/people.ts'
import { PlainClient } from '../support/plain-client.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import type { SyncPage } from '../../src/ports/sync.ts'

const server = sharedServer()

const rename = (person: Person, conversation_id: string, name: string) =>
  person.client.conversations.update({ conversation_id, name })

describe('A conversation that was joined while a client was away', () => {
  test.each(['in auth', 'after ready'] as const)('is replayed from the joining on by a resume %s.', async style => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { epoch } = server.running.storage
    const { id: room } = await groupOf(ada, [bob])
    await rename(ada, room, 'Looms')
    await rename(ada, room, 'Cards')
    const resume = { epoch, positions: { [bob.id]: 0 } }
    using socket = await openSocket(server.url, { token: bob.access_token, ...(style === 'in auth' ? { resume } : {}) })
    if (style === 'after ready') socket.send({ type: 'resume', ...resume })
    await socket.find('resumed')
    expect([socket.changes(bob.id), socket.changes(room)]).toEqual([[1], [2, 3]])
    const joined = socket.frames.findIndex(frame => frame.type === 'event' && frame.event === 'conversation.joined')
    const first = socket.frames.findIndex(frame => frame.type === 'event' && frame.stream === room)
    expect(joined).toBeLessThan(first)
    expect(socket.frames.at(-1)?.type).toBe('resumed')
    await rename(ada, room, 'Engines')
    await until(() => socket.changes(room).includes(4), 'live events go on')
    expect(socket.changes(room)).toEqual([2, 3, 4])
  })

  test('is named by resync where the own stream cannot be replayed.', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: known } = await groupOf(ada, [bob])
    const { id: room } = await groupOf(ada, [bob])
    await rename(ada, room, 'Looms')
    const resume = { epoch: 'another', positions: { [bob.id]: 1, [known]: 1 } }
    using socket = await openSocket(server.url, { token: bob.access_token, resume })
    await socket.find('resumed')
    const resyncs = socket.frames.flatMap(frame => (frame.type === 'resync' ? [[frame.stream, frame.change]] : []))
    expect(resyncs).toEqual([
      [bob.id, 2],
      [known, 1],
      [room, 2],
    ])
    await rename(ada, room, 'Cards')
    await until(() => socket.changes(room).includes(3), 'live events go on')
    expect(socket.changes(room)).toEqual([3])
  })

  test('is replayed by /sync and by the subscription as well.', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const sync = async (cursor = '') => {
      const headers = { authorization: `Bearer ${bob.access_token}` }
      const response = await fetch(`${server.url}/sync${cursor === '' ? '' : `?cursor=${cursor}`}`, { headers })
      return (await response.json()) as SyncPage
    }
    const { cursor } = await sync()
    const { id: room } = await groupOf(ada, [bob])
    await rename(ada, room, 'Looms')
    const { events, resync } = await sync(cursor)
    expect(resync).toEqual([])
    expect(events.map(({ event, change }) => [event, change])).toEqual([
      ['conversation.joined', 1],
      ['conversation.updated', 2],
    ])
    const following = await follow(server.url, { token: bob.access_token, lastEventId: cursor })
    await until(() => following.changes(room).length > 0, 'what was missed')
    expect([following.resyncs(), following.changes(bob.id), following.changes(room)]).toEqual([[], [1], [2]])
    following.stop()
  })
})

/** Groups that each owner creates and changes. */
const ROUNDS = 6

/** Numbers from 0 to 1 that a seed gives again. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('Plain clients that are cut and resume while others create, rename, leave and fill groups', () => {
  const clients: PlainClient[] = []
  afterAll(() => clients.forEach(client => client.stop()))

  test.each([1, 2, 3, 4])(
    'see no jump and end with everything (seed %i).',
    async seed => {
      const random = seeded(seed)
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
      const owners = await Promise.all(['ada', 'eve'].map(name => register(server, name)))
      const people = await Promise.all(['bob', 'cy', 'dee', 'flo'].map(name => register(server, name)))
      const mine = people.map(person => new PlainClient(server.url, person))
      clients.push(...mine)
      await Promise.all(mine.map(client => client.start()))

      async function act(owner: Person): Promise<void> {
        const members = people.filter(() => random() < 0.7)
        const { id } = await groupOf(owner, members, 'group 0')
        for (let step = 1; step <= 4; step += 1) {
          await rename(owner, id, `group ${step}`)
          const someone = pick(people)
          const among = { conversation_id: id }
          if (random() < 0.3)
            await owner.client.groups.removeMember({ ...among, user_id: someone.id }).catch(() => null)
          if (random() < 0.3) await owner.client.groups.addMembers({ ...among, user_ids: [someone.id] })
        }
      }
      const acted = new AbortController()
      const cuts = mine.map(async client => {
        while (!acted.signal.aborted) {
          await client.reconnect(pick(['in auth', 'after ready'] as const))
          await until(() => client.settled || client.lost || random() < 0.01, 'the client has resumed, or is cut')
        }
        while (!client.settled) {
          if (client.lost) await client.reconnect('in auth')
          await until(() => client.settled || client.lost, 'the client has resumed')
        }
      })
      for (let round = 0; round < ROUNDS; round += 1) await Promise.all(owners.map(act))
      acted.abort()
      await Promise.all(cuts)

      for (const { person, positions, names, faults } of mine) {
        const { data } = await person.client.conversations.inbox({ limit: 100 })
        const heads = () => data.map(({ id }) => positions.get(id))
        await until(
          () => Bun.deepEquals(heads(), data.map(({ last_change }) => last_change)), // prettier-ignore
          `${person.name} has everything`,
          () => JSON.stringify([heads(), data.map(({ last_change }) => last_change)]),
        )
        expect(faults).toEqual([])
        expect(names).toEqual(new Map(data.map(({ id, name }) => [id, name])))
      }
    },
    60_000,
  )
})
