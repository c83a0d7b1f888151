import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { group, said } from '../support/drafts.ts'
import { counting, openDatabase } from '../support/mongo.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'

const url = process.env['MONGODB_URL']
const id = () => Bun.randomUUIDv7()
const SLOW = 120_000
/** Each fails after a moment, because no server is found. */
const MAX_TRIES = 100

if (url === undefined) {
  test.skip('what MongoDB is told with each command: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test(
    'a server that comes up after the process is waited for, with a warning for each try',
    async () => {
      await using database = openDatabase(url)
      await using proxy = await openTcpProxy(addressOf(url))
      proxy.refuse()
      const warnings: string[] = []
      const opening = openMongo({
        database: database.database,
        url: through(proxy, url),
        warn: message => {
          warnings.push(message)
          proxy.allow()
        },
      })
      await using storage = await opening
      expect(await storage.users.find(id())).toBeNull()
      expect(warnings.length).toBeGreaterThan(0)
      expect(warnings[0]).toContain('MongoDB does not answer (try 1 of ')
    },
    SLOW,
  )

  test(
    'a server that never comes up ends the start with what it said last',
    async () => {
      const warnings: string[] = []
      const opening = openMongo({ url: 'mongodb://127.0.0.1:9/parley', warn: message => warnings.push(message) })
      const error = await opening.then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(Unavailable)
      expect(String(error)).toContain(`try ${warnings.length + 1} of ${warnings.length + 1}`)
    },
    SLOW,
  )

  test('every command ends on the server when it is given up, and reads see what a majority has', async () => {
    await using database = openDatabase(url)
    const careless = new URL(url)
    careless.searchParams.set('readConcernLevel', 'local')
    const { connect, sent } = counting()
    await using storage = await openMongo({ url: careless.href, database: database.database, connect })
    const [ada, room] = [id(), id()]
    await storage.log.appendTo(room, [group(ada)], {})
    const hello = said(ada, 'hello', { client_id: 'hello' })
    await storage.log.appendTo(room, [hello], {})
    await storage.log.appendTo(room, [{ event: 'message.deleted', message_id: hello.message.id }], {})
    await storage.log.appendToUser(ada, { event: 'read.updated', conversation_id: room, seq: 0, kind: 'unread' })
    await storage.members.ofUser(ada)
    await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
    await storage.sweep(new Date().toISOString())
    const kinds = new Set(sent.map(command => Object.keys(command)[0]))
    for (const kind of ['find', 'insert', 'update', 'delete']) expect(kinds).toContain(kind)
    for (const command of sent) {
      const [kind = ''] = Object.keys(command)
      // A further batch has the time of its cursor, and an index is built to its end.
      if (kind !== 'getMore' && kind !== 'createIndexes')
        expect([kind, typeof command['maxTimeMS']]).toEqual([kind, 'number'])
      if (kind === 'find' || kind === 'aggregate') expect(command['readConcern']).toEqual({ level: 'majority' })
    }
  })

  test('health checks that come together or soon after a success cost one write', async () => {
    await using database = openDatabase(url)
    const { connect, commands } = counting()
    await using storage = await openMongo({ ...database, connect })
    const before = commands.length
    await Promise.all(Array.from({ length: 20 }, () => storage.health()))
    await storage.health()
    expect(commands.length - before).toBe(1)
  })

  test(
    'a client that no server answers any more is replaced: the process goes on once the server is back',
    async () => {
      await using database = openDatabase(url)
      await using proxy = await openTcpProxy(addressOf(url))
      await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
      await storage.health()
      proxy.refuse()
      expect(await storage.users.find(id()).catch((error: unknown) => error)).toBeInstanceOf(Unavailable)
      proxy.allow()
      for (let tries = 1; ; tries += 1) {
        const answer = await storage.users.find(id()).catch((error: unknown) => error)
        if (answer === null) break
        expect(answer).toBeInstanceOf(Unavailable)
        expect(tries).toBeLessThan(MAX_TRIES)
      }
    },
    SLOW,
  )
}
