import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store, type Readable } from '../../src/sdk/store/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

test('what the store gives stays the same object until something in it changes, and only its listeners are called', async () => {
  const ada = await register(server, 'ada')
  const [room, other] = [await groupOf(ada, []), await groupOf(ada, [], 'Looms')]
  await say(ada, room.id, 'one')
  await say(ada, other.id, 'one')
  const client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  const store = new Store(client)
  await store.open()
  const watched: Record<string, Readable<unknown>> = {
    inbox: store.inbox,
    unread: store.unread,
    status: store.status,
    room: store.conversation(room.id),
    other: store.conversation(other.id),
    messages: store.messages(room.id),
    'other messages': store.messages(other.id),
  }
  const calls: string[] = []
  const stops = Object.entries(watched).map(([name, { subscribe }], index) => {
    const source = Object.values(watched)[index]
    if (!source) throw new Error('as many names as sources')
    return subscribe.call(source, () => calls.push(name))
  })
  await until(() => store.messages(room.id).get().items.length > 0, 'the messages are loaded')
  await until(() => store.messages(other.id).get().items.length > 0, 'those of the other room are')
  calls.length = 0

  const before = Object.values(watched).map(source => source.get())
  expect(Object.values(watched).every((source, index) => source.get() === before[index])).toBe(true)
  const [first] = store.messages(room.id).get().items
  await say(ada, room.id, 'two')
  await until(() => store.messages(room.id).get().items.length === 2, 'the message comes')
  await until(() => calls.length > 0, 'the listeners are called')
  expect(calls.toSorted()).toEqual(['inbox', 'messages', 'room'])
  expect(store.messages(room.id).get().items[0]).toBe(first)
  const changed = Object.keys(watched).filter((_, index) => Object.values(watched)[index]?.get() !== before[index])
  expect(changed).toEqual(['inbox', 'room', 'messages'])

  for (const stop of stops) stop()
  calls.length = 0
  await say(ada, room.id, 'three')
  await until(() => store.get(room.id)?.conversation.last_seq === 3, 'the next message comes')
  expect(calls).toEqual([])
  store.close()
  client.close()
})
