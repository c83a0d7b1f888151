import { expect, test } from 'bun:test'
import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { SlowNetwork } from './slow-network.ts'

const server = sharedServer()

async function begin() {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: server.running.port })
  const network = new SlowNetwork()
  const client = createClient({
    url: `http://127.0.0.1:${proxy.port}`,
    tokens: memoryTokens(bob.client.tokens.current),
    // Calls take another way than events.
    fetch: ((url: string, init?: RequestInit) =>
      network.fetch(url.replace(/^http:\/\/[^/]+/, server.url), init)) as typeof fetch,
    random: () => 0,
  })
  const store = new Store(client, { random: () => 0 })
  store.messages(room).subscribe(() => undefined)
  return {
    ada,
    bob,
    room,
    proxy,
    network,
    client,
    store,
    async [Symbol.asyncDispose]() {
      store.close()
      client.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

const putOut = (ada: Person, bob: Person, conversation_id: string) =>
  ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
const isSent = ({ outbox }: Client) => outbox.entries().some(({ state }) => state === 'sent')
const expectNothing = async ({ outbox }: Client, store: Store, room: string) => {
  await until(
    () => outbox.entries().length === 0,
    'nothing waits for its event',
    () => JSON.stringify(outbox.entries()),
  )
  expect(store.messages(room).get().items).toEqual([])
}

test('a message that is answered after bob was put out waits for no event', async () => {
  await using life = await begin()
  const { ada, bob, room, network, client, store } = life
  await store.open()
  const answer = network.hold(`/conversations/${room}/messages`)
  store.send({ conversation_id: room, content: 'the last word' })
  await answer.arrived
  await putOut(ada, bob, room)
  await until(() => store.get(room) === null, 'the room is gone')
  answer.release()
  await expectNothing(client, store, room)
})

test('a message whose event is lost because bob was put out waits for it no longer', async () => {
  await using life = await begin()
  const { ada, bob, room, proxy, client, store } = life
  await store.open()
  proxy.freeze()
  store.send({ conversation_id: room, content: 'the last word' })
  await until(() => isSent(client), 'the message is answered')
  await putOut(ada, bob, room)
  proxy.reset()
  proxy.thaw()
  await until(() => store.get(room) === null, 'the room is gone')
  await expectNothing(client, store, room)
})

test('a message that was sent before the first inbox, which does not have its room, waits for no event', async () => {
  await using life = await begin()
  const { ada, bob, room, network, client, store } = life
  const answer = network.hold(`/conversations/${room}/messages`)
  store.send({ conversation_id: room, content: 'the last word' })
  await answer.arrived
  await putOut(ada, bob, room)
  await store.open()
  answer.release()
  await expectNothing(client, store, room)
})

test('a message that was answered before the first inbox, which does not have its room, waits for no event', async () => {
  await using life = await begin()
  const { ada, bob, room, client, store } = life
  store.send({ conversation_id: room, content: 'the last word' })
  await until(() => isSent(client), 'the message is answered')
  await putOut(ada, bob, room)
  await store.open()
  await expectNothing(client, store, room)
})

test('a message to a room of which the store has not heard gives way to the stored one', async () => {
  await using life = await begin()
  const { ada, bob, proxy, client, store } = life
  await store.open()
  proxy.freeze()
  const { id } = await groupOf(ada, [bob], 'New')
  store.send({ conversation_id: id, content: 'the first word' })
  await until(() => client.outbox.entries().length === 0, 'nothing waits for its event')
  expect(store.get(id)?.conversation.last_seq).toBe(1)
})
