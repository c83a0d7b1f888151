import { expect, test } from 'bun:test'
import { MongoClient, MongoServerError, type Document } from 'mongodb'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { toPublicUser } from '../../src/domain/users.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { deviceOf } from '../conformance/storage/devices.ts'
import { invite } from '../conformance/storage/invites.ts'
import { AT, id, person, range } from '../conformance/storage/subject.ts'
import { direct, group, said } from '../support/drafts.ts'
import { counting, openDatabase } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const SLOW = 240_000
const NO_SUCH_COMMAND = 59

if (url === undefined) {
  test.skip('the indexes that reads of MongoDB use: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test(
    'no read of the store looks through a whole collection',
    async () => {
      await using database = openDatabase(url)
      const { connect, sent } = counting()
      await using storage = await openMongo({ ...database, connect })
      await readEverything(storage)
      await using client = new MongoClient(url)
      const reads = new Map(sent.filter(({ find }) => find).map(read => [shapeOf(read), read]))
      expect(reads.size).toBeGreaterThan(20)
      for (const [shape, { find, filter, sort, limit }] of reads) {
        const read = { find, filter, ...(sort ? { sort } : {}), ...(limit ? { limit } : {}) }
        const plan = await explain(client, database.database, read)
        if (plan === null) return
        expect([shape, plan.includes('COLLSCAN'), plan.includes('"indexName"')]).toEqual([shape, false, true])
      }
    },
    SLOW,
  )
}

/** null: the server has no such command. */
async function explain(client: MongoClient, database: string, read: Document): Promise<string | null> {
  try {
    return JSON.stringify(await client.db(database).command({ explain: read, verbosity: 'queryPlanner' }))
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NO_SUCH_COMMAND) return null
    throw error
  }
}

/** Two reads of one shape are answered by the same index. */
function shapeOf(read: Document): string {
  const fields = (value: unknown): string =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? `{${Object.entries(value)
          .map(([key, inner]) => `${key}${fields(inner)}`)
          .join()}}`
      : Array.isArray(value) && typeof value[0] === 'object'
        ? `[${fields(value[0])}]`
        : ''
  return `${read['find']}${fields(read['filter'])}${fields(read['sort'])}`
}

async function followAndCount({ log, jobs, owners, rollups }: Storage): Promise<void> {
  const following = await log.follow('search', { streams: 'conversations', from: 'beginning' })
  await following.lag()
  const waiting = await following.next({ streams: 10, entries: 100, bytes: 1_000_000 })
  await following.advance(waiting.map(({ stream, entries }) => ({ stream, change: entries.at(-1)?.change ?? 0 })))
  const now = new Date().toISOString()
  await jobs.enqueue([{ id: id(), queue: 'push', payload: '{}', due_at: now }])
  await jobs.state('push', now)
  await jobs.claim('push', now, new Date(Date.now() + 60_000).toISOString(), 10)
  // A collection without rows may have no plan.
  await owners.replace(null, { name: 'background', owner: 'this', heartbeat: 1 })
  await owners.find('background')
  const { version } = await rollups.state([id()])
  const sheet = { conversation_id: id(), sender_id: id(), month: '2026-11', counts: { text: { 1: 1 } } }
  await rollups.add({ version, counted: [{ stream: sheet.conversation_id, change: 1 }], sheets: [sheet] })
  await rollups.sheets(sheet, ['2026-11'])
  await rollups.sheetsBy('sender', sheet.conversation_id, '2026-11', '', 10)
  await rollups.sheetsBy('conversation', sheet.sender_id, '2026-11', '', 10)
  await rollups.ofConversation(sheet.conversation_id, 10)
}

async function readEverything(storage: Storage): Promise<void> {
  const [ada, ben] = [id(), id()]
  for (const n of range(60)) {
    const room = id()
    await storage.users.create(person(`someone${n}`))
    await storage.log.appendTo(room, [group(ada, ben)], {})
    const hello = said(ada, 'hello', { client_id: 'a', mentions: [ben] })
    await storage.log.appendTo(room, [hello], {})
    if (n > 1) continue
    await storage.log.appendTo(room, [{ event: 'message.pinned', message_id: hello.message.id, user_id: ada }], {})
    await storage.log.appendTo(
      room,
      [{ event: 'message.updated', message_id: hello.message.id, patch: { content: 'x' } }],
      {},
    )
    await storage.messages.versions(hello.message.id)
    await storage.messages.pins(room, null, 10)
    await storage.messages.findSent(room, ada, 'a')
    await storage.messages.list(room, { ascending: true, limit: 10 })
    await storage.messages.bySender(ada, null, 10)
    await storage.log.read(room, 0, 10)
    await storage.members.list(room, { ascending: true, limit: 10 })
    await storage.members.first(room, 10)
    await storage.members.leaders(room)
    await storage.members.firstOfEach([room], 100)
    await storage.log.appendTo(room, [{ event: 'message.deleted', message_id: hello.message.id }], {})
    await storage.log.appendToUser(ben, { event: 'read.updated', conversation_id: room, seq: 1, kind: 'read' })
    await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
  }
  await storage.log.appendTo(id(), [direct(ada, ben)], {})
  await storage.conversations.findDirect(ada, ben)
  const inbox = await storage.members.ofUser(ben)
  await storage.members.unread(ben, inbox)
  const page = { ascending: true, limit: 10 }
  await storage.log.appendToUser(ada, { event: 'contact.added', user: toPublicUser({ ...person('ben'), id: ben }) })
  for (const filter of ['all', 'added', 'blocked', 'unblocked'] as const) await storage.contacts.list(ada, filter, page)
  await storage.contacts.find(ada, ben)
  await storage.contacts.relations(ada, [ben])
  await storage.contacts.ownersOf(ben, 10)
  await storage.contacts.anonymise(toPublicUser({ ...person('gone'), id: ben }))
  await storage.conversations.listAll({}, page)
  await storage.conversations.listAllByActivity({}, page)
  await storage.conversations.listPublic({}, page)
  await storage.conversations.listPublic({ q: 'kit' }, page)
  const room = inbox[0]?.conversation.id ?? ''
  await storage.invites.create(invite(room, { created_by: ada }))
  await storage.invites.list(room, AT, page)
  await storage.invites.ofUser(ada, page)
  await storage.invites.revokeAllOfUser(ada, AT)
  await storage.users.list({}, page)
  await storage.users.list({ q: 'some' }, page)
  await storage.users.findByLogin({ username: 'someone1' })
  await storage.sessions.listOfUser(ada, new Date().toISOString())
  const device = deviceOf(ada, 'token')
  await storage.devices.register(device)
  await storage.devices.pushed([device.id], id())
  await storage.devices.removeOfSessions([device.session_id])
  await storage.sweep(new Date().toISOString())
  await followAndCount(storage)
}
