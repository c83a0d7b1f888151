import { expect, test } from 'bun:test'
import { MongoClient } from 'mongodb'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const name = 'a purge of a conversation in MongoDB leaves neither a text nor the digest of one'

if (url === undefined) test.skip(`${name}: MONGODB_URL is not set, there is no server`, () => undefined)
else
  test(name, async () => {
    await using database = openDatabase(url)
    await using storage = await openMongo(database)
    const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
    await storage.log.appendTo(room, [group(alice)], {})
    await storage.log.appendTo(room, [said(alice, 'canary', { client_id: 'c1' })], {})
    expect(await everythingIn(url, database.database)).toContain('digest of canary')
    await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
    expect(await everythingIn(url, database.database)).not.toContain('canary')
  })

async function everythingIn(url: string, database: string): Promise<string> {
  await using client = new MongoClient(url)
  const collections = await client.db(database).collections()
  return JSON.stringify(await Promise.all(collections.map(collection => collection.find().toArray())))
}
