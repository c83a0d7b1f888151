import { expect, test } from 'bun:test'
import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase } from '../support/mongo.ts'
import { groupOf, refused, register, signIn } from '../support/people.ts'
import { stack, startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const url = process.env['MONGODB_URL']
const SLOW = 120_000

if (url === undefined || stack !== 'mongo') {
  test.skip('two MongoDB processes that follow each other: not the full stack', () => undefined)
} else {
  test(
    'a socket of one process gets what is committed by another, and closes when its session ends there',
    async () => {
      await using database = openDatabase(url)
      const settings = { PARLEY_SECRET: 'the same secret of both processes, long enough' }
      // Buses of their own, by which they do not hear each other.
      const start = async () =>
        startTestServer({
          settings,
          overrides: { storage: await openMongo({ ...database }), bus: new LocalNetwork().join() },
        })
      await using here = await start()
      await using there = await start()
      const [ada, ben] = [await register(here, 'ada'), await register(there, 'ben')]
      using socket = await openSocket(here.url, { token: ada.access_token })
      const room = await groupOf(ben, [ada])
      await socket.find('event', ({ event }) => event === 'conversation.joined')
      const sent = await Promise.all(
        range(20).map(n => ben.client.messages.send({ conversation_id: room.id, content: `text ${n}` })),
      )
      const last = Math.max(...sent.map(message => message.change))
      await until(() => socket.changes(room.id).includes(last), 'the messages reach the socket')
      expect(socket.changes(room.id)).toEqual(range(last).slice(1))
      const elsewhere = await signIn(there, ada.name)
      await elsewhere.client.auth.revokeSession({ session_id: ada.session_id })
      expect(await socket.closed()).toBe(4401)
    },
    SLOW,
  )

  test(
    'a member whom one process removes sends nothing more by another, which has not heard of it yet',
    async () => {
      await using database = openDatabase(url)
      await using here = await startTestServer({ overrides: { storage: await openMongo(database) } })
      await using there = await openMongo(database)
      const [ada, ben] = [await register(here, 'ada'), await register(here, 'ben')]
      const room = await groupOf(ada, [ben])
      for (const n of range(2)) await ben.client.messages.send({ conversation_id: room.id, content: `text ${n}` })
      const removal = { event: 'member.removed' as const, actor_id: ada.id, user_ids: [ben.id] }
      expect((await there.log.appendTo(room.id, [removal], {})).outcome).toBe('committed')
      await refused(ben.client.messages.send({ conversation_id: room.id, content: 'too late' }), 'not_found')
      expect((await there.conversations.find(room.id))?.last_change).toBe(4)
    },
    SLOW,
  )

  test(
    'each of two processes hears every entry of the other, also while both append to one conversation',
    async () => {
      await using database = openDatabase(url)
      await using here = await openMongo(database)
      await using there = await openMongo(database)
      const heard = new Map([here, there].map(storage => [storage, new Set<number>()]))
      const [ada, room] = [id(), id()]
      for (const [storage, changes] of heard)
        storage.log.onCommit(entries => {
          for (const { stream, change } of entries) if (stream === room) changes.add(change)
        })
      await here.log.appendTo(room, [group(ada)], {})
      await Promise.all(
        range(30).flatMap(n =>
          [here, there].map(storage => storage.log.appendTo(room, [said(ada, `text ${n}`, { client_id: id() })], {})),
        ),
      )
      for (const changes of heard.values()) await until(() => changes.size === 61, 'all entries are heard')
    },
    SLOW,
  )

  test(
    'a process that is alone writes no moves, and one that ends leaves no trace',
    async () => {
      await using database = openDatabase(url)
      const storage = await openMongo(database)
      await storage.log.appendTo(id(), [group(id())], {})
      await storage[Symbol.asyncDispose]()
      expect([await database.count('processes'), await database.count('moves')]).toEqual([0, 0])
    },
    SLOW,
  )
}
