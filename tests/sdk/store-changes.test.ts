import { expect, test } from 'bun:test'
import { createClient, memoryTokens, type Message } from '../../src/sdk/index.ts'
import { Store, type Timeline } from '../../src/sdk/store/index.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const server = sharedServer()
/** More than two pages: what lies before the newest is not loaded with them. */
const MESSAGES = 260

async function roomOf(ada: Person, bob: Person) {
  const { id } = await groupOf(ada, [bob])
  const sent: Message[] = []
  for (let index = 0; index < MESSAGES; index += 10)
    sent.push(...(await Promise.all(Array.from({ length: 10 }, (_, n) => say(ada, id, `line ${index + n}`)))))
  return { id, sent: sent.toSorted((a, b) => a.seq - b.seq) }
}
const shown = (view: Timeline, id: string) => view.get().items.find(({ message }) => message.id === id)

test('events change the messages around a jump, beyond a hole, as those at the end', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room, sent } = await roomOf(ada, bob)
  const [one, two, three] = sent
  if (!one || !two || !three) throw new Error('three messages')
  const client = createClient({ url: server.url, tokens: memoryTokens(bob.client.tokens.current) })
  const store = new Store(client)
  const [end, start] = [store.messages(room), store.messages(room, one.id)]
  for (const view of [end, start]) view.subscribe(() => undefined)
  await store.open()
  await until(() => shown(start, three.id) !== undefined && end.get().items.length > 0, 'both places are loaded')
  expect(shown(end, one.id)).toBeUndefined()
  await ada.client.messages.update({ message_id: one.id, content: 'edited' })
  await ada.client.messages.react({ message_id: two.id, emoji: '👍' })
  await ada.client.messages.delete({ message_id: three.id })
  await until(() => shown(start, three.id)?.message.deleted_at !== null, 'the last of the changes')
  expect([shown(start, one.id)?.message.content, shown(start, two.id)?.message.reactions.length]).toEqual(['edited', 1])
  store.close()
  client.close()
})

test('a change that was answered is shown as stored, although its event has not come', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const message = await say(bob, room, 'before')
  await using proxy = await openTcpProxy({ host: '127.0.0.1', port: server.running.port })
  const client = createClient({
    url: `http://127.0.0.1:${proxy.port}`,
    tokens: memoryTokens(bob.client.tokens.current),
    // Calls take another way than events.
    fetch: ((url: string, init?: RequestInit) =>
      fetch(url.replace(/^http:\/\/[^/]+/, server.url), init)) as typeof fetch,
  })
  const store = new Store(client)
  const view = store.messages(room)
  view.subscribe(() => undefined)
  await store.open()
  await until(() => shown(view, message.id) !== undefined, 'the message is loaded')
  proxy.freeze()
  await store.edit(message, { content: 'after' })
  expect(shown(view, message.id)).toMatchObject({ state: 'stored', message: { content: 'after' } })
  expect(shown(view, message.id)?.changing).toBeFalsy()
  store.close()
  client.close()
})

test('a mention by a blocked user counts as the server counts it', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const { id: conversation_id } = await groupOf(ada, [bob, cy])
  const client = createClient({ url: server.url, tokens: memoryTokens(bob.client.tokens.current) })
  const store = new Store(client)
  const view = store.conversation(conversation_id)
  store.blocked.subscribe(() => undefined)
  view.subscribe(() => undefined)
  await store.open()
  await bob.client.contacts.block({ contact_id: cy.id })
  await until(() => store.blocked.get().items.length === 1, 'the block is known')
  const mention = (person: Person) =>
    person.client.messages.send({ conversation_id, content: 'look', mentions: [bob.id] })
  await mention(cy)
  await mention(ada)
  const counts = async () => (await bob.client.conversations.inboxEntry({ conversation_id })).me?.mention_count
  expect(await counts()).toBe(1)
  const { last_seq } = await bob.client.conversations.inboxEntry({ conversation_id })
  await until(
    () => view.get()?.last_seq === last_seq && view.get()?.me?.mention_count === 1,
    'the store counts one mention',
    () => JSON.stringify(view.get()?.me),
  )
  store.close()
  client.close()
})
