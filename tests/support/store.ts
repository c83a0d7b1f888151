import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { openDatabase } from './mongo.ts'
import { stack } from './server.ts'
import { openFile } from './sqlite.ts'

/** An empty store of the stack under test, removed at the end. */
export async function openStackStore(
  clock: () => Date = () => new Date(),
): Promise<AsyncDisposable & { storage: Storage }> {
  const place = stack === 'mongo' ? openDatabase(process.env['MONGODB_URL'] ?? '') : await openFile()
  const storage = 'file' in place ? await openSqlite({ file: place.file, clock }) : await openMongo({ ...place, clock })
  return {
    storage,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}
