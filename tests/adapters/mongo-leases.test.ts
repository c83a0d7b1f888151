import { expect, test } from 'bun:test'
import { InFlightLeases } from '../../src/adapters/storage/mongo/flush/leases.ts'
import { openTables } from '../../src/adapters/storage/mongo/rows/tables.ts'
import { failing, Pause } from '../support/faults.ts'
import { openDatabase } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const clock = () => new Date()

if (url === undefined) {
  test.skip('leases of MongoDB processes: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test('a lease write that was given up and arrives late removes no stream from its lease', async () => {
    await using database = openDatabase(url)
    const pause = new Pause('leases.bulkWrite')
    await using driver = failing(pause)(database.url, database.database)
    const { leases: table } = openTables(driver)
    const mine = new InFlightLeases(table, 'mine', clock)
    await mine.hold('conversation', 0, new Set(['first']))
    pause.close()
    const late = mine.hold('conversation', 0, new Set(['given up']))
    await pause.reached
    await mine.hold('conversation', 0, new Set(['kitchen']))
    pause.open()
    await late
    const seen = await new InFlightLeases(table, 'other', clock).others()
    expect(seen.map(({ _id, streams }) => ({ _id, streams }))).toEqual([
      { _id: 'mine/conversation-0', streams: ['kitchen'] },
    ])
  })
}
