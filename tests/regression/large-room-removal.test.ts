import { expect, test } from 'bun:test'
import { INLINE_PARTICIPANTS } from '../../contracts/entities.ts'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { fillRoom } from '../support/large-room.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

test('Removing some of the first 100 members makes no client fetch the conversation again.', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const { id: room } = await groupOf(ada, [bob, cy])
  await fillRoom(server, ada.id, room, INLINE_PARTICIPANTS + 5)
  let fetched = 0
  const watchers = await Promise.all(
    [ada, bob].map(async person => {
      const counting = Object.assign(
        (...call: Parameters<typeof fetch>) => {
          fetched += 1
          return fetch(...call)
        },
        { preconnect: fetch.preconnect },
      )
      const client = createClient({
        url: server.url,
        fetch: counting,
        tokens: memoryTokens(person.client.tokens.current),
      })
      const store = new Store(client)
      await store.open()
      return { client, store }
    }),
  )
  const before = fetched
  const first = watchers[0]?.store.get(room)?.conversation.participants ?? []
  expect(first).toHaveLength(INLINE_PARTICIPANTS)
  const leaving = [cy.id, ...first.slice(50, 52).map(({ user_id }) => user_id)]
  for (const user_id of leaving) await ada.client.groups.removeMember({ conversation_id: room, user_id })
  const fresh = await ada.client.conversations.get({ conversation_id: room })
  for (const { store } of watchers) {
    const known = () => store.get(room)?.conversation
    await until(() => known()?.last_change === fresh.last_change, 'the removals come')
    expect(known()?.participants).toEqual(fresh.participants)
    expect(store.get(room)?.stale).toBe(false)
  }
  expect(fetched).toBe(before)
  for (const { client, store } of watchers) {
    store.close()
    client.close()
  }
})
