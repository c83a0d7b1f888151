import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store, type StorePersistence } from '../../src/sdk/store/index.ts'
import { checkedFetch } from '../support/checked.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { MemoryPersistence } from './memory-persistence.ts'

const server = sharedServer()

function starting(person: Person, persistence: StorePersistence) {
  const asked: string[] = []
  const fetch = (async (input: string, init?: RequestInit) => {
    asked.push(new URL(input).pathname)
    return checkedFetch(input, init)
  }) as typeof globalThis.fetch
  const client = createClient({
    url: server.url,
    fetch,
    tokens: memoryTokens(person.client.tokens.current),
    random: () => 0,
  })
  const store = new Store(client, { random: () => 0, persistence })
  return {
    client,
    store,
    asked,
    async [Symbol.asyncDispose]() {
      store.close()
      client.close()
    },
  }
}

async function rooms() {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const [room, other] = [(await groupOf(ada, [bob])).id, (await groupOf(ada, [bob], 'Looms')).id]
  for (let index = 1; index <= 3; index += 1) await say(ada, room, `${index}`)
  return { ada, bob, room, other }
}

/** Everything that a fresh fetch of this person shows. */
async function fresh({ client }: Person) {
  return (await client.conversations.inbox({ limit: 100 })).data
}

const saved = (persistence: MemoryPersistence, person: Person) => persistence.users.get(person.id)
const texts = (store: Store, room: string) =>
  store
    .messages(room)
    .get()
    .items.map(({ message }) => message.content)

test('a store shows what was saved before it is connected, and then only asks for what has happened since', async () => {
  const { ada, bob, room, other } = await rooms()
  const persistence = new MemoryPersistence()
  {
    await using first = starting(bob, persistence)
    await first.store.open()
    await first.store.messages(room).open()
    first.store.setDraft(room, { content: 'half a sen' })
    await until(() => saved(persistence, bob)?.has('head') === true, 'it is saved')
  }
  await say(ada, room, '4')
  await ada.client.conversations.update({ conversation_id: other, name: 'Pumps' })
  const { id: third } = await groupOf(ada, [bob], 'Valves')
  await say(ada, third, 'welcome')
  await bob.client.conversations.read({ conversation_id: room, seq: 2 })

  await using second = starting(bob, persistence)
  const opening = second.store.open()
  await until(() => second.store.inbox.get().length === 2, 'the first paint')
  expect(second.store.status.get().state).toBe('ready')
  expect(texts(second.store, room)).toEqual(['1', '2', '3'])
  expect(second.store.draft(room).get()).toEqual({ content: 'half a sen' })
  await opening
  await until(() => second.store.get(third)?.conversation.last_seq === 1, 'the new room comes')
  expect(second.store.inbox.get()).toEqual(await fresh(bob))
  expect(texts(second.store, room)).toEqual(['1', '2', '3', '4'])
  expect(second.asked).toEqual([`/users/me/conversations/${third}`])
})

test('a draft that is written before the store has restored or knows its user stays, and is saved', async () => {
  const { bob, room, other } = await rooms()
  const persistence = new MemoryPersistence()
  {
    await using first = starting(bob, persistence)
    await first.store.open()
    for (const id of [room, other]) first.store.setDraft(id, { content: 'old' })
    await until(() => saved(persistence, bob)?.has(`d ${other}`) === true, 'they are saved')
  }
  const reading = Promise.withResolvers<void>()
  const slow: StorePersistence = {
    load: user_id => reading.promise.then(() => persistence.load(user_id)),
    save: (...record) => persistence.save(...record),
    clear: user_id => persistence.clear(user_id),
  }
  await using second = starting(bob, slow)
  const opening = second.store.open()
  second.store.setDraft(room, { content: 'new' })
  second.store.setDraft(other, null)
  reading.resolve()
  await opening
  expect(second.store.draft(room).get()).toEqual({ content: 'new' })
  expect(second.store.draft(other).get()).toBeNull()
  await until(() => saved(persistence, bob)?.has(`d ${other}`) === false, 'it is removed')
  expect(saved(persistence, bob)?.get(`d ${room}`)).toEqual({ content: 'new' })
})

test('a store that was saved from another epoch, or whose positions are unknown, fetches everything again', async () => {
  const { ada, bob, room } = await rooms()
  const persistence = new MemoryPersistence()
  {
    await using first = starting(bob, persistence)
    await first.store.open()
    await first.store.messages(room).open()
    await until(() => saved(persistence, bob)?.has('head') === true, 'it is saved')
  }
  const head = saved(persistence, bob)?.get('head') as { epoch: string }
  head.epoch = 'another store'
  await say(ada, room, '4')
  await using second = starting(bob, persistence)
  await second.store.open()
  expect(second.store.inbox.get()).toEqual(await fresh(bob))
  await second.store.messages(room).open()
  expect(texts(second.store, room)).toEqual(['1', '2', '3', '4'])
})

test('records of another version are not read', async () => {
  const { bob } = await rooms()
  const persistence = new MemoryPersistence()
  persistence.users.set(
    bob.id,
    new Map<string, unknown>([
      ['head', { version: 99, writer: 'x', at: 0 }],
      ['c x', 'y'],
    ]),
  )
  await using reader = starting(bob, persistence)
  await reader.store.open()
  expect(reader.store.inbox.get()).toEqual(await fresh(bob))
})

test('a broken database disturbs nothing', async () => {
  const { ada, bob, room } = await rooms()
  const persistence = new MemoryPersistence()
  persistence.broken = true
  await using reader = starting(bob, persistence)
  await reader.store.open()
  reader.store.setDraft(room, { content: 'kept in memory' })
  await say(ada, room, '4')
  await until(() => reader.store.get(room)?.conversation.last_seq === 4, 'the message comes')
  expect(reader.store.draft(room).get()).toEqual({ content: 'kept in memory' })
  persistence.broken = false
  await say(ada, room, '5')
  await until(() => saved(persistence, bob)?.has(`c ${room}`) === true, 'it saves again')
})

test('of several tabs one saves; what is saved agrees whichever it is, and a draft of each is kept', async () => {
  const { ada, bob, room, other } = await rooms()
  const persistence = new MemoryPersistence()
  await using one = starting(bob, persistence)
  await one.store.open()
  await until(() => persistence.saves.all > 0, 'the first tab saves')
  await using two = starting(bob, persistence)
  await two.store.open()
  two.store.setDraft(other, { content: 'from the second tab' })
  await say(ada, room, '4')
  await until(() => persistence.saves.refused > 0, 'the second tab is refused')
  type Saved = { conversation: { last_seq: number } } | undefined
  const last = () => (saved(persistence, bob)?.get(`c ${room}`) as Saved)?.conversation.last_seq
  await until(() => last() === 4, 'the first tab saves the message')
  expect(persistence.saves.whole).toBe(1)
  await until(() => saved(persistence, bob)?.has(`d ${other}`) === true, 'the draft of the second tab is saved')
  const head = saved(persistence, bob)?.get('head') as { at: number }
  // As if the first tab had been closed long ago.
  one.store.close()
  head.at = 0
  await say(ada, room, '5')
  await until(
    () => last() === 5,
    'the second tab has taken over',
    () => persistence.saves,
  )
  expect(persistence.saves.whole).toBe(2)
})

test('signing out removes what was saved, and another user sees nothing of it', async () => {
  const { ada, bob, room } = await rooms()
  const persistence = new MemoryPersistence()
  await using reader = starting(bob, persistence)
  await reader.store.open()
  reader.store.setDraft(room, { content: 'secret' })
  await until(() => saved(persistence, bob)?.has('head') === true, 'it is saved')
  await reader.client.auth.logout()
  await until(() => saved(persistence, bob) === undefined, 'nothing is left')
  expect(reader.store.draft(room).get()).toBeNull()
  await using next = starting(ada, persistence)
  await next.store.open()
  expect(next.store.draft(room).get()).toBeNull()
})

test('a store that is closed while it fetches a new conversation has it at the next start', async () => {
  const { ada, bob, room } = await rooms()
  const persistence = new MemoryPersistence()
  const first = starting(bob, persistence)
  await first.store.open()
  await until(() => saved(persistence, bob)?.has('head') === true, 'it is saved')
  first.client.live.on('conversation.joined', () => first.store.close())
  await say(ada, room, '4')
  await groupOf(ada, [bob], 'Valves')
  await until(() => first.store.inbox.get().length === 2 && first.asked.length > 2, 'it is closed')
  await first[Symbol.asyncDispose]()
  await using second = starting(bob, persistence)
  await second.store.open()
  expect(second.store.inbox.get()).toEqual(await fresh(bob))
})
