import { expect, test } from 'bun:test'
import { directOf, register } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

test('a server that stops finishes and answers the calls that are running first', async () => {
  const [reached, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await using server = await startTestServer({
    around: storage =>
      replacing(storage, {
        conversations: replacing(storage.conversations, {
          async findDirect(...pair) {
            reached.resolve()
            await release.promise
            return storage.conversations.findDirect(...pair)
          },
        }),
      }),
  })
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const creating = directOf(ada, bob)
  await reached.promise
  let stopped = false
  const stopping = server.running.stop().finally(() => {
    stopped = true
  })
  using late = await openSocket(server.url)
  expect([late.code, stopped]).toEqual([1006, false])
  release.resolve()
  expect(await creating).toMatchObject({ type: 'direct', participant_count: 2 })
  await stopping
})

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
  const stopping = server.running.stop()
  using late = await openSocket(server.url)
  expect(late.code).toBe(1006)
  expect(await socket.closed()).toBe(1012)
  await reading
  await stopping
})
