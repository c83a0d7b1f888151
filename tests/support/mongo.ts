import { MongoClient } from 'mongodb'

/** A database of its own for one test, dropped at the end. */
export function openDatabase(url: string) {
  const database = `parley_test_${Bun.randomUUIDv7().replaceAll('-', '')}`
  return {
    url,
    database,
    async set(collection: string, _id: string, fields: Record<string, unknown>) {
      await using client = new MongoClient(url)
      await client.db(database).collection<{ _id: string }>(collection).updateOne({ _id }, { $set: fields })
    },
    async indexes(collection: string): Promise<unknown[]> {
      await using client = new MongoClient(url)
      return (await client.db(database).collection(collection).indexes()).map(({ key }) => key)
    },
    async [Symbol.asyncDispose]() {
      await using client = new MongoClient(url)
      await client.db(database).dropDatabase()
    },
  }
}
