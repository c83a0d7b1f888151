import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase } from '../support/mongo.ts'
import { openFile } from '../support/sqlite.ts'

const url = process.env['MONGODB_URL']

test('SQLite: a commit listener that throws fails no append and keeps nothing from the others', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  await expectOthersNotified(storage)
})

test.skipIf(!url)(
  'MongoDB: a commit listener that throws fails no append and keeps nothing from the others',
  async () => {
    await using place = openDatabase(url ?? '')
    await using storage = await openMongo({ url: place.url, database: place.database })
    await expectOthersNotified(storage)
  },
)

async function expectOthersNotified({ log }: Storage): Promise<void> {
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await log.appendTo(room, [group(alice)], {})
  const warned = new Promise<Error>(resolve => process.once('warning', resolve))
  const [notified, ended]: [number[], number[]] = [[], []]
  log.onCommit(() => {
    throw new Error('a bug of the listener')
  })
  const end = log.onCommit(entries => void ended.push(...entries.map(entry => entry.change)))
  log.onCommit(entries => void notified.push(...entries.map(entry => entry.change)))
  expect((await log.appendTo(room, [said(alice, 'hello')], {})).outcome).toBe('committed')
  end()
  expect((await log.appendTo(room, [said(alice, 'again')], {})).outcome).toBe('committed')
  expect(notified).toEqual([2, 3])
  expect(ended).toEqual([2])
  expect((await warned).message).toBe('a bug of the listener')
}
