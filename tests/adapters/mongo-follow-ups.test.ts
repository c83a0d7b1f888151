import { describe, expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { Unavailable, type Storage } from '../../src/ports/storage.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { failing, Pause } from '../support/faults.ts'
import { openDatabase } from '../support/mongo.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const url = process.env['MONGODB_URL']
const GONE = { event: 'conversation.deleted' as const }

if (url === undefined) {
  test.skip('what follows from an append to MongoDB: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('what follows from an append', () => {
    test('two running purges delay only their own conversations', async () => {
      await using database = openDatabase(url)
      const pause = new Pause('messages.deleteMany', 2)
      await using storage = await openMongo({ ...database, connect: failing(pause) })
      const [alice, bob, kitchen, attic, cellar] = [id(), id(), id(), id(), id()]
      for (const room of [kitchen, attic, cellar]) await furnish(storage, room, alice, bob)
      pause.close()
      const waiting = new Set<string>()
      const purge = (room: string) => waits(waiting, room, storage.log.appendTo(room, [GONE], {}))
      const purges = [purge(attic)]
      const beside = await storage.log.appendTo(kitchen, [said(alice, 'in the same flush')], {})
      purges.push(purge(cellar))
      await pause.reached
      const late = waits(waiting, 'send', storage.log.appendTo(attic, [said(alice, 'too late')], {}))
      expect(beside.outcome).toBe('committed')
      await storage.log.appendTo(kitchen, [said(bob, 'meanwhile')], {})
      await storage.log.appendTo(id(), [group(bob, alice)], {})
      await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: kitchen, seq: 0, kind: 'unread' })
      expect(await storage.conversations.find(attic)).toBeNull()
      expect([...waiting]).toEqual([attic, cellar, 'send'])
      pause.open()
      for (const answer of await Promise.all(purges)) expect(answer.outcome).toBe('committed')
      expect(await late).toEqual({ outcome: 'refused', code: 'not_found' })
      await auditStore(storage, [kitchen, attic, cellar], [alice, bob])
    })

    test.each([2, 200])('a room of %d that its members are being told of makes no other wait', async size => {
      await using database = openDatabase(url)
      const pause = new Pause('sources.insertMany')
      await using storage = await openMongo({ ...database, connect: failing(pause) })
      const [alice, bob, kitchen, attic] = [id(), id(), id(), id()]
      await furnish(storage, kitchen, alice, bob)
      pause.close()
      const waiting = new Set<string>()
      const guests = range(size - 1).map(id)
      const made = waits(waiting, 'making', storage.log.appendTo(attic, [group(alice, ...guests)], {}))
      const beside = await storage.log.appendTo(kitchen, [said(alice, 'in the same flush')], {})
      await pause.reached
      expect(beside.outcome).toBe('committed')
      await storage.log.appendTo(kitchen, [said(bob, 'meanwhile')], {})
      await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: kitchen, seq: 0, kind: 'unread' })
      expect([...waiting]).toEqual(['making'])
      pause.open()
      expect((await made).outcome).toBe('committed')
      await auditStore(storage, [kitchen, attic], [alice, bob, ...guests.slice(-1)])
    })

    test('a purge that fails rejects only its own call, and continues when the server is back', async () => {
      await using database = openDatabase(url)
      await using proxy = await openTcpProxy(addressOf(url))
      await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
      const [alice, bob, kitchen, attic] = [id(), id(), id(), id()]
      const [message_id] = await Promise.all([
        furnish(storage, attic, alice, bob),
        furnish(storage, kitchen, alice, bob),
      ])
      const told: string[] = []
      storage.log.onCommit(entries => told.push(...entries.map(({ event }) => event)))
      proxy.cutAfter(request => request.includes('deletes'))
      const calls = await Promise.allSettled([
        storage.log.appendTo(attic, [GONE], {}),
        storage.log.appendTo(kitchen, [said(alice, 'in the same flush')], {}),
      ])
      expect(calls[0].status === 'rejected' && calls[0].reason).toBeInstanceOf(Unavailable)
      expect(calls[1]).toMatchObject({ status: 'fulfilled', value: { outcome: 'committed' } })
      await answered(() => storage.health())
      // A call for the conversation meanwhile does not drop the purge.
      await storage.log.appendTo(attic, [said(alice, 'too late')], {}).catch(() => undefined)
      proxy.cutAfter(() => false)
      await until(() => told.includes('conversation.deleted'), 'the purge is told')
      expect(await storage.messages.find(message_id)).toBeNull()
      expect((await storage.log.read(attic, 0, 100)).filter(({ json }) => json.includes('hello'))).toEqual([])
      await auditStore(storage, [kitchen, attic], [alice, bob])
    })

    test('a purge of a process that died is completed by the next, however much was stored since it began', async () => {
      await using database = openDatabase(url)
      const pause = new Pause('messages.deleteMany')
      const doomed = await openMongo({ ...database, connect: failing(pause) })
      const [alice, bob, kitchen, attic] = [id(), id(), id(), id()]
      const message_id = await furnish(doomed, attic, alice, bob)
      await furnish(doomed, kitchen, alice, bob)
      pause.close()
      const purge = doomed.log.appendTo(attic, [GONE], {}).catch((error: unknown) => error)
      await pause.reached
      // Each lease has been used for other streams since.
      for (const n of range(6)) {
        const rooms = [id(), kitchen]
        await Promise.all(rooms.map(room => doomed.log.appendTo(room, [said(alice, `more ${n}`)], {})))
      }
      pause.die()
      expect(await purge).toBeInstanceOf(Unavailable)
      await doomed[Symbol.asyncDispose]()
      await using storage = await openMongo(database)
      expect(await storage.messages.find(message_id)).toBeNull()
      await auditStore(storage, [kitchen, attic], [alice, bob])
    })
  })
}

/** Makes a room of two members with a message and returns the message's id. */
async function furnish(storage: Storage, room: string, alice: string, bob: string): Promise<string> {
  const hello = said(alice, 'hello', { mentions: [bob] })
  await storage.log.appendTo(room, [group(alice, bob)], {})
  await storage.log.appendTo(room, [hello], {})
  return hello.message.id
}

/** Repeats the call while cut connections are replaced. */
async function answered(call: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Unavailable) || tries === 50) throw error
    }
  }
}

/** Adds the name of the call to those that wait, until it is answered. */
async function waits<T>(waiting: Set<string>, name: string, call: Promise<T>): Promise<T> {
  waiting.add(name)
  try {
    return await call
  } finally {
    waiting.delete(name)
  }
}
