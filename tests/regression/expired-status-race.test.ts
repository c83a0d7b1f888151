import { expect, test } from 'bun:test'
import { register } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { startTestServer } from '../support/server.ts'

test('a status that is set while another call ends an expired one is kept', async () => {
  const time = { ahead: 0 }
  let meanwhile: (() => Promise<unknown>) | null = null
  await using server = await startTestServer({
    overrides: { clock: () => new Date(Date.now() + time.ahead) },
    around: storage =>
      replacing(storage, {
        statuses: replacing(storage.statuses, {
          async findMany(user_ids) {
            const found = await storage.statuses.findMany(user_ids)
            const work = meanwhile
            meanwhile = null
            await work?.()
            return found
          },
        }),
      }),
  })
  const ada = await register(server, 'ada')
  const set = ada.client.presence.setStatus
  await set({ user_id: 'me', text: 'lunch', expires_at: new Date(Date.now() + 60_000).toISOString() })
  time.ahead = 61_000
  meanwhile = () => set({ user_id: 'me', text: 'back' })
  await set({ user_id: 'me', emoji: '🔨' })
  expect(meanwhile).toBeNull()
  expect(await ada.client.presence.status({ user_id: 'me' })).toMatchObject({ text: 'back', emoji: '🔨' })
})
