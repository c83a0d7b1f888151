import { expect, test } from 'bun:test'
import { Store } from '../../src/sdk/store/index.ts'
import { nothing, problem, startScripted } from '../sdk/scripted-server.ts'
import { until } from '../support/until.ts'

test('a store that opens while the server refuses calls says so, until when, and goes on by itself', async () => {
  let limited = true
  await using server = startScripted(() =>
    limited
      ? problem('rate_limited', 429, { retry_after: 2 })
      : Response.json({ data: [], has_more: false, next_start: null, prev_start: null }),
  )
  const client = server.clientOf({ now: () => 1_000_000 })
  const store = new Store(client)
  const opening = store.open()
  await (await server.socket(0)).welcome()
  await until(() => client.live.status.state === 'rate_limited', 'the status says so')
  expect(client.live.status).toEqual({ state: 'rate_limited', retry_at: 1_002_000 })
  limited = false
  await opening
  await until(() => client.live.status.state === 'up_to_date', 'the limit is over')
  store.close()
})

test('a client that does not know a scheme or whose user is not signed in says so at once', async () => {
  await using server = startScripted(nothing)
  expect(() => server.clientOf({ url: 'localhost:3000' })).toThrow(TypeError)
  const client = server.clientOf({ tokens: { load: () => null, save: () => undefined } })
  const failures = await Promise.allSettled([
    client.users.me(),
    client.live.open(),
    client.outbox.send({ conversation_id: 'room', content: 'x' }),
  ])
  for (const failure of failures)
    expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'unauthenticated' } })
  expect(server.sockets).toEqual([])
})
