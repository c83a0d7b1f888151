import { afterAll, expect, test } from 'bun:test'
import type { Storage } from '../../src/ports/storage.ts'
import { range } from '../conformance/storage/subject.ts'
import { startNodes } from '../support/nodes.ts'
import { groupOf, register, say, signIn } from '../support/people.ts'
import { named } from '../support/redis.ts'
import { replacing } from '../support/replacing.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { stack } from '../support/server.ts'
import { until } from '../support/until.ts'

const SLOW = 120_000

/** A store that tells nothing of other processes, so that only the bus does. */
function busOnly(storage: Storage): Storage {
  return replacing(storage, {
    log: replacing(storage.log, {
      onCommit: listener =>
        storage.log.onCommit((entries, elsewhere) => {
          if (!elsewhere) listener(entries, elsewhere)
        }),
    }),
    sessions: replacing(storage.sessions, { onRevoked: () => () => undefined }),
  })
}

if (stack !== 'mongo' || !process.env['REDIS_URL']) {
  test.skip('two nodes on one MongoDB and Redis: not the full stack, or REDIS_URL is not set', () => undefined)
} else {
  const redis = named(process.env['REDIS_URL'])
  const nodes = shared(() => startNodes({ around: busOnly, settings: { REDIS_URL: redis.url } }))
  afterAll(() => nodes()[Symbol.asyncDispose]())

  test(
    'by the bus alone a socket of one node gets what is committed on another, from its joining to its removal',
    async () => {
      const { here, there } = nodes()
      const [ada, ben] = [await register(here, 'ada'), await register(there, 'ben')]
      using socket = await openSocket(here.url, { token: ada.access_token })
      const room = await groupOf(ben, [ada])
      await socket.find('event', ({ event }) => event === 'conversation.joined')
      const sent = await Promise.all(range(20).map(n => say(ben, room.id, `text ${n}`)))
      const last = Math.max(...sent.map(message => message.change))
      await until(() => socket.changes(room.id).includes(last), 'the messages reach the socket')
      expect(socket.changes(room.id)).toEqual(range(last).slice(1))
      await ben.client.groups.removeMember({ conversation_id: room.id, user_id: ada.id })
      await socket.find('event', ({ event }) => event === 'member.removed')
      await socket.find('event', ({ event }) => event === 'conversation.left')
      await say(ben, room.id, 'not for ada')
      const next = await groupOf(ben, [ada], 'Next')
      await until(() => socket.frames.some(frame => JSON.stringify(frame).includes(next.id)), 'the next group comes')
      expect(JSON.stringify(socket.frames)).not.toContain('not for ada')
    },
    SLOW,
  )

  test(
    'by the bus alone the sockets of a session close that ends on another node',
    async () => {
      const { here, there } = nodes()
      const ada = await register(here, 'ada')
      using socket = await openSocket(here.url, { token: ada.access_token })
      const elsewhere = await signIn(there, ada.name)
      await elsewhere.client.auth.revokeSession({ session_id: ada.session_id })
      expect(await socket.closed()).toBe(4401)
    },
    SLOW,
  )

  test(
    'a node whose connections to Redis were killed reads what it has missed',
    async () => {
      const { here, there } = nodes()
      for (const node of [here, there]) node.expectComplaint('Redis is lost')
      const [ada, ben] = [await register(here, 'ada'), await register(there, 'ben')]
      using socket = await openSocket(here.url, { token: ada.access_token })
      const room = await groupOf(ben, [ada])
      await socket.find('event', ({ event }) => event === 'conversation.joined')
      for (let round = 0; round < 5; round += 1) {
        const killing = redis.kill()
        const sent = await Promise.all(range(5).map(n => say(ben, room.id, `text ${round} ${n}`)))
        await killing
        const last = Math.max(...sent.map(message => message.change))
        await until(() => socket.changes(room.id).includes(last), 'the messages reach the socket')
        expect(socket.changes(room.id)).toEqual(range(last).slice(1))
      }
    },
    SLOW,
  )
}
