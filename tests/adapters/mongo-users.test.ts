import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { person } from '../conformance/storage/subject.ts'
import { openDatabase } from '../support/mongo.ts'
import { failing, Pause } from '../support/faults.ts'

const url = process.env['MONGODB_URL']

if (url === undefined) {
  test.skip('MongoDB accounts that are changed from two sides at once: MONGODB_URL is not set, there is no server', () =>
    undefined)
} else {
  test('a slow change of a user who became the last ADMIN meanwhile is refused', async () => {
    await using database = openDatabase(url)
    const pause = new Pause('users.updateOne')
    await using storage = await openMongo({ ...database, connect: failing(pause) })
    const [yara, xeno] = [person('yara', { role: 'ADMIN' }), person('xeno', { role: 'USER' })]
    for (const user of [yara, xeno]) await storage.users.create(user)
    pause.close()
    const slow = storage.users.update(xeno.id, { disabled: true })
    await pause.reached
    expect(await storage.users.update(xeno.id, { role: 'ADMIN' })).toMatchObject({ role: 'ADMIN' })
    expect(await storage.users.update(yara.id, { role: 'USER' })).toMatchObject({ role: 'USER' })
    pause.open()
    expect(await slow).toBe('last_admin')
    expect(await storage.users.find(xeno.id)).toMatchObject({ role: 'ADMIN', disabled: false })
  })

  test('a slow change of a name does not take the name for a user who was deleted meanwhile', async () => {
    await using database = openDatabase(url)
    const pause = new Pause('users.updateOne')
    await using storage = await openMongo({ ...database, connect: failing(pause) })
    const ada = person('ada')
    await storage.users.create(ada)
    pause.close()
    const slow = storage.users.update(ada.id, { username: 'lovelace' })
    await pause.reached
    await storage.users.update(ada.id, { deleted: true, username: 'deleted', email: null })
    pause.open()
    await slow
    for (const name of ['ada', 'lovelace']) expect(await storage.users.create(person(name))).toBe('created')
  })

  test('an ADMIN who is deleted while the role is taken away keeps no name', async () => {
    await using database = openDatabase(url)
    const pause = new Pause('guards.bulkWrite')
    await using storage = await openMongo({ ...database, connect: failing(pause) })
    await using other = await openMongo(database)
    const [yara, xeno] = [person('yara', { role: 'ADMIN' }), person('xeno', { role: 'ADMIN' })]
    for (const user of [yara, xeno]) await storage.users.create(user)
    pause.close()
    const slow = storage.users.update(xeno.id, { role: 'USER', username: 'xenia' })
    await pause.reached
    await other.users.update(xeno.id, { deleted: true, username: 'deleted', email: null })
    pause.open()
    await slow
    for (const name of ['xeno', 'xenia']) expect(await other.users.create(person(name))).toBe('created')
    expect(await other.users.find(yara.id)).toMatchObject({ role: 'ADMIN' })
  })
}
