import { expect, test } from 'bun:test'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

test('a server that stops refuses new connections, closes sockets 1012, ends subscriptions, and exits soon', async () => {
  await using server = await startTestServer()
  const ada = await register(server, 'ada')
  using socket = await openSocket(server.url, { token: ada.access_token })
  const following = await fetch(`${server.url}/trpc/sync.follow?input={}`, {
    headers: { authorization: `Bearer ${ada.access_token}`, accept: 'text/event-stream' },
  })
  let text = ''
  const reading = (async () => {
    for await (const part of following.body ?? []) text += new TextDecoder().decode(part)
  })()
  await until(() => text.includes('connected'), 'the subscription is connected')
  const start = performance.now()
  const stopping = server.running.stop()
  using late = await openSocket(server.url)
  expect(late.code).toBe(1006)
  expect(await socket.closed()).toBe(1012)
  await reading
  await stopping
  expect(performance.now() - start).toBeLessThan(5_000)
})
