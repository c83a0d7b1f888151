import { expect, test } from 'bun:test'
import { register, signIn } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { ADMIN, startTestServer } from '../support/server.ts'

test('a status that is set while its account is deleted is removed', async () => {
  let meanwhile: (() => Promise<unknown>) | null = null
  await using server = await startTestServer({
    around: storage =>
      replacing(storage, {
        statuses: replacing(storage.statuses, {
          async save(...set) {
            const work = meanwhile
            meanwhile = null
            await work?.()
            return storage.statuses.save(...set)
          },
        }),
      }),
  })
  const [ada, ben] = [await register(server, 'ada'), await register(server, 'ben')]
  const admin = await signIn(server, ADMIN.username, ADMIN.password)
  meanwhile = () => admin.client.users.delete({ user_id: ada.id })
  await ada.client.presence.setStatus({ user_id: 'me', presence: 'dnd', text: 'still here' })
  expect(meanwhile).toBeNull()
  expect(await ben.client.presence.status({ user_id: ada.id })).toMatchObject({ presence: 'offline', text: null })
  expect(await server.running.storage.statuses.findMany([ada.id])).toEqual([])
})
