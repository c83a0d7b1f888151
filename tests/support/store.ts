import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { openDatabase } from './mongo.ts'
import { stack } from './server.ts'
import { openFile } from './sqlite.ts'

/** An empty store of the stack under test, removed at the end. */
export async function openStackStore(): Promise<AsyncDisposable & { storage: Storage }> {
  const place = stack === 'mongo' ? openDatabase(process.env['MONGODB_URL'] ?? '') : await openFile()
  const storage = 'open' in place ? await place.open() : await openMongo(place)
  return {
    storage,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}
