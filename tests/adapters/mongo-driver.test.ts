import { expect, test } from 'bun:test'
import { MongoBulkWriteError, MongoServerError } from 'mongodb'
import { Driver, START_MS } from '../../src/adapters/storage/mongo/driver.ts'
import { Unavailable } from '../../src/ports/storage.ts'

const NOWHERE = 'mongodb://localhost:1/parley'
const OUT_OF_DISK_SPACE = 14_031

test('with any connection string writes are confirmed by a majority and on disk, and reads go to the primary', async () => {
  const careless = ['readPreference=secondaryPreferred', 'w=1', 'w=0', 'journal=false', 'retryWrites=true']
  for (const query of [...careless, careless.filter(each => each !== 'w=0').join('&')]) {
    await using driver = new Driver(`${NOWHERE}?${query}`, 'parley')
    expect(driver.db.readPreference?.mode).toBe('primary')
    expect(driver.db.writeConcern).toMatchObject({ w: 'majority', journal: true })
  }
})

test('a server whose disk is full counts as unavailable, whichever write of a bulk failed', async () => {
  await using driver = new Driver(NOWHERE, 'parley')
  const full = { code: OUT_OF_DISK_SPACE, errmsg: 'not enough disk space' }
  const taken = { code: 11_000, errmsg: 'duplicate key' }
  const errors = [new MongoServerError(full), bulkError([full]), bulkError([taken, full])]
  for (const error of errors) {
    const answer = driver.run('log.insertMany', () => Promise.reject(error))
    expect(await answer.then(() => null, String)).toStartWith(new Unavailable('log.insertMany').toString())
  }
})

test('no connection is closed for inactivity before the command on it has timed out', async () => {
  await using usual = new Driver(NOWHERE, 'parley')
  await using patient = new Driver(NOWHERE, 'parley', { limit_ms: START_MS })
  expect(patient.db.client.options.socketTimeoutMS).toBeGreaterThan(START_MS)
  // A frozen server must not hold connections for as long as an index may take to build.
  expect(usual.db.client.options.socketTimeoutMS).toBe(10_000)
})

/** The error of a bulk write as the driver builds it, with the code of the first failed write. Casts: its constructor is private. */
function bulkError(failed: { code: number; errmsg: string }[]): MongoBulkWriteError {
  const code = failed[0]?.code ?? 0
  const result = { getWriteConcernError: () => undefined } as never
  return new MongoBulkWriteError({ message: 'a write failed', code, writeErrors: failed as never }, result)
}
