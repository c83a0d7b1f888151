import { describe, expect, test } from 'bun:test'
import type { Timeline } from '../../src/sdk/store/index.ts'
import { MAX_UNSHOWN } from '../../src/sdk/store/state.ts'
import { groupOf, refused, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { reading } from './reading.ts'

const server = sharedServer()

async function roomWith(count: number) {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const ids: string[] = []
  for (let index = 1; index <= count; index += 1) ids.push((await say(ada, room, `${index}`)).id)
  return { ada, bob, room, ids }
}

const texts = (view: Timeline) => view.get().items.map(({ message }) => Number(message.content))
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('a view of a conversation', () => {
  test('a watched view loads the newest messages by itself and shows new ones', async () => {
    const { ada, bob, room } = await roomWith(30)
    await using reader = await reading(bob, server.url)
    const view = reader.store.messages(room)
    expect(view.get()).toMatchObject({ items: [], older: true, newer: false, loading: false })
    view.subscribe(() => undefined)
    expect(view.get().loading).toBe(true)
    await until(() => view.get().items.length === 30, 'the page is there')
    expect(view.get()).toMatchObject({ older: false, newer: false, loading: false, error: null })
    await say(ada, room, '31')
    await until(() => view.get().items.length === 31, 'the new message is there')
    expect(texts(view)).toEqual(range(1, 31))
  })

  test('a view around a message grows to both sides until it meets the newest messages', async () => {
    const { ada, bob, room, ids } = await roomWith(60)
    await using reader = await reading(bob, server.url)
    const [end, place] = [reader.store.messages(room), reader.store.messages(room, ids[19])]
    await end.open(10)
    await place.open(7)
    expect(texts(end)).toEqual(range(51, 60))
    expect(texts(place)).toContain(20)
    expect(place.get()).toMatchObject({ older: true, newer: true })
    await say(ada, room, '61')
    await until(() => texts(end).at(-1) === 61, 'the new message is at the end')
    expect(texts(place)).not.toContain(61)
    await place.older(30)
    expect(place.get().older).toBe(false)
    for (let pages = 0; place.get().newer && pages < 10; pages += 1) await place.newer(20)
    expect(texts(place)).toEqual(range(1, 61))
    expect(texts(end)).toEqual(range(1, 61))
    await say(ada, room, '62')
    await until(() => texts(place).at(-1) === 62, 'the view has become one of the end')
  })

  test('a view jumps to a message, and back to the newest ones', async () => {
    const { bob, room, ids } = await roomWith(50)
    await using reader = await reading(bob, server.url)
    const view = reader.store.messages(room)
    await view.open(10)
    await view.jump(ids[4] ?? '', 9)
    expect(texts(view)).toContain(5)
    expect(texts(view)).not.toContain(50)
    await view.latest(10)
    expect(texts(view)).toEqual(range(41, 50))
  })

  test('a jump to a message of another conversation shows why it failed', async () => {
    const { ada, bob, room } = await roomWith(1)
    const { id: other } = await groupOf(ada, [])
    const secret = await say(ada, other, 'secret')
    await using reader = await reading(bob, server.url)
    const view = reader.store.messages(room)
    await refused(view.jump(secret.id), 'validation_failed')
    expect(view.get().error?.message).toContain('validation_failed')
    await view.latest()
    expect(view.get()).toMatchObject({ error: null, items: [{ message: { content: '1' } }] })
  })

  test('a view that is not watched any more is forgotten but for its newest messages', async () => {
    const { bob, room } = await roomWith(MAX_UNSHOWN + 20)
    await using reader = await reading(bob, server.url)
    const view = reader.store.messages(room)
    const stop = view.subscribe(() => undefined)
    await until(() => view.get().items.length === 100, 'the newest page is there')
    await view.older()
    expect(view.get().items).toHaveLength(MAX_UNSHOWN + 20)
    stop()
    view.subscribe(() => undefined)()
    await until(() => view.get().items.length === MAX_UNSHOWN, 'the older ones are forgotten')
  })

  test('the messages that are watched are loaded again when the log cannot be replayed', async () => {
    const { ada, bob, room, ids } = await roomWith(40)
    await using reader = await reading(bob, server.url)
    const view = reader.store.messages(room, ids[9])
    view.subscribe(() => undefined)
    await until(() => view.get().items.length > 0, 'the place is loaded')
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await until(() => reader.store.conversation(room).get() === null, 'bob is out')
    expect(view.get().items).toEqual([])
    await ada.client.messages.update({ message_id: ids[9] ?? '', content: '1000' })
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    await until(() => texts(view).includes(1000), 'bob is in again, and at his place')
  })
})
