import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

test('a message is shown once from sending on, also while its answer and its event come over different connections', async () => {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  await say(ada, room, 'before')
  const { hostname: host, port } = new URL(server.url)
  await using proxy = await openTcpProxy({ host, port: Number(port) })
  // Calls go over HTTP, past the proxy; the socket goes through it.
  const client = createClient({
    url: `http://127.0.0.1:${proxy.port}`,
    tokens: memoryTokens(ada.client.tokens.current),
    fetch: past(server.url),
  })
  const store = new Store(client)
  await store.open()
  const view = store.messages(room)
  const seen = new Set<string>()
  const counts = new Set<number>()
  const look = () => {
    const mine = view.get().items.filter(({ message }) => message.content === 'hello')
    counts.add(mine.length)
    for (const { key, state } of mine) seen.add(`${key} ${state}`)
  }
  view.subscribe(look)
  await until(() => view.get().items.length === 1, 'the history is loaded')
  proxy.refuse()
  const client_id = store.send({ conversation_id: room, content: 'hello' })
  counts.clear()
  await until(() => seen.has(`${client_id} sent`), 'the server has answered')
  look()
  expect(client.outbox.entries()).toHaveLength(1)
  proxy.allow()
  client.live.retry()
  await until(() => seen.has(`${client_id} stored`), 'its event comes')
  await until(() => client.outbox.entries().length === 0, 'the outbox has left it to the store')
  look()
  expect([...counts]).toEqual([1])
  store.close()
  client.close()
})

function past(url: string): typeof fetch {
  return ((input: string, init?: RequestInit) =>
    fetch(new URL(new URL(input).pathname + new URL(input).search, url), init)) as typeof fetch
}
