import { expect, test } from 'bun:test'
import { Driver } from '../../src/adapters/storage/mongo/driver.ts'

const NOWHERE = 'mongodb://localhost:1/parley'

test('whatever the connection string says, writes are confirmed by a majority and on disk, reads ask the primary', async () => {
  const careless = ['readPreference=secondaryPreferred', 'w=1', 'w=0', 'journal=false', 'retryWrites=true']
  for (const query of [...careless, careless.filter(each => each !== 'w=0').join('&')]) {
    await using driver = new Driver(`${NOWHERE}?${query}`, 'parley')
    expect(driver.db.readPreference?.mode).toBe('primary')
    expect(driver.db.writeConcern).toMatchObject({ w: 'majority', journal: true })
  }
})
