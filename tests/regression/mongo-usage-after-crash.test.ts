import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { aFile } from '../conformance/storage/files.ts'
import { AT, id } from '../conformance/storage/subject.ts'
import { Crash, failing, type Fault } from '../support/faults.ts'
import { openDatabase, rejection } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const LATER = '2099-01-01T00:00:00.000Z'
const LENGTH = 100
const OPEN = { offset: 0, parts: [], claimed_until: null, finished: false, expires_at: LATER }
/** Room for one upload. */
const LIMITS = { quota_bytes: LENGTH, max_open: 1 }

/** The process dies at the command that follows the first one of this name, once armed. */
class CrashAfter implements Fault {
  armed = false
  #reached = false
  readonly #command: string
  constructor(command: string) {
    this.#command = command
  }
  before(command: string): void {
    if (this.#reached) throw new Crash(command)
    this.#reached = this.armed && command === this.#command
  }
}

interface Ending {
  name: string
  command: string
  end: (storage: Storage, upload_id: string) => Promise<unknown>
}
const ENDINGS: Ending[] = [
  {
    name: 'an upload is removed',
    command: 'uploads.findOneAndDelete',
    end: ({ uploads }, upload_id) => uploads.remove(upload_id),
  },
  {
    name: 'an upload is finished',
    command: 'uploads.bulkWrite',
    end: ({ uploads }, upload_id) => uploads.advance(upload_id, OPEN, { ...OPEN, finished: true }),
  },
]

if (url === undefined) {
  test.skip('what users use after crashes: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test.each(ENDINGS)(
    'a process that dies after $name and before it counts leaves a count that the sweep corrects',
    async ({ command, end }) => {
      await using database = openDatabase(url)
      const fault = new CrashAfter(command)
      const [ada, upload_id] = [id(), id()]
      {
        await using dying = await openMongo({ ...database, connect: failing(fault) })
        const upload = { id: upload_id, user_id: ada, metadata: '', length: LENGTH, created_at: AT, ...OPEN }
        expect(await dying.uploads.create(upload, LIMITS)).toBe('created')
        // What has not changed since the last sweep is not counted anew.
        await dying.sweep(LATER)
        fault.armed = true
        expect(await rejection(end(dying, upload_id))).toBeInstanceOf(Error)
      }
      await using storage = await openMongo(database)
      await storage.sweep(LATER)
      expect(await storage.files.usage(ada)).toBe(0)
      const next = { id: id(), user_id: ada, metadata: '', length: LENGTH, created_at: AT, ...OPEN }
      expect(await storage.uploads.create(next, LIMITS)).toBe('created')
    },
  )

  test('a process that dies after a file is removed and before it counts leaves a count that the sweep corrects', async () => {
    await using database = openDatabase(url)
    const fault = new CrashAfter('files.deleteMany')
    const file = aFile(id())
    {
      await using dying = await openMongo({ ...database, connect: failing(fault) })
      await dying.files.create(file, { quota_bytes: file.size, expires_at: LATER })
      await dying.sweep(LATER)
      fault.armed = true
      expect(await rejection(dying.files.remove(file.id))).toBeInstanceOf(Error)
    }
    await using storage = await openMongo(database)
    await storage.sweep(LATER)
    expect(await storage.files.usage(file.user_id)).toBe(0)
  })
}
