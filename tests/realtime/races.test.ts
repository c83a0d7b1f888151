import { describe, expect, test } from 'bun:test'
import type { Storage } from '../../src/ports/storage.ts'
import { groupOf, register, say } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

type Read = 'members' | 'heads' | 'entries'

/** Runs what the test wants between the moment a read has its answer and the moment the server gets it; once. */
class Interceptor {
  #read: Read | null = null
  #fits: (answer: unknown) => boolean = () => true
  #act: () => Promise<unknown> = async () => undefined

  after(read: Read, act: () => Promise<unknown>, fits: (answer: unknown) => boolean = () => true): void {
    this.#read = read
    this.#act = act
    this.#fits = fits
  }

  get over(): boolean {
    return this.#read === null
  }

  async hold<T>(read: Read, answer: Promise<T>): Promise<T> {
    const answered = await answer
    if (this.#read !== read || !this.#fits(answered)) return answered
    this.#read = null
    await this.#act()
    return answered
  }

  around(storage: Storage): Storage {
    return replacing(storage, {
      members: replacing(storage.members, { ofUser: id => this.hold('members', storage.members.ofUser(id)) }),
      log: replacing(storage.log, {
        lastChanges: streams => this.hold('heads', storage.log.lastChanges(streams)),
        read: (...args) => this.hold('entries', storage.log.read(...args)),
      }),
    })
  }
}

const interceptor = new Interceptor()
const server = sharedServer({ around: storage => interceptor.around(storage) })

async function three() {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const room = (await groupOf(ada, [bob, cy])).id
  return { ada, bob, cy, room, epoch: server.running.storage.epoch }
}

describe('between what a socket reads when it signs in and what it joins', () => {
  test('a member who is removed while a socket signs in gets nothing of what follows', async () => {
    const { ada, bob, cy, room } = await three()
    using other = await openSocket(server.url, { token: cy.access_token })
    interceptor.after('members', async () => {
      await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    })
    using socket = await openSocket(server.url, { token: bob.access_token })
    expect(interceptor.over).toBe(true)
    await say(ada, room, 'not for bob')
    await until(() => other.changes(room).includes(3), 'the others get it')
    socket.send({ type: 'call', id: 1, op: 'users.me' })
    await socket.find('result')
    expect(JSON.stringify(socket.frames)).not.toContain('not for bob')
    expect(socket.changes(room)).toEqual([])
  })

  test('a user who is added while a socket signs in gets what follows', async () => {
    const { ada, bob } = await three()
    let room = ''
    interceptor.after('members', async () => {
      room = (await groupOf(ada, [bob])).id
    })
    using socket = await openSocket(server.url, { token: bob.access_token })
    await say(ada, room, 'for bob')
    await until(() => socket.changes(room).includes(2), 'it comes')
  })

  test('a message that is sent while a socket signs in is delivered, and not only with the next event', async () => {
    const { ada, bob, room } = await three()
    const { seq } = await say(ada, room, 'before')
    interceptor.after('members', async () => {
      await say(ada, room, 'meanwhile')
      await bob.client.conversations.read({ conversation_id: room, seq })
    })
    using socket = await openSocket(server.url, { token: bob.access_token })
    await until(() => socket.changes(room).includes(3), 'the message comes')
    const { change } = await socket.find('ready')
    await until(() => change >= 2 || socket.changes(bob.id).includes(2), 'the marker is in ready or comes')
    expect(socket.frames.map(frame => frame.type).slice(0, 2)).toEqual(['hello', 'ready'])
  })
})

test('a client that has everything when its socket opens misses no event that is sent before it joins', async () => {
  const { ada, bob, cy, room, epoch } = await three()
  using other = await openSocket(server.url, { token: cy.access_token })
  interceptor.after('members', async () => {
    await say(ada, room, 'meanwhile')
    await until(() => other.changes(room).includes(2), 'the others are told')
  })
  using socket = await openSocket(server.url, {
    token: bob.access_token,
    resume: { epoch, positions: { [room]: 1, [bob.id]: 1 } },
  })
  await socket.find('resumed')
  expect(socket.changes(room)).toEqual([2])
})

describe('between the last read of a replay and the joining', () => {
  test('a message that is sent at the end of a replay is delivered, and not only with the next event', async () => {
    const { ada, bob, room, epoch } = await three()
    await say(ada, room, 'before')
    const nothing = (answer: unknown) => Array.isArray(answer) && answer.length === 0
    using socket = await openSocket(server.url, { token: bob.access_token })
    for (let round = 0; round < 2; round += 1) {
      interceptor.after('entries', () => say(ada, room, 'meanwhile'), nothing)
      socket.send({ type: 'resume', epoch, positions: { [room]: 1 } })
      await until(() => interceptor.over && socket.changes(room).includes(3 + round), 'it comes')
    }
  })

  test('a member who is removed and added again during a replay reads on', async () => {
    const { ada, bob, room, epoch } = await three()
    await say(ada, room, 'before')
    using socket = await openSocket(server.url, { token: bob.access_token })
    interceptor.after('entries', async () => {
      await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
      await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    })
    socket.send({ type: 'resume', epoch, positions: { [room]: 1 } })
    await socket.find('resumed')
    await say(ada, room, 'after')
    await until(() => socket.changes(room).includes(5), 'it comes')
    expect(socket.changes(room)).toEqual([2, 3, 4, 5])
  })
})

test('live events of a stream wait after its resume, also while another stream is replayed', async () => {
  const { ada, bob, cy, room, epoch } = await three()
  const other = (await groupOf(cy, [bob])).id
  await say(cy, other, 'one')
  await say(ada, room, 'one')
  using socket = await openSocket(server.url, { token: bob.access_token })
  interceptor.after('entries', async () => {
    await say(ada, room, 'two')
    await say(cy, other, 'two')
  })
  socket.send({ type: 'resume', epoch, positions: { [other]: 1 } })
  socket.send({ type: 'resume', epoch, positions: { [room]: 1 } })
  await until(() => socket.changes(room).includes(3) && socket.changes(other).includes(3), 'everything has come')
  expect(socket.changes(room)).toEqual([2, 3])
  expect(socket.changes(other)).toEqual([2, 3])
})

test('a client that has everything resumes without a replay', async () => {
  const { ada, bob, room, epoch } = await three()
  await say(ada, room, 'one')
  let reads = 0
  interceptor.after(
    'entries',
    async () => undefined,
    () => (reads += 1) < 0,
  )
  using socket = await openSocket(server.url, {
    token: bob.access_token,
    resume: { epoch, positions: { [room]: 2, [bob.id]: 1 } },
  })
  await socket.find('resumed')
  await say(ada, room, 'two')
  await until(() => socket.changes(room).includes(3), 'live events go on')
  expect([socket.changes(room), reads]).toEqual([[3], 0])
})

test('replays that wait are bounded', async () => {
  const { bob, room, epoch } = await three()
  using socket = await openSocket(server.url, { token: bob.access_token })
  interceptor.after('entries', () => socket.closed())
  for (let index = 0; index < 100; index += 1) socket.send({ type: 'resume', epoch, positions: { [room]: 0 } })
  expect(await socket.closed()).toBe(4429)
})
