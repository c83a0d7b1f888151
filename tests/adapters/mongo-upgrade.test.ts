import { expect, test } from 'bun:test'
import { MongoClient, type Db } from 'mongodb'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const SLOW = 120_000

/** A document of any collection, as the test finds it. */
interface Found {
  _id: string
  [field: string]: unknown
}

if (url === undefined) {
  test.skip('the upgrade of a MongoDB store: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test(
    'a store of schema 1 has the same counts, members and repeats after the upgrade, also if it is broken off',
    async () => {
      await using database = openDatabase(url)
      const [ada, ben, cora, room] = [id(), id(), id(), id()]
      const texts = range(12).map(n => said(n % 3 ? ada : ben, `text ${n}`, { client_id: `c${n}`, mentions: [ben] }))
      const read = async (storage: Awaited<ReturnType<typeof openMongo>>) => {
        await auditStore(storage, [room], [ada, ben, cora])
        return Promise.all(
          [ada, ben].map(async user => storage.members.unread(user, await storage.members.ofUser(user))),
        )
      }
      const before = await openMongo(database)
      await before.log.appendTo(room, [group(ada, ben, cora)], {})
      for (const text of texts) await before.log.appendTo(room, [text], {})
      for (const index of [2, 7]) {
        const message_id = texts[index]?.message.id ?? ''
        await before.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
      }
      for (const [user, seq] of [[ada, 3] as const, [ben, 5] as const])
        await before.log.appendToUser(user, { event: 'read.updated', conversation_id: room, seq, kind: 'unread' })
      await before.log.appendTo(room, [{ event: 'member.removed', actor_id: ada, user_ids: [cora] }], {})
      const counts = await read(before)
      await before[Symbol.asyncDispose]()

      await using client = new MongoClient(url)
      await toSchema1(client.db(database.database))
      // Broken off after the messages: what is done already is done again.
      await client
        .db(database.database)
        .collection('conversations')
        .updateMany({}, { $set: { countable: 3 } })
      await using after = await openMongo(database)
      expect(await read(after)).toEqual(counts)
      for (const text of texts) expect((await after.log.appendTo(room, [text], {})).outcome).toBe('repeat')
      const names = (await client.db(database.database).listCollections().toArray()).map(({ name }) => name)
      expect(names.filter(name => ['causes', 'lanes', 'sends', 'uncounted'].includes(name))).toEqual([])
    },
    SLOW,
  )
}

/** Writes the store as schema 1 had it. */
async function toSchema1(db: Db): Promise<void> {
  const rows = (name: string) => db.collection<Found>(name).find({}).sort({ _id: 1 }).toArray()
  const patch = (name: string, _id: string, $set: Partial<Found>, unset: string[]) =>
    db.collection<Found>(name).updateOne({ _id }, { $set, $unset: Object.fromEntries(unset.map(field => [field, ''])) })
  for (const { _id, senders } of await rows('conversations')) {
    for (const { user_id, seq } of senders as { user_id: string; seq: number }[])
      await db.collection<Found>('members').updateOne({ _id: `${_id}:${user_id}` }, { $max: { own_seq: seq } })
    const added = ['countable', 'tombstones', 'tombstones_cut', 'senders', 'senders_moved']
    await patch('conversations', _id, { purged: false }, added)
  }
  for (const { _id, id: message_id } of await rows('messages'))
    await patch('messages', _id, { id: message_id }, ['countable', 'send_key'])
  for (const { _id, user_change } of await rows('members')) {
    const added = ['user_change', 'read_countable', 'own_countable', 'own_unread', 'left_at']
    await patch('members', _id, { own_change: user_change }, added)
  }
  for (const { _id, deleted_at_change } of await rows('mentions')) {
    const added = ['conversation_id', 'user_id', 'seq', 'open', 'user_change', 'deleted_at_change']
    await patch('mentions', _id, { change: 1, gone: deleted_at_change }, added)
  }
  await db.collection<Found>('causes').insertMany(await rows('sources'))
  for (const name of ['sends', 'uncounted']) await db.collection<Found>(name).insertOne({ _id: 'old' })
  const lane = { kind: 'own', claim: 1, beat: '2026-01-01T00:00:00.000Z', streams: [] }
  await db.collection<Found>('lanes').insertOne({ _id: 'old/own-0', ...lane })
  await db.collection('sources').drop()
  await db.collection('messages').dropIndex('id_1')
  await db.collection('messages').createIndex({ id: 1 })
  await db.collection('members').createIndex({ user_id: 1 })
  await db.collection<Found>('store').updateOne({ _id: 'store' }, { $set: { schema: 1 } })
}
