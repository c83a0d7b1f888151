import { expect, test } from 'bun:test'
import { Driver } from '../../src/adapters/storage/mongo/driver.ts'
import { Lanes } from '../../src/adapters/storage/mongo/lanes.ts'
import { openTables } from '../../src/adapters/storage/mongo/tables.ts'
import { Pause } from '../support/faults.ts'
import { openDatabase } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']
const clock = () => new Date()

if (url === undefined) {
  test.skip('lanes of MongoDB processes: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test('a claim that was given up and lands late takes no stream out of its lane', async () => {
    await using database = openDatabase(url)
    const pause = new Pause('lanes.bulkWrite')
    await using driver = new Driver(database.url, database.database, { fault: pause })
    const { lanes: table } = openTables(driver)
    const mine = new Lanes(table, 'mine', clock)
    await mine.claim('conversation', 0, ['first'])
    pause.close()
    const late = mine.claim('conversation', 0, ['given up'])
    await pause.reached
    await mine.claim('conversation', 0, ['kitchen'])
    pause.open()
    await late
    const seen = await new Lanes(table, 'other', clock).others()
    expect(seen.map(({ _id, streams }) => ({ _id, streams }))).toEqual([
      { _id: 'mine/conversation-0', streams: ['kitchen'] },
    ])
  })
}
