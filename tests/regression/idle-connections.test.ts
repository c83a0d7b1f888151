import { expect, test } from 'bun:test'
import { MAX_KEPT_UNAUTHENTICATED } from '../../contracts/limits.ts'
import { register } from '../support/people.ts'
import { connect, requestText } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const STREAM = { accept: 'text/event-stream' }

test('a kept-alive connection outlives the idle time of the runtime, and a refused subscription does not outlive ours', async () => {
  await using patient = await startTestServer()
  await using strict = await startTestServer({ settings: { PARLEY_IDLE_SECONDS: '15', PARLEY_BODY_SECONDS: '10' } })
  using kept = await connect(patient.url)
  using refused = await connect(strict.url)
  using followed = await connect(strict.url)
  const { access_token } = await register(strict, 'ada')
  kept.write(requestText('GET /health/live'))
  refused.write(requestText('GET /trpc/sync.follow?input={}', STREAM))
  followed.write(requestText('GET /trpc/sync.follow?input={}', { ...STREAM, authorization: `Bearer ${access_token}` }))
  await followed.wait(() => followed.text.includes('cursor'))
  // The runtime rounds up to its own clock of four seconds.
  await refused.wait(() => false, 25)
  expect([refused.text.includes('401'), refused.closed, followed.closed, kept.closed]).toEqual([
    true,
    true,
    false,
    false,
  ])
  kept.write(requestText('GET /health/live'))
  await kept.wait(() => kept.text.split('HTTP/1.1 200').length === 3)
  expect(kept.text.split('HTTP/1.1 200').length).toBe(3)
}, 60_000)

test('a body that stops arriving is answered 408, and its connection is closed', async () => {
  await using server = await startTestServer({ settings: { PARLEY_BODY_SECONDS: '1' } })
  for (const path of ['/auth/login', '/trpc/auth.login']) {
    using connection = await connect(server.url)
    const headers = { 'content-type': 'application/json', 'content-length': '100' }
    connection.write(requestText(`POST ${path}`, headers, '{"username"'))
    await connection.wait(() => false)
    expect([path, connection.closed]).toEqual([path, true])
    expect(connection.text).toContain('HTTP/1.1 408')
    expect(connection.text).toContain('"code":"request_timeout"')
  }
})

test('one address keeps a bounded number of connections open on which it was not authenticated', async () => {
  await using server = await startTestServer()
  const ways = ['/trpc/anything', '/trpc/sync.follow?input={}', '/users/me', '/health/live', '/nothing']
  const connections = await Promise.all(
    Array.from({ length: MAX_KEPT_UNAUTHENTICATED + 50 }, async (_none, index) => {
      const connection = await connect(server.url)
      connection.write(requestText(`GET ${ways[index % ways.length]}`, STREAM))
      return connection
    }),
  )
  const open = () => connections.filter(({ closed }) => !closed).length
  await until(() => connections.every(({ text }) => text !== ''), 'all are answered')
  // At once, not when they have been idle for long.
  const last = connections.at(-1)
  await last?.wait(() => false, 5)
  expect([last?.closed, open()]).toEqual([true, MAX_KEPT_UNAUTHENTICATED])
  // Who is authenticated is not concerned.
  const { access_token } = await register(server, 'ada')
  using known = await connect(server.url)
  known.write(requestText('GET /users/me', { authorization: `Bearer ${access_token}` }))
  await known.wait(() => known.text.includes('200 OK'))
  expect(known.text).not.toMatch(/connection: close/i)
  for (const connection of connections) connection.leave()
})
