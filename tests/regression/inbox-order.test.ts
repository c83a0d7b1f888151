import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

test('the store orders conversations as the server does, also in equal milliseconds and after the clock went back', async () => {
  let now = Date.now()
  await using server = await startTestServer({ overrides: { clock: () => new Date(now) } })
  const ada = await register(server, 'ada')
  const rooms: string[] = []
  for (let index = 0; index < 6; index += 1) rooms.push((await groupOf(ada, [])).id)
  const [first = '', second = '', , fourth = ''] = rooms
  now += 10
  await say(ada, fourth, 'in the same millisecond')
  await say(ada, first, 'in the same millisecond')
  now -= 5
  await say(ada, first, 'after the clock went back')
  await say(ada, second, 'after the clock went back')

  const open = async () => {
    const client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
    const store = new Store(client)
    await store.open()
    return { store, client, ids: () => store.inbox.get().map(({ id }) => id) }
  }
  const fresh = async () => (await ada.client.conversations.inbox()).data.map(({ id }) => id)
  const fetched = await open()
  expect(fetched.ids()).toEqual(await fresh())

  await say(ada, second, 'again')
  now += 5
  await say(ada, fourth, 'as late as the latest one')
  await say(ada, second, 'as late as the latest one')
  const expected = await fresh()
  await until(() => fetched.store.get(second)?.conversation.last_seq === 3, 'the last message comes')
  expect(fetched.ids()).toEqual(expected)
  const again = await open()
  expect(again.ids()).toEqual(expected)
  for (const { store, client } of [fetched, again]) {
    store.close()
    client.close()
  }
})
