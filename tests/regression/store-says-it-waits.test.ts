import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

test('a store that is opened while the server refuses calls says until when it waits, and why', async () => {
  await using server = await startTestServer({ settings: { PARLEY_RATE_CALLS: '3' } })
  const ada = await register(server, 'ada')
  for (let calls = 0; calls < 3; calls += 1) await ada.client.users.me().catch(() => undefined)
  const client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  const store = new Store(client)
  const opening = store.open()
  opening.catch(() => undefined)
  const { status } = store
  status.subscribe(() => undefined)
  await until(
    () => status.get().state === 'waiting',
    'it waits',
    () => JSON.stringify(status.get()),
  )
  const { error, retry_at } = status.get()
  expect(error?.message).toContain('rate_limited')
  expect(retry_at ?? 0).toBeGreaterThan(Date.now())
  store.close()
  client.close()
  const reason: unknown = await opening.catch((why: unknown) => why)
  expect(String(reason)).toContain('closed')
})
