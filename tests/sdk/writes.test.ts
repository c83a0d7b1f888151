import { expect, test } from 'bun:test'
import type { Store } from '../../src/sdk/store/index.ts'
import { groupOf, refused, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { reading, type Reading } from './reading.ts'

const server = sharedServer()

async function talk() {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  return { ada, bob, room }
}

/** The room of somebody who has it on the screen, with its messages. */
async function showing(person: Person, room: string): Promise<Reading & { last: () => ReturnType<typeof lastOf> }> {
  const reader = await reading(person, server.url)
  reader.store.messages(room).subscribe(() => undefined)
  await until(() => reader.store.messages(room).get().items.length > 0, 'the messages are loaded')
  return { ...reader, last: () => lastOf(reader.store, room) }
}

function lastOf(store: Store, room: string) {
  const item = store.messages(room).get().items.at(-1)
  if (!item) throw new Error('the room has messages')
  return item
}

/** Every change of a message, what it shows at once, and what the others see then. */
const CHANGES: Record<string, (store: Store, room: string) => { path: string; done: Promise<void>; shows: object }> = {
  'an edit': (store, room) => {
    const { message } = lastOf(store, room)
    const done = store.edit(message, { content: 'as it is' })
    return { path: `/messages/${message.id}`, done, shows: { content: 'as it is' } }
  },
  'a deletion': (store, room) => {
    const { message } = lastOf(store, room)
    return { path: `/messages/${message.id}`, done: store.delete(message), shows: { content: null, reactions: [] } }
  },
  'a reaction': (store, room) => {
    const { message } = lastOf(store, room)
    const reactions = [
      { emoji: '👍', count: 1, me: true },
      { emoji: '🎉', count: 1, me: true },
    ]
    return { path: `/messages/${message.id}/react`, done: store.react(message, '🎉'), shows: { reactions } }
  },
  'a reaction that is taken back': (store, room) => {
    const { message } = lastOf(store, room)
    const done = store.react(message, '👍', false)
    return { path: `/messages/${message.id}/react`, done, shows: { reactions: [] } }
  },
}

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what} is shown at once, and the same when the server has stored it`, async () => {
    const { ada, room } = await talk()
    const { id } = await say(ada, room, 'as it was')
    await ada.client.messages.react({ message_id: id, emoji: '👍' })
    await using reader = await showing(ada, room)
    const before = reader.last()
    const { done, shows } = change(reader.store, room)
    expect(reader.last()).toMatchObject({ changing: true, message: shows })
    expect(reader.last().key).toBe(before.key)
    await done
    expect(reader.last()).toMatchObject({ changing: false, message: shows })
    const stored = await ada.client.messages.get({ message_id: id })
    expect(reader.last().message).toEqual(stored)
    await until(() => reader.store.get(room)?.conversation.last_change === stored.change, 'its event comes')
    expect(reader.last().message).toEqual(stored)
  })

  test(`${what} that the server refuses is taken back, with the reason`, async () => {
    const { ada, room } = await talk()
    const { id } = await say(ada, room, 'as it was')
    await ada.client.messages.react({ message_id: id, emoji: '👍' })
    await using reader = await showing(ada, room)
    const before = reader.last()
    await ada.client.conversations.update({ conversation_id: room, disabled: true })
    const { done, shows } = change(reader.store, room)
    expect(reader.last()).toMatchObject({ changing: true, message: shows })
    await refused(done, 'conversation_disabled')
    expect(reader.last()).toEqual(before)
  })
}

test('a change is repeated while the network is broken, and two of one message arrive in their order', async () => {
  const { ada, room } = await talk()
  const { id } = await say(ada, room, 'as it was')
  await using reader = await showing(ada, room)
  reader.network.broken.set(`/messages/${id}`, 2)
  const { message } = reader.last()
  const both = [reader.store.edit(message, { content: 'first' }), reader.store.edit(message, { content: 'second' })]
  expect(reader.last().message.content).toBe('second')
  await Promise.all(both)
  expect(reader.last()).toMatchObject({ changing: false, message: { content: 'second' } })
  expect(await ada.client.messages.get({ message_id: id })).toEqual(reader.last().message)
  expect(reader.network.broken.get(`/messages/${id}`)).toBe(0)
})

test('an own change and one of somebody else at the same time are both shown', async () => {
  const { ada, bob, room } = await talk()
  const { id } = await say(ada, room, 'text')
  await using reader = await showing(ada, room)
  const answer = reader.network.hold(`/messages/${id}/react`)
  const done = reader.store.react(reader.last().message, '👍')
  await answer.arrived
  await bob.client.messages.react({ message_id: id, emoji: '🎉' })
  await until(() => reader.last().message.reactions.some(({ emoji }) => emoji === '🎉'), 'the other reaction comes')
  expect(reader.last().message.reactions.map(({ emoji, me }) => [emoji, me])).toEqual([
    ['👍', true],
    ['🎉', false],
  ])
  answer.release()
  await done
  expect(reader.last().message).toEqual(await ada.client.messages.get({ message_id: id }))
})

test('the read marker moves at once, is sent once for several calls, and never goes back', async () => {
  const { ada, bob, room } = await talk()
  for (const text of ['one', 'two', 'three']) await say(ada, room, text)
  await using reader = await showing(bob, room)
  const path = `/conversations/${room}/read`
  let sent = 0
  const conversation = reader.store.conversation(room)
  expect([conversation.get()?.me?.unread_count, reader.store.unread.get().unread_count]).toEqual([3, 3])
  const answer = reader.network.hold(path)
  void answer.arrived.then(() => (sent += 1))
  reader.store.read(room, 2)
  expect(conversation.get()?.me).toMatchObject({ last_read_seq: 2 })
  expect(conversation.get()).toBe(conversation.get())
  reader.store.read(room)
  reader.store.read(room, 1)
  expect(conversation.get()?.me).toMatchObject({ last_read_seq: 3, unread_count: 0 })
  expect(reader.store.inbox.get()[0]).toBe(conversation.get() ?? undefined)
  expect(reader.store.unread.get()).toEqual({ unread_count: 0, mention_count: 0, unread_conversations: 0 })
  await answer.arrived
  answer.release()
  const stored = () => reader.store.get(room)?.conversation.me
  await until(() => stored()?.last_read_seq === 3, 'the marker is stored')
  expect(conversation.get()).toEqual(await bob.client.conversations.inboxEntry({ conversation_id: room }))
  expect(sent).toBe(1)
  await reader.store.markUnread(room, 2)
  await until(() => conversation.get()?.me?.unread_count === 2, 'two are unread again')
})

test('a read marker that the server refuses is taken back', async () => {
  const { ada, bob, room } = await talk()
  await say(ada, room, 'one')
  await using reader = await showing(bob, room)
  reader.store.read(room, 99)
  expect(reader.store.conversation(room).get()?.me?.unread_count).toBe(0)
  await until(() => reader.store.conversation(room).get()?.me?.unread_count === 1, 'it is unread again')
})
