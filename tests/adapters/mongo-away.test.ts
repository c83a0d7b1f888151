import { describe, expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { id } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { changesHeard, openDatabase, rejection } from '../support/mongo.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'

const url = process.env['MONGODB_URL']
const SLOW = 60_000

if (url === undefined) {
  test.skip('a MongoDB server that is away: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('a MongoDB server that is away', () => {
    test(
      'an answer that is cut off on its way: the send is stored once',
      async () => {
        await using database = openDatabase(url)
        await using proxy = await openTcpProxy(addressOf(url))
        await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
        const [alice, bob, room] = [id(), id(), id()]
        await storage.log.appendTo(room, [group(alice, bob)], {})
        const hear = changesHeard(storage)
        let direct_answers = 0
        // The answers of log inserts and of message writes are lost in turn.
        const sent = { log: 0, messages: 0 }
        proxy.cutAfter(request => {
          if (!request.includes('digest of')) return false
          const into = request.includes('entries') ? 'log' : 'messages'
          sent[into] += 1
          return sent[into] % 4 === 0
        })
        for (let index = 0; index < 30; index += 1) {
          const draft = said(alice, `hello ${index}`, { client_id: `k${index}` })
          let asked = 0
          const answer = await untilAnswered(() => {
            asked += 1
            return storage.log.appendTo(room, [draft], { access_change: 1 })
          })
          // A call that was made once reports that it stored the message itself.
          expect(['committed', ...(asked === 1 ? [] : ['repeat'])]).toContain(answer.outcome)
          if (asked === 1) direct_answers += 1
        }
        proxy.cutAfter(() => false)
        expect(proxy.cuts).toBeGreaterThan(5)
        expect(direct_answers).toBeGreaterThan(20)
        await auditStore(storage, [room], [alice, bob])
        expect((await storage.conversations.find(room))?.last_seq).toBe(30)
        expect(hear().get(room)).toEqual(Array.from({ length: 30 }, (_, index) => index + 2))
      },
      SLOW,
    )

    test.each(['refuse', 'freeze'] as const)(
      '%s: reads and writes are Unavailable within 3 seconds',
      async how => {
        await using database = openDatabase(url)
        await using proxy = await openTcpProxy(addressOf(url))
        await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
        const [alice, room] = [id(), id()]
        await storage.log.appendTo(room, [group(alice)], {})
        proxy[how]()
        const started = performance.now()
        const calls = [
          storage.health(),
          storage.users.find(alice),
          storage.conversations.find(room),
          storage.log.appendTo(room, [said(alice, 'anybody there?')], {}),
          storage.log.read(room, 0, 10),
        ]
        for (const result of await Promise.allSettled(calls)) {
          expect(result.status).toBe('rejected')
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Unavailable)
        }
        expect(performance.now() - started).toBeLessThan(3_000)
      },
      SLOW,
    )

    test(
      'comes back: the same process goes on',
      async () => {
        await using database = openDatabase(url)
        await using proxy = await openTcpProxy(addressOf(url))
        await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
        const [alice, room] = [id(), id()]
        await storage.log.appendTo(room, [group(alice)], {})
        proxy.refuse()
        expect(await rejection(storage.log.appendTo(room, [said(alice, 'lost')], {}))).toBeInstanceOf(Unavailable)
        expect(await rejection(storage.health())).toBeInstanceOf(Unavailable)
        proxy.allow()
        await untilAnswered(() => storage.health())
        const answer = await storage.log.appendTo(room, [said(alice, 'back')], {})
        expect(answer.outcome).toBe('committed')
        await auditStore(storage, [room], [alice])
      },
      SLOW,
    )
  })
}

/** Repeats a call while the store is unavailable, as the gate's callers would. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === 50) throw error
    }
  }
}
