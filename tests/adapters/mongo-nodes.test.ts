import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { SETUP } from '../conformance/storage/nodes.ts'
import { openDatabase } from '../support/mongo.ts'
import { until } from '../support/until.ts'

const url = process.env['MONGODB_URL']

if (url === undefined) {
  test.skip('processes of one MongoDB that see each other: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test('a process that has announced itself is seen by another, with a heartbeat that goes on, until it closes', async () => {
    await using database = openDatabase(url)
    await using here = await openMongo(database)
    const there = await openMongo(database)
    expect(await here.nodes.others()).toEqual([])
    await there.nodes.announce(SETUP)
    const [first] = await here.nodes.others()
    expect(first?.setup).toEqual(SETUP)
    await until(async () => {
      const [now] = await here.nodes.others()
      return now?.id === first?.id && now?.heartbeat !== first?.heartbeat
    }, 'the heartbeat goes on')
    expect((await here.nodes.others())[0]?.setup).toEqual(SETUP)
    await there[Symbol.asyncDispose]()
    expect(await here.nodes.others()).toEqual([])
  }, 60_000)
}
