import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { id } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase, rejection } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']

if (url === undefined) {
  test.skip('what MongoDB stores: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test('a conversation whose log cannot be read fails alone, and the others of the same flush continue', async () => {
    await using database = openDatabase(url)
    const [alice, broken, sound] = [id(), id(), id()]
    {
      await using storage = await openMongo(database)
      for (const room of [broken, sound]) await storage.log.appendTo(room, [group(alice)], {})
    }
    await database.set('log', `${broken}:00000001`, { 'entries.0.json': '{' })
    for (const room of [broken, sound]) await database.set('conversations', room, { last_change: 0 })
    await using storage = await openMongo(database)
    const say = (room: string, word: string) => storage.log.appendTo(room, [said(alice, word)], {})
    const answers = await Promise.allSettled([
      ...Array.from({ length: 5 }, (_, index) => say(sound, `word ${index}`)),
      say(broken, 'lost'),
    ])
    expect(answers.map(answer => answer.status)).toEqual([...Array(5).fill('fulfilled'), 'rejected'])
  })

  test('pages that are not ordered by primary key are read in the order of an index', async () => {
    await using database = openDatabase(url)
    await using storage = await openMongo(database)
    await storage.health()
    expect(await database.indexes('messages')).toContainEqual({ sender_id: 1, _id: 1 })
    expect(await database.indexes('members')).toContainEqual({ conversation_id: 1, joined_change: 1, user_id: 1 })
  })

  test('an older server refuses a store that a newer one has written', async () => {
    await using database = openDatabase(url)
    const newer = await openMongo(database)
    await newer[Symbol.asyncDispose]()
    await database.set('store', 'store', { schema: 99 })
    expect(String(await rejection(openMongo(database)))).toContain('schema 99')
  })
}
