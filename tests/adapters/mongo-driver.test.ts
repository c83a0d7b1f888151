import { expect, test } from 'bun:test'
import { Driver, START_MS } from '../../src/adapters/storage/mongo/driver.ts'

const NOWHERE = 'mongodb://localhost:1/parley'

test('whatever the connection string says, writes are confirmed by a majority and on disk, reads ask the primary', async () => {
  const careless = ['readPreference=secondaryPreferred', 'w=1', 'w=0', 'journal=false', 'retryWrites=true']
  for (const query of [...careless, careless.filter(each => each !== 'w=0').join('&')]) {
    await using driver = new Driver(`${NOWHERE}?${query}`, 'parley')
    expect(driver.db.readPreference?.mode).toBe('primary')
    expect(driver.db.writeConcern).toMatchObject({ w: 'majority', journal: true })
  }
})

test('no connection is closed for its silence before the command on it has run out of time', async () => {
  await using usual = new Driver(NOWHERE, 'parley')
  await using patient = new Driver(NOWHERE, 'parley', { limit_ms: START_MS })
  expect(patient.db.client.options.socketTimeoutMS).toBeGreaterThan(START_MS)
  // A frozen server must not hold connections for as long as an index may take to build.
  expect(usual.db.client.options.socketTimeoutMS).toBe(10_000)
})
