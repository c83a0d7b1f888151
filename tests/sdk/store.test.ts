import { describe, expect, test } from 'bun:test'
import type { Message } from '../../contracts/entities.ts'
import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { PASSWORD, directOf, groupOf, register, say, signIn, withRole, type Person } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { SlowNetwork } from './slow-network.ts'

const server = sharedServer()

interface Reader extends AsyncDisposable {
  client: Client
  store: Store
  network: SlowNetwork
}

function readerOf(person: Person, url = server.url): Reader {
  const network = new SlowNetwork()
  const tokens = memoryTokens(person.client.tokens.current)
  const client = createClient({ url, fetch: network.fetch, tokens, random: () => 0 })
  const store = new Store(client, { random: () => 0 })
  return {
    client,
    store,
    network,
    async [Symbol.asyncDispose]() {
      store.close()
      client.close()
    },
  }
}

async function adaAndBob() {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  return { ada, bob, room }
}

function shown(store: Store, conversation_id: string): Message[] {
  return store
    .messages(conversation_id)
    .get()
    .items.map(({ message }) => message)
}

/** Expects that the store's room equals a fresh fetch, with the loaded history. */
async function expectFresh({ client, store }: Reader, conversation_id: string): Promise<void> {
  const fresh = await client.conversations.inboxEntry({ conversation_id })
  await until(
    () => Bun.deepEquals(store.get(conversation_id)?.conversation, fresh),
    `the store has the room as it is: ${JSON.stringify(fresh)}`,
    () => JSON.stringify(store.get(conversation_id)?.conversation),
  )
  const loaded = shown(store, conversation_id)
  const { data } = await client.messages.list({ conversation_id, sort: 'desc', limit: 100 })
  if (loaded.length <= 100) expect(loaded).toEqual(data.slice(0, loaded.length).toReversed())
}

describe('the store', () => {
  test('the store misses no message that is sent while the inbox is fetched', async () => {
    const { ada, bob, room } = await adaAndBob()
    await using reader = readerOf(bob)
    const inbox = reader.network.hold('/users/me/conversations')
    const opening = reader.store.open()
    await inbox.arrived
    await say(ada, room, 'meanwhile')
    await say(ada, room, 'and more')
    await until(() => reader.client.live.positions.get(room) === 3, 'bob hears of it')
    inbox.release()
    await opening
    expect(reader.store.get(room)?.conversation).toMatchObject({ last_seq: 2, me: { unread_count: 2 } })
    await expectFresh(reader, room)
  })

  test('the store has a room that bob is added to while the inbox is fetched', async () => {
    const { ada, bob } = await adaAndBob()
    await using reader = readerOf(bob)
    const inbox = reader.network.hold('/users/me/conversations')
    const opening = reader.store.open()
    await inbox.arrived
    const { id: other } = await groupOf(ada, [bob], 'Looms')
    await say(ada, other, 'welcome')
    await until(() => reader.client.live.positions.get(bob.id) !== undefined, 'bob is ready')
    inbox.release()
    await opening
    await until(() => reader.store.get(other) !== null, 'the new room')
    await expectFresh(reader, other)
  })

  test('the store updates a page of the history whose messages were edited before it arrived', async () => {
    const { ada, bob, room } = await adaAndBob()
    const first = await say(ada, room, 'as it was')
    const second = await say(ada, room, 'stays')
    await using reader = readerOf(bob)
    await reader.store.open()
    const page = reader.network.hold(`/conversations/${room}/messages`)
    const older = reader.store.messages(room).older()
    await page.arrived
    await ada.client.messages.update({ message_id: first.id, content: 'as it is' })
    await ada.client.messages.react({ message_id: second.id, emoji: '👍' })
    await say(ada, room, 'new')
    await until(() => reader.store.get(room)?.conversation.last_seq === 3, 'bob hears of it')
    page.release()
    await older
    expect(reader.store.messages(room).get().older).toBe(false)
    expect(shown(reader.store, room).map(({ content }) => content)).toEqual(['as it is', 'stays', 'new'])
    await expectFresh(reader, room)
  })

  test('the store pages back through the whole history without repetitions', async () => {
    const { ada, bob, room } = await adaAndBob()
    for (let index = 0; index < 25; index += 1) await say(ada, room, `${index}`)
    await using reader = readerOf(bob)
    await reader.store.open()
    const view = reader.store.messages(room)
    let pages = 0
    for (; pages === 0 || view.get().older; pages += 1) await view.older(10)
    expect(pages).toBe(3)
    expect(shown(reader.store, room).map(({ content }) => content)).toEqual(
      Array.from({ length: 25 }, (_, index) => `${index}`),
    )
  })

  test('the store keeps a room when the network breaks while it is fetched again, and drops one that is left', async () => {
    const { ada, bob, room } = await adaAndBob()
    await using reader = readerOf(bob)
    await reader.store.open()
    const entry = `/users/me/conversations/${room}`
    reader.network.broken.set(entry, 3)
    const gone: string[] = []
    reader.store.on('change', ({ conversation_id, conversation }) => {
      if (!conversation) gone.push(conversation_id)
    })
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await until(() => reader.store.get(room) === null, 'bob is out')
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    await until(() => reader.store.get(room) !== null, 'bob is in again')
    expect(reader.network.broken.get(entry)).toBe(0)
    expect(gone).toEqual([room])
    await say(ada, room, 'welcome back')
    await expectFresh(reader, room)
  })

  test('the store refuses an answer that is older than what it has, and asks again', async () => {
    const { ada, bob, room } = await adaAndBob()
    await using reader = readerOf(bob)
    await reader.store.open()
    const old = await reader.client.conversations.inboxEntry({ conversation_id: room })
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await until(() => reader.store.get(room) === null, 'bob is out')
    // He gets the event that he joined at change 3, and no other event of the room.
    const entry = `/users/me/conversations/${room}`
    reader.network.instead.set(entry, Response.json(old))
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    await until(() => reader.store.get(room)?.conversation.last_change === 3, 'bob is in again')
    expect(reader.network.instead.has(entry)).toBe(false)
    await expectFresh(reader, room)
  })

  test('the store drops a room that bob was removed from while he was disconnected', async () => {
    const { ada, bob, room } = await adaAndBob()
    const { hostname, port } = new URL(server.url)
    await using proxy = await openTcpProxy({ host: hostname, port: Number(port) })
    await using reader = readerOf(bob, `http://127.0.0.1:${proxy.port}`)
    await reader.store.open()
    proxy.refuse()
    await until(() => reader.client.live.status.state !== 'up_to_date', 'bob is away')
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    proxy.allow()
    await until(() => reader.store.get(room) === null, 'bob knows that he is out')
    expect(reader.client.live.positions.has(room)).toBe(false)
  })

  test('the store drops a purged room', async () => {
    const { bob, room } = await adaAndBob()
    const root = await signIn(server, ADMIN.username, ADMIN.password)
    await using reader = readerOf(bob)
    await reader.store.open()
    await root.client.conversations.delete({ conversation_id: room, soft_delete: false })
    await until(() => reader.store.get(room) === null, 'the room is gone')
    expect(reader.store.inbox.get()).toEqual([])
  })

  test('the store fetches loaded messages again if the log cannot be replayed', async () => {
    const { ada, bob, room } = await adaAndBob()
    for (let index = 0; index < 120; index += 1) await say(ada, room, `${index}`)
    await using reader = readerOf(bob)
    await reader.store.open()
    await reader.store.messages(room).older()
    await reader.store.messages(room).older()
    expect(shown(reader.store, room)).toHaveLength(120)
    const entries = reader.network.hold(`/users/me/conversations/${room}`)
    reader.client.live.emit('resync', { stream: room, change: 121 })
    await entries.arrived
    await say(ada, room, 'meanwhile')
    await until(() => reader.client.live.positions.get(room) === 122, 'bob hears of it')
    entries.release()
    await until(() => shown(reader.store, room).length === 121, 'all are there again')
    await expectFresh(reader, room)
  })

  test('the store updates permissions when the global role changes', async () => {
    const root = await signIn(server, ADMIN.username, ADMIN.password)
    const carla = await withRole(server, 'EDITOR', 'carla')
    const { id: room } = await groupOf(carla, [])
    await using reader = readerOf(carla)
    await reader.store.open()
    const permissions = () => reader.store.get(room)?.conversation.me?.permissions
    expect(permissions()).toContain('conversations.update')
    await root.client.users.update({ user_id: carla.id, role: 'USER' })
    await until(() => permissions()?.includes('conversations.update') === false, 'carla may rename no more')
    await expectFresh(reader, room)
  })

  test('the store shows the room with the latest activity first', async () => {
    const { ada, bob, room } = await adaAndBob()
    const { id: direct } = await directOf(ada, bob)
    await using reader = readerOf(bob)
    await reader.store.open()
    await say(ada, direct, 'psst')
    await until(() => reader.store.get(direct)?.conversation.last_seq === 1, 'the direct one')
    await say(ada, room, 'all')
    await until(() => reader.store.get(room)?.conversation.last_seq === 1, 'the room')
    const { data } = await bob.client.conversations.inbox()
    expect(reader.store.inbox.get().map(({ id }) => id)).toEqual(data.map(({ id }) => id))
    expect(data.map(({ id }) => id).toSorted()).toEqual([room, direct].toSorted())
  })

  test('the store of another user who signs in has nothing of the user before', async () => {
    const { ada, bob, room } = await adaAndBob()
    const { id: secret } = await groupOf(ada, [], 'for ada alone')
    await using reader = readerOf(ada)
    await reader.store.open()
    expect(reader.store.get(secret)).not.toBeNull()
    const inbox = reader.network.hold('/users/me/conversations')
    await reader.client.auth.login({ username: bob.name, password: PASSWORD })
    await inbox.arrived
    expect(reader.store.inbox.get()).toEqual([])
    inbox.release()
    await until(() => reader.store.get(room) !== null, 'bob sees his own')
    expect(reader.store.inbox.get()).toHaveLength(1)
    await expectFresh(reader, room)
  })

  test('the store of another user who signs in takes no answer of the user before', async () => {
    const { ada, bob, room } = await adaAndBob()
    const { id: secret } = await groupOf(ada, [], 'for ada alone')
    await using reader = readerOf(ada)
    await reader.store.open()
    const entry = reader.network.hold(`/users/me/conversations/${secret}`)
    reader.client.live.emit('resync', { stream: secret, change: 1 })
    await entry.arrived
    const appeared: string[] = []
    reader.store.on('change', ({ conversation_id, conversation }) => {
      if (conversation) appeared.push(conversation_id)
    })
    await reader.client.auth.login({ username: bob.name, password: PASSWORD })
    await until(() => reader.store.get(secret) === null, 'bob is ready')
    entry.release()
    await until(() => reader.store.get(room) !== null, 'bob sees his own')
    expect(appeared).toEqual([room])
  })

  test('the store asks again for a page of the history that was requested before bob was removed', async () => {
    const { ada, bob, room } = await adaAndBob()
    const { id: message_id } = await say(ada, room, 'as it was')
    await using reader = readerOf(bob)
    await reader.store.open()
    const page = reader.network.hold(`/conversations/${room}/messages`)
    const older = reader.store.messages(room).older()
    await page.arrived
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await until(() => reader.store.get(room) === null, 'bob is out')
    await ada.client.messages.update({ message_id, content: 'as it is' })
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    await until(() => reader.store.get(room) !== null, 'bob is in again')
    page.release()
    await older
    expect(reader.store.messages(room).get().older).toBe(false)
    expect(shown(reader.store, room)).toMatchObject([{ content: 'as it is' }, { type: 'system' }, { type: 'system' }])
    await expectFresh(reader, room)
  })

  test('the store agrees with a fresh fetch when all members write while it is opened repeatedly', async () => {
    const { ada, bob, room } = await adaAndBob()
    const enough = new AbortController()
    const talk = async () => {
      for (let index = 0; !enough.signal.aborted; index += 1) {
        const { id } = await ada.client.messages.send({
          conversation_id: room,
          content: `${index}`,
          mentions: index % 2 === 0 ? [bob.id] : [],
        })
        if (index % 5 === 4) await ada.client.messages.delete({ message_id: id })
        if (index % 7 === 6) await bob.client.conversations.read({ conversation_id: room, seq: index - 2 })
      }
    }
    const readers: Reader[] = []
    const conversation = talk()
    for (let round = 0; round < 8; round += 1) {
      const reader = readerOf(bob)
      readers.push(reader)
      await reader.store.open()
      await reader.store.messages(room).older(20)
    }
    enough.abort()
    await conversation
    for (const reader of readers) {
      await expectFresh(reader, room)
      await reader[Symbol.asyncDispose]()
    }
  })
})
