import { describe, expect, test } from 'bun:test'
import { directOf, groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

async function pair(): Promise<{ ada: Person; bob: Person; room: string; epoch: string }> {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  return { ada, bob, room: (await groupOf(ada, [bob])).id, epoch: server.running.storage.epoch }
}

describe('resume', () => {
  test('resume gives the missed events in order, then `resumed`', async () => {
    const { ada, bob, room, epoch } = await pair()
    for (let index = 0; index < 30; index += 1) await say(ada, room, `word ${index}`)
    await bob.client.conversations.read({ conversation_id: room, seq: 3 })
    using socket = await openSocket(server.url, {
      token: bob.access_token,
      resume: { epoch, positions: { [room]: 5, [bob.id]: 0 } },
    })
    await socket.find('resumed')
    expect(socket.changes(room)).toEqual(upTo(6, 31))
    expect(socket.changes(bob.id)).toEqual([1, 2])
    // The own stream comes first, and nothing after the end of the replay.
    expect(socket.frames.findIndex(frame => frame.type === 'resumed')).toBe(socket.frames.length - 1)
    await say(ada, room, 'live')
    await until(() => socket.changes(room).at(-1) === 32, 'live events go on')
    expect(socket.changes(room)).toEqual(upTo(6, 32))
  })

  test('resume during 200 concurrent sends has neither gaps nor repetitions', async () => {
    const { ada, bob, room, epoch } = await pair()
    for (let round = 0; round < 5; round += 1) {
      const sends = Array.from({ length: 200 }, (_, index) => say(index % 2 ? ada : bob, room, `${round}.${index}`))
      await sends[round * 30]
      using socket = await openSocket(server.url, { token: bob.access_token })
      socket.send({ type: 'resume', epoch, positions: { [room]: 1 } })
      await socket.find('resumed')
      await Promise.all(sends)
      const last = 1 + 200 * (round + 1)
      await until(() => socket.changes(room).at(-1) === last, 'everything has come')
      const resumed = socket.frames.findIndex(
        frame => frame.type === 'event' && frame.stream === room && frame.change === 2,
      )
      const after = socket.frames
        .slice(resumed)
        .flatMap(frame => (frame.type === 'event' && frame.stream === room ? [frame.change] : []))
      expect(after).toEqual(upTo(2, last))
    }
  })

  test('resume of more than fits into the socket at once is complete', async () => {
    const { ada, bob, room, epoch } = await pair()
    for (let index = 0; index < 60; index += 1) await say(ada, room, '👍'.repeat(8_000))
    using socket = await openSocket(server.url, {
      token: bob.access_token,
      resume: { epoch, positions: { [room]: 0 } },
    })
    await socket.find('resumed')
    expect(socket.changes(room)).toEqual(upTo(1, 61))
  })

  test('resume may come in several frames, each of which is answered', async () => {
    const { ada, bob, room, epoch } = await pair()
    const other = await directOf(ada, bob)
    await say(ada, room, 'one')
    await say(ada, other.id, 'two')
    using socket = await openSocket(server.url, { token: bob.access_token })
    socket.send({ type: 'resume', epoch, positions: { [room]: 1 } })
    socket.send({ type: 'resume', epoch, positions: { [other.id]: 1 } })
    await until(() => socket.frames.filter(frame => frame.type === 'resumed').length === 2, 'two answers')
    expect([socket.changes(room), socket.changes(other.id)]).toEqual([[2], [2]])
  })

  test('resume of a stream that cannot be replayed whole answers `resync` with the head', async () => {
    const { ada, bob, room, epoch } = await pair()
    await say(ada, room, 'one')
    const ask = async (positions: Record<string, number>, of = epoch) => {
      using socket = await openSocket(server.url, { token: bob.access_token, resume: { epoch: of, positions } })
      await socket.find('resumed')
      return socket.frames.flatMap(frame => (frame.type === 'resync' ? [[frame.stream, frame.change]] : []))
    }
    expect(await ask({ [room]: 99 })).toEqual([[room, 2]])
    expect(await ask({ [room]: 1, [bob.id]: 1 }, 'another-epoch')).toEqual([
      [bob.id, 1],
      [room, 2],
    ])
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    expect(await ask({ [room]: 2 })).toEqual([[room, 4]])
    expect(await ask({ [room]: 4 })).toEqual([])
  })

  test('resume skips streams that the caller may not read, and refuses too many or malformed positions', async () => {
    const { ada, bob, epoch } = await pair()
    const secret = await groupOf(ada, [])
    await say(ada, secret.id, 'secret')
    const positions = { [secret.id]: 0, [ada.id]: 0, [Bun.randomUUIDv7()]: 0 }
    using socket = await openSocket(server.url, { token: bob.access_token, resume: { epoch, positions } })
    await socket.find('resumed')
    expect(socket.frames.map(frame => frame.type)).toEqual(['hello', 'ready', 'resumed'])
    const many = Object.fromEntries(Array.from({ length: 1_001 }, () => [Bun.randomUUIDv7(), 0]))
    for (const wrong of [many, { 'not-an-id': 1 }, { [bob.id]: -1 }, { [bob.id]: 'x' }, []]) {
      using refused = await openSocket(server.url, { token: bob.access_token })
      refused.send({ type: 'resume', epoch, positions: wrong })
      expect(await refused.closed()).toBe(4400)
    }
  })

  test('resume works after a restart of the server', async () => {
    const { ada, bob, room, epoch } = await pair()
    await say(ada, room, 'before')
    await server.restart()
    await say(ada, room, 'after')
    using socket = await openSocket(server.url, {
      token: bob.access_token,
      resume: { epoch, positions: { [room]: 1 } },
    })
    await socket.find('resumed')
    expect(socket.changes(room)).toEqual([2, 3])
  })
})
