import { describe, expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { Unavailable, type Storage } from '../../src/ports/storage.ts'
import { id } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { direct, group, said } from '../support/drafts.ts'
import { Crash, CrashAt, failing, Pause } from '../support/faults.ts'
import { changesHeard, openDatabase, rejection } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const SLOW = 60_000
/** Runs of the crash test at the same time. */
const AT_ONCE = 8

if (url === undefined) {
  test.skip('MongoDB processes that die or are slow: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('a MongoDB process that dies', () => {
    test('a process that dies at any command has kept what it acknowledged, and the rest is whole or absent', async () => {
      // Counts the commands of the run, then crashes before each of them in turn.
      const commands = await tellStory(url, Infinity)
      expect(commands).toBeGreaterThan(40)
      const points = Array.from({ length: commands }, (_, index) => index + 1)
      while (points.length > 0) await Promise.all(points.splice(0, AT_ONCE).map(dying => tellStory(url, dying)))
    }, 900_000)
  })

  describe('a MongoDB process that is slow', () => {
    const overtaken = {
      'an edit by a deletion': ({ message_id }: Cast) => ({
        slow: [{ event: 'message.updated' as const, message_id, patch: { content: 'hello, hello' } }],
        quick: [{ event: 'message.deleted' as const, message_id }],
      }),
      'an edit by an edit': ({ message_id }: Cast) => ({
        slow: [{ event: 'message.updated' as const, message_id, patch: { content: 'hello, hello' } }],
        quick: [{ event: 'message.updated' as const, message_id, patch: { content: 'good bye' } }],
      }),
      'a joining by a removal': ({ alice, carol }: Cast) => ({
        slow: [
          { event: 'member.added' as const, actor_id: alice, members: [{ user_id: carol, role: 'member' as const }] },
        ],
        quick: [{ event: 'member.removed' as const, actor_id: alice, user_ids: [carol] }],
      }),
      'a removal by a joining': ({ alice, bob }: Cast) => ({
        slow: [{ event: 'member.removed' as const, actor_id: alice, user_ids: [bob] }],
        quick: [
          { event: 'member.added' as const, actor_id: alice, members: [{ user_id: bob, role: 'admin' as const }] },
        ],
      }),
      'a pin by an unpin': ({ bob, message_id }: Cast) => ({
        slow: [{ event: 'message.pinned' as const, message_id, user_id: bob }],
        quick: [{ event: 'message.unpinned' as const, message_id, user_id: bob }],
      }),
      'a send by a purge': ({ alice, bob }: Cast) => ({
        slow: [said(alice, 'hello again', { mentions: [bob], client_id: 'again' })],
        quick: [{ event: 'conversation.deleted' as const }],
      }),
    }
    test.each(Object.entries(overtaken))(
      '%s: nothing that is gone comes back',
      async (_, scene) => {
        await using database = openDatabase(url)
        await using quick = await openMongo(database)
        let pauses = true
        for (let stop = 1; pauses; stop += 1) {
          const pause = Promise.withResolvers<void>()
          const paused = Promise.withResolvers<boolean>()
          let commands = -Infinity
          const before = (): Promise<void> | undefined => {
            commands += 1
            if (commands !== stop) return undefined
            paused.resolve(true)
            return pause.promise
          }
          await using slow = await openMongo({ ...database, connect: failing({ before }) })
          const [alice, bob, carol, room] = [id(), id(), id(), id()]
          const hello = said(alice, 'hello', { mentions: [bob], client_id: 'first' })
          await slow.log.appendTo(room, [group(alice, bob)], {})
          await slow.log.appendTo(room, [hello], {})
          const scenes = scene({ alice, bob, carol, message_id: hello.message.id })
          commands = 0
          const late = slow.log.appendTo(room, scenes.slow, {}).finally(() => paused.resolve(false))
          pauses = await paused.promise
          await quick.log.appendTo(room, scenes.quick, {})
          // A repeat of the slow send through the other process is one send, not two.
          await quick.log.appendTo(room, scenes.slow, {})
          await quick.log.appendTo(room, scenes.quick, {})
          pause.resolve()
          await late
          for (const storage of [quick, slow]) await auditStore(storage, [room], [alice, bob, carol])
          await expectErased(quick, { room, gone: room, first: hello.message.id })
        }
      },
      SLOW,
    )

    test('a send of a process that died after the log write is recognised by the next process that stores it', async () => {
      await using database = openDatabase(url)
      await using there = await openMongo(database)
      const [alice, room] = [id(), id()]
      await there.log.appendTo(room, [group(alice)], {})
      const dies = new CrashAt('sends.insertMany', 'messages.insertMany')
      dies.arm()
      const here = await openMongo({ ...database, connect: failing(dies) })
      const named = said(alice, 'hello', { client_id: 'k' })
      const nameless = said(alice, 'hello')
      expect(await rejection(here.log.appendTo(room, [named, nameless], {}))).toBeInstanceOf(Unavailable)
      await here[Symbol.asyncDispose]()
      for (const draft of [nameless, named]) {
        const answer = await there.log.appendTo(room, [draft], {})
        expect(answer.outcome === 'repeat' && answer.message.id).toBe(draft.message.id)
      }
      await auditStore(there, [room], [alice])
      expect((await there.conversations.find(room))?.last_seq).toBe(2)
    })
  })

  test('entries that a dead process left are reported by the process that completes them, even if another stream of the flush was overtaken', async () => {
    await using database = openDatabase(url)
    const dies = new CrashAt('messages.insertMany')
    const pause = new Pause('conversations.bulkWrite')
    const dead = await openMongo({ ...database, connect: failing(dies) })
    await using here = await openMongo({ ...database, connect: failing(pause) })
    await using there = await openMongo(database)
    const [alice, left, raced] = [id(), id(), id()]
    for (const room of [left, raced]) await here.log.appendTo(room, [group(alice)], {})
    const hear = changesHeard(here)
    dies.arm()
    expect(await rejection(dead.log.appendTo(left, [said(alice, 'last words')], {}))).toBeInstanceOf(Unavailable)
    await dead[Symbol.asyncDispose]()
    // `here` is behind in both rooms, loses both races, and completes the two together.
    await there.log.appendTo(raced, [said(alice, 'fast')], {})
    pause.close()
    const both = [left, raced].map(room => here.log.appendTo(room, [said(alice, 'hello')], {}))
    await pause.reached
    await there.log.appendTo(raced, [said(alice, 'faster')], {})
    pause.open()
    for (const answer of await Promise.all(both)) expect(answer.outcome).toBe('committed')
    expect(hear().get(left)).toEqual([2, 3])
  })
}

interface Cast {
  alice: string
  bob: string
  carol: string
  message_id: string
}

/** A run with every kind of change. The process crashes before command number `dying`; then another opens the store. */
async function tellStory(mongo_url: string, dying: number): Promise<number> {
  await using database = openDatabase(mongo_url)
  await using observer = await openMongo(database)
  const [alice, bob, carol] = [id(), id(), id()]
  const [room, gone, pair] = [id(), id(), id()]
  let commands = 0
  let armed = false
  const fault = {
    before(command: string) {
      if (!armed) return
      commands += 1
      if (commands === dying) throw new Crash(command)
    },
  }
  const storage = await openMongo({ ...database, connect: failing(fault) })
  armed = true
  const acknowledged: { room: string; change: number }[] = []
  const commit = async (stream: string, ...drafts: Parameters<Storage['log']['appendTo']>[1][number][]) => {
    const answer = await storage.log.appendTo(stream, drafts, {})
    if (answer.outcome === 'committed')
      acknowledged.push(...answer.entries.map(({ change }) => ({ room: stream, change })))
  }
  const [hello, bye] = [
    said(alice, 'hello', { mentions: [bob] }),
    said(bob, 'bye', { client_id: 'b', mentions: [alice] }),
  ]
  const [first, second] = [hello.message.id, bye.message.id]
  const added = {
    event: 'member.added' as const,
    actor_id: alice,
    members: [{ user_id: carol, role: 'admin' as const }],
  }
  try {
    await commit(room, group(alice, bob))
    await commit(pair, direct(alice, bob))
    await Promise.all([commit(room, hello), commit(room, bye)])
    await commit(room, { event: 'message.updated', message_id: first, patch: { content: 'hello!' } })
    const edits = ['bye!', 'bye!!'].map(content => ({
      event: 'message.updated' as const,
      message_id: second,
      patch: { content },
    }))
    await commit(room, ...edits)
    await commit(room, { event: 'message.pinned', message_id: first, user_id: bob })
    await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq: 1, kind: 'read' })
    await commit(room, added, { event: 'member.removed', actor_id: alice, user_ids: [bob] })
    await Promise.all([commit(room, { event: 'message.deleted', message_id: first }), commit(gone, group(carol, bob))])
    await commit(gone, said(carol, 'secret'))
    await commit(gone, { event: 'conversation.deleted' })
  } catch (error) {
    expect(error).toBeInstanceOf(Unavailable)
  }
  armed = false
  await storage[Symbol.asyncDispose]()
  // Another process sees no append partially, although it has not been completed yet.
  await auditStore(observer, [room, gone, pair], [])
  if (dying === Infinity) return commands
  // The first process that repairs crashes too, each time at another command.
  await expectRelapse(database, FIRST_REPAIR + (dying % 16))
  await using successor = await openMongo(database)
  const heads = await successor.log.lastChanges([room, gone, pair])
  for (const { room: stream, change } of acknowledged) expect(heads.get(stream)).toBeGreaterThanOrEqual(change)
  for (const store of [successor, observer]) await auditStore(store, [room, gone, pair], [alice, bob, carol])
  await expectErased(successor, { room, gone, first })
  // Further changes work, and a send that was not acknowledged is stored once when it is repeated.
  await successor.log.appendTo(room, [group(alice, bob)], {})
  const again = await successor.log.appendTo(room, [bye], {})
  if ((heads.get(room) ?? 0) > 0) expect(['committed', 'repeat']).toContain(again.outcome)
  expect((await successor.messages.findMany([second])).length).toBe(1)
  const made = await successor.log.appendTo(pair, [direct(bob, alice)], {})
  expect(['committed', 'exists']).toContain(made.outcome)
  expect((await observer.conversations.findDirect(alice, bob))?.id).toBe(pair)
  return commands
}

/** The command of an opening at which repair begins. */
const FIRST_REPAIR = 10

async function expectRelapse(database: { url: string; database: string }, dying: number): Promise<void> {
  let commands = 0
  const before = (command: string) => {
    commands += 1
    if (commands >= dying) throw new Crash(command)
  }
  try {
    await using unlucky = await openMongo({ ...database, connect: failing({ before }) })
    await unlucky.health()
  } catch (error) {
    expect(error).toBeInstanceOf(Unavailable)
  }
}

async function expectErased(storage: Storage, { room, gone, first }: { room: string; gone: string; first: string }) {
  const message = await storage.messages.find(first)
  if (message && message.deleted_at !== null) {
    const log = await storage.log.read(room, 0, 100)
    expect(log.filter(entry => entry.json.includes('hello'))).toEqual([])
    expect(await storage.messages.versions(first)).toEqual([])
    expect(await storage.messages.pins(room, null, 10)).toEqual([])
  }
  const purged = await storage.log.read(gone, 0, 100)
  if (purged.at(-1)?.event === 'conversation.deleted') {
    expect(purged.filter(entry => entry.json.includes('secret') || entry.json.includes('Kitchen'))).toEqual([])
  }
}
