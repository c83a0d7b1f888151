import { describe, expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { aFile, showing } from '../conformance/storage/files.ts'
import { range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { counting, openDatabase } from '../support/mongo.ts'
import { register } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'

const url = process.env['MONGODB_URL']
const id = () => Bun.randomUUIDv7()
const SLOW = 240_000

if (url === undefined) {
  test.skip('the commands that calls cost on MongoDB: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('the commands that a call costs on MongoDB', () => {
    test.each([10, 200])(
      'with %d unread conversations: at most 4 for totals, 8 for a page of the inbox and for ready',
      async unread => {
        await using scene = await openScene(url)
        const { server, storage, count } = scene
        const [ada, ben] = [await register(server, 'ada'), await register(server, 'ben')]
        for (let made = 0; made < unread; made += 100)
          await Promise.all(
            range(Math.min(100, unread - made)).map(async () => {
              const room = id()
              await storage.log.appendTo(room, [group(ben.id, ada.id)], {})
              await storage.log.appendTo(room, [said(ben.id, 'hello', { mentions: [ada.id] })], {})
            }),
          )
        await ada.client.users.me()
        expect((await count(() => ada.client.users.me())).result.unread.unread_conversations).toBe(unread)
        expect((await count(() => ada.client.users.me())).commands.length).toBeLessThanOrEqual(4 + CALLER)
        for (const only of [{}, { unread: true }]) {
          const inbox = await count(() => ada.client.conversations.inbox({ limit: 20, ...only }))
          expect(inbox.result.data).toHaveLength(Math.min(20, unread))
          expect(inbox.commands.length).toBeLessThanOrEqual(8 + CALLER)
        }
        using socket = await openSocket(server.url)
        const ready = await count(async () => {
          socket.send({ type: 'auth', token: ada.access_token })
          await socket.find('ready')
        })
        // The socket is identified twice.
        expect(ready.commands.length).toBeLessThanOrEqual(8 + 2 * CALLER)
      },
      SLOW,
    )

    test('a lone send costs at most 5', async () => {
      await using scene = await openScene(url)
      const { server, storage, count } = scene
      const [ada, ben] = [await register(server, 'ada'), await register(server, 'ben')]
      const room = id()
      await storage.log.appendTo(room, [group(ada.id, ben.id)], {})
      const send = (client_id: string) =>
        ada.client.messages.send({ conversation_id: room, content: 'hello', client_id })
      await send('first')
      const { commands } = await count(() => send('second'))
      expect(commands.length).toBeLessThanOrEqual(5)
    })

    test('the files of sends to many conversations at once are held together', async () => {
      await using database = openDatabase(url)
      const { connect, commands } = counting()
      await using storage = await openMongo({ ...database, connect })
      const ada = id()
      const sends = range(20).map(() => ({ room: id(), file: aFile(ada) }))
      for (const { room, file } of sends) {
        await storage.log.appendTo(room, [group(ada)], {})
        await storage.files.create(file, { quota_bytes: Number.MAX_SAFE_INTEGER, expires_at: file.created_at })
      }
      const before = commands.length
      await Promise.all(sends.map(({ room, file }) => storage.log.appendTo(room, [showing(ada, file)], {})))
      const holds = commands.slice(before).filter(command => command.endsWith(' file_holds'))
      expect(holds.length).toBeGreaterThan(0)
      // Two flushes at once, each of which holds and ends.
      expect(holds.length).toBeLessThanOrEqual(8)
    })

    test('deletions cost the same whatever is deleted: many at once, and one that was edited often', async () => {
      await using database = openDatabase(url)
      const { connect, commands } = counting()
      await using storage = await openMongo({ ...database, connect })
      const [ada, ben, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(ada, ben)], {})
      const texts = range(21).map(n => said(ada, `text ${n}`, { mentions: [ben] }))
      await Promise.all(texts.map(text => storage.log.appendTo(room, [text], {})))
      const [edited = '', ...others] = texts.map(({ message }) => message.id)
      for (const n of range(31)) {
        const patch = { content: `edit ${n}` }
        await storage.log.appendTo(room, [{ event: 'message.updated', message_id: edited, patch }], {})
      }
      const counted = async (ids: string[]) => {
        const before = commands.length
        await Promise.all(
          ids.map(message_id => storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})),
        )
        return commands.length - before
      }
      const [one, many, often] = [await counted(others.splice(0, 1)), await counted(others), await counted([edited])]
      expect(many).toBeLessThanOrEqual(one + 1)
      expect(often).toBeLessThanOrEqual(one + 1)
      expect(one).toBeLessThanOrEqual(12)
      const log = await storage.log.read(room, 0, 1_000)
      expect(log.filter(({ json }) => json.includes('edit ') || json.includes('text '))).toEqual([])
    })
  })
}

/** What a process does beside calls: its heartbeat, the ownership of the background work, and its queue. */
const BACKGROUND = / (?:processes|moves|owners|jobs|follows|followers)$/
/** Reading the caller, who is cached for a second only. */
const CALLER = 2

async function openScene(mongo_url: string) {
  const database = openDatabase(mongo_url)
  const { connect, commands } = counting()
  const storage = await openMongo({ ...database, connect })
  // Followers would read the log and count messages while a call is counted.
  const server: TestServer = await startTestServer({ overrides: { storage, followers: [] } })
  return {
    server,
    storage,
    async count<T>(call: () => Promise<T>): Promise<{ result: T; commands: string[] }> {
      const before = commands.length
      const result = await call()
      return { result, commands: commands.slice(before).filter(command => !BACKGROUND.test(command)) }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
