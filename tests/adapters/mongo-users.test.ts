import { expect, test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { person } from '../conformance/storage/subject.ts'
import { openDatabase } from '../support/mongo.ts'
import { Gate } from '../support/faults.ts'

const url = process.env['MONGODB_URL']

if (url === undefined) {
  test.skip('MongoDB accounts that are changed from two sides at once: MONGODB_URL is not set, there is no server', () =>
    undefined)
} else {
  test('a slow change of somebody who became the last ADMIN meanwhile is refused', async () => {
    await using database = openDatabase(url)
    const gate = new Gate('users.updateOne')
    await using storage = await openMongo({ ...database, fault: gate })
    const [yara, xeno] = [person('yara', { role: 'ADMIN' }), person('xeno', { role: 'USER' })]
    for (const user of [yara, xeno]) await storage.users.create(user)
    gate.close()
    const slow = storage.users.update(xeno.id, { disabled: true })
    await gate.reached
    expect(await storage.users.update(xeno.id, { role: 'ADMIN' })).toMatchObject({ role: 'ADMIN' })
    expect(await storage.users.update(yara.id, { role: 'USER' })).toMatchObject({ role: 'USER' })
    gate.open()
    expect(await slow).toBe('last_admin')
    expect(await storage.users.find(xeno.id)).toMatchObject({ role: 'ADMIN', disabled: false })
  })

  test('a slow change of a name does not take it for somebody who was deleted meanwhile', async () => {
    await using database = openDatabase(url)
    const gate = new Gate('users.updateOne')
    await using storage = await openMongo({ ...database, fault: gate })
    const ada = person('ada')
    await storage.users.create(ada)
    gate.close()
    const slow = storage.users.update(ada.id, { username: 'lovelace' })
    await gate.reached
    await storage.users.update(ada.id, { deleted: true, username: 'deleted', email: null })
    gate.open()
    await slow
    for (const name of ['ada', 'lovelace']) expect(await storage.users.create(person(name))).toBe('created')
  })

  test('an ADMIN who is deleted while another step takes the role keeps no name', async () => {
    await using database = openDatabase(url)
    const gate = new Gate('guards.bulkWrite')
    await using storage = await openMongo({ ...database, fault: gate })
    await using other = await openMongo(database)
    const [yara, xeno] = [person('yara', { role: 'ADMIN' }), person('xeno', { role: 'ADMIN' })]
    for (const user of [yara, xeno]) await storage.users.create(user)
    gate.close()
    const slow = storage.users.update(xeno.id, { role: 'USER', username: 'xenia' })
    await gate.reached
    await other.users.update(xeno.id, { deleted: true, username: 'deleted', email: null })
    gate.open()
    await slow
    for (const name of ['xeno', 'xenia']) expect(await other.users.create(person(name))).toBe('created')
    expect(await other.users.find(yara.id)).toMatchObject({ role: 'ADMIN' })
  })
}
