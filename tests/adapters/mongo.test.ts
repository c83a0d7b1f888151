import { describe, expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { Unavailable, type Appended, type Storage, type StoredEntry } from '../../src/ports/storage.ts'
import type { UserRecord } from '../../src/domain/records.ts'
import { auditStore } from '../support/audit.ts'
import { direct, group, said } from '../support/drafts.ts'
import { Crash, CrashAt, failing, Pause } from '../support/faults.ts'
import { openDatabase } from '../support/mongo.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'

const url = process.env['MONGODB_URL']
const id = () => Bun.randomUUIDv7()
const SLOW = 60_000
/** Runs of the crash test at the same time. */
const AT_ONCE = 4

if (url === undefined) {
  test.skip('MongoDB processes that race, die, lag or lose their server: MONGODB_URL is not set, there is no server', () =>
    undefined)
} else {
  describe('two processes on one MongoDB database', () => {
    test(
      'write to the same room at once: one order, no gap, no double, equal for both',
      async () => {
        await using database = openDatabase(url)
        await using here = await openMongo(database)
        await using there = await openMongo(database)
        const [alice, bob, room] = [id(), id(), id()]
        await here.log.appendTo(room, [group(alice, bob)], {})
        const sent = Array.from({ length: 50 }, (_, index) => ({
          mine: said(alice, `a${index}`, { client_id: `k${index}`, mentions: [bob] }),
          theirs: said(bob, `b${index}`, { client_id: `k${index}` }),
        }))
        const answers = await Promise.all(
          sent.flatMap(({ mine, theirs }) => [
            here.log.appendTo(room, [mine], { access_change: 1 }),
            there.log.appendTo(room, [theirs], { access_change: 1 }),
            // The same send through the other process: idempotent across both.
            there.log.appendTo(room, [mine], { access_change: 1 }),
          ]),
        )
        expect(answers.filter(answer => answer.outcome === 'committed')).toHaveLength(100)
        expect(answers.filter(answer => answer.outcome === 'repeat')).toHaveLength(50)
        const lists = await Promise.all(
          [here, there].map(storage => storage.messages.list(room, { ascending: true, limit: 1_000 })),
        )
        expect(lists[0]?.map(message => message.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
        expect(lists[1]).toEqual(lists[0])
        const keys = new Map(answers.flatMap(messageOf))
        for (const message of lists[0] ?? []) expect(keys.get(message.id)).toBe(message.seq)
        await auditStore(there, [room], [alice, bob])
      },
      SLOW,
    )

    test(
      'race with edits, reactions, deletions, joins and markers: the store is what the log tells',
      async () => {
        await using database = openDatabase(url)
        await using here = await openMongo(database)
        await using there = await openMongo(database)
        const people = Array.from({ length: 6 }, id)
        const [alice = '', bob = ''] = people
        const rooms = [id(), id()]
        for (const room of rooms) await here.log.appendTo(room, [group(alice, bob)], {})
        const hear = listen(here)
        await Promise.all(
          [here, there].flatMap((storage, node) =>
            rooms.flatMap(room => [chatter(storage, room, node === 0 ? alice : bob), comeAndGo(storage, room, people)]),
          ),
        )
        await auditStore(here, rooms, people)
        await auditStore(there, rooms, people)
        for (const changes of hear().values()) expect(changes).toEqual(changes.toSorted((a, b) => a - b))
      },
      SLOW,
    )

    test(
      'create the direct conversation of a pair once',
      async () => {
        await using database = openDatabase(url)
        await using here = await openMongo(database)
        await using there = await openMongo(database)
        const [alice, bob] = [id(), id()]
        const tries = Array.from({ length: 10 }, id)
        const answers = await Promise.all(
          tries.map((room, index) => (index % 2 ? here : there).log.appendTo(room, [direct(alice, bob)], {})),
        )
        const made = await here.conversations.findDirect(bob, alice)
        expect(answers.filter(answer => answer.outcome === 'committed').length).toBeLessThanOrEqual(1)
        for (const answer of answers)
          if (answer.outcome === 'exists') expect(answer.conversation_id).toBe(made?.id ?? '')
        expect((await there.members.ofUser(alice)).map(member => member.conversation.id)).toEqual([made?.id ?? ''])
      },
      SLOW,
    )

    test(
      'keep one ADMIN when 50 callers race to remove the last two',
      async () => {
        await using database = openDatabase(url)
        await using here = await openMongo(database)
        await using there = await openMongo(database)
        const admins = [person('ann'), person('ben')]
        for (const admin of admins) expect(await here.users.create(admin)).toBe('created')
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) => {
            const patches = [{ role: 'USER' as const }, { disabled: true }]
            const admin = admins[index % 2] ?? person('nobody')
            return (index % 4 < 2 ? here : there).users.update(admin.id, patches[index % 2] ?? {})
          }),
        )
        const left = await there.users.list({ role: 'ADMIN', disabled: false }, { ascending: true, limit: 10 })
        expect(left).toHaveLength(1)
        expect(results.filter(result => result === 'last_admin')).toHaveLength(25)
      },
      SLOW,
    )

    test(
      'make the first user once',
      async () => {
        await using database = openDatabase(url)
        await using here = await openMongo(database)
        await using there = await openMongo(database)
        const made = await Promise.all([here.users.createFirst(person('ann')), there.users.createFirst(person('ben'))])
        expect(made.filter(Boolean)).toHaveLength(1)
        expect(await here.users.list({}, { ascending: true, limit: 10 })).toHaveLength(1)
      },
      SLOW,
    )
  })

  describe('a MongoDB process that dies', () => {
    test('a process that dies at any command has kept what it acknowledged, and the rest is whole or absent', async () => {
      // Counts the commands of the run, then crashes before each of them in turn.
      const commands = await tellStory(url, Infinity)
      expect(commands).toBeGreaterThan(40)
      const points = Array.from({ length: commands }, (_, index) => index + 1)
      while (points.length > 0) await Promise.all(points.splice(0, AT_ONCE).map(dying => tellStory(url, dying)))
    }, 240_000)
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
    const hear = listen(here)
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

  describe('a MongoDB server that is away', () => {
    test(
      'an answer that is cut off on its way: the send is stored once',
      async () => {
        await using database = openDatabase(url)
        await using proxy = await openTcpProxy(addressOf(url))
        await using storage = await openMongo({ database: database.database, url: through(proxy, url) })
        const [alice, bob, room] = [id(), id(), id()]
        await storage.log.appendTo(room, [group(alice, bob)], {})
        const hear = listen(storage)
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

  test('a conversation whose log cannot be read fails alone, and the others of the same flush continue', async () => {
    await using database = openDatabase(url)
    const [alice, broken, sound] = [id(), id(), id()]
    {
      await using storage = await openMongo(database)
      for (const room of [broken, sound]) await storage.log.appendTo(room, [group(alice)], {})
    }
    await database.set('log', `${broken}:00000001`, { 'entries.0.json': '{' })
    for (const room of [broken, sound]) await database.set('conversations', room, { last_change: 0 })
    await using storage = await openMongo(database)
    const say = (room: string, word: string) => storage.log.appendTo(room, [said(alice, word)], {})
    const answers = await Promise.allSettled([
      ...Array.from({ length: 5 }, (_, index) => say(sound, `word ${index}`)),
      say(broken, 'lost'),
    ])
    expect(answers.map(answer => answer.status)).toEqual([...Array(5).fill('fulfilled'), 'rejected'])
  })

  test('pages that are not ordered by primary key are read in the order of an index', async () => {
    await using database = openDatabase(url)
    await using storage = await openMongo(database)
    await storage.health()
    expect(await database.indexes('messages')).toContainEqual({ sender_id: 1, _id: 1 })
    expect(await database.indexes('members')).toContainEqual({ conversation_id: 1, joined_change: 1, user_id: 1 })
  })

  test('an older server refuses a store that a newer one has written', async () => {
    await using database = openDatabase(url)
    const newer = await openMongo(database)
    await newer[Symbol.asyncDispose]()
    await database.set('store', 'store', { schema: 99 })
    expect(String(await rejection(openMongo(database)))).toContain('schema 99')
  })
}

interface Cast {
  alice: string
  bob: string
  carol: string
  message_id: string
}

function messageOf(answer: Appended): [string, number][] {
  if (answer.outcome === 'repeat') return [[answer.message.id, answer.message.seq]]
  if (answer.outcome !== 'committed') return []
  return answer.entries.flatMap(entry => (entry.event === 'message.created' ? [[entry.data.id, entry.data.seq]] : []))
}

async function rejection(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
    return null
  } catch (error) {
    return error
  }
}

function person(username: string): UserRecord {
  const at = '2026-01-01T00:00:00.000Z'
  const nobody = { full_name: null, password_hash: null, disabled: false, deleted: false }
  return {
    id: id(),
    username,
    email: `${username}@example.org`,
    role: 'ADMIN',
    ...nobody,
    created_at: at,
    updated_at: at,
  }
}

/** The changes that listeners are called with, by stream. */
function listen(storage: Storage): () => Map<string, number[]> {
  const heard: StoredEntry[] = []
  storage.log.onCommit(entries => heard.push(...entries))
  return () => {
    const changes = new Map<string, number[]>()
    for (const { stream, change } of heard) changes.set(stream, [...(changes.get(stream) ?? []), change])
    return changes
  }
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

/** Sends, edits, reacts, pins and deletes. */
async function chatter(storage: Storage, room: string, user_id: string): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    const drafts = [0, 1, 2].map(index => said(user_id, `${round}.${index}`, { client_id: id() }))
    await Promise.all(drafts.map(draft => storage.log.appendTo(room, [draft], {})))
    const ids = drafts.map(draft => draft.message.id)
    const [first = '', second = '', third = ''] = ids
    await Promise.all([
      storage.log.appendTo(room, [{ event: 'message.updated', message_id: first, patch: { content: 'better' } }], {}),
      storage.log.appendTo(room, [{ event: 'message.pinned', message_id: second, user_id }], {}),
      storage.log.appendTo(room, [{ event: 'message.deleted', message_id: third }], {}),
      ...ids.map(message_id =>
        storage.log.appendTo(room, [{ event: 'message.reacted', message_id, user_id, emoji: '👍', added: true }], {}),
      ),
    ])
    await storage.log.appendToUser(user_id, {
      event: 'read.updated',
      conversation_id: room,
      seq: 3 * round + 2,
      kind: 'unread',
    })
    await storage.log.appendTo(room, [{ event: 'message.unpinned', message_id: second, user_id }], {})
  }
}

async function comeAndGo(storage: Storage, room: string, people: readonly string[]): Promise<void> {
  const [actor_id = '', , ...guests] = people
  for (const user_id of [...guests, ...guests]) {
    const members = [{ user_id, role: 'member' as const }]
    await storage.log.appendTo(room, [{ event: 'member.added', actor_id, members }], {})
    await storage.log.appendTo(room, [said(user_id, 'hi')], {})
    await storage.log.appendToUser(user_id, {
      event: 'membership.updated',
      conversation_id: room,
      patch: { pinned: true },
    })
    await storage.log.appendTo(room, [{ event: 'member.removed', actor_id, user_ids: [user_id] }], {})
  }
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
