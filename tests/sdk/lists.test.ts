import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store, type Listed, type Paged } from '../../src/sdk/store/index.ts'
import { fillRoom } from '../support/large-room.ts'
import { PASSWORD, directOf, groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { reading } from './reading.ts'

const server = sharedServer()
const watch = (source: { subscribe(listener: () => void): () => void }) => source.subscribe(() => undefined)

async function people() {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  return { ada, bob, cy, room: (await groupOf(ada, [bob])).id }
}

async function whole<T>(list: Paged<T>): Promise<Listed<T>> {
  while (list.get().more) await list.more()
  return list.get()
}

test('the members of a conversation are loaded page by page and follow its events', async () => {
  const { ada, bob, cy, room } = await people()
  await fillRoom(server, ada.id, room, 130)
  await using reader = await reading(bob, server.url)
  const members = reader.store.members(room)
  watch(members)
  expect(members.get()).toEqual({ items: [], more: true, loading: true, error: null })
  await until(() => members.get().items.length === 100, 'the first page is loaded')
  const fresh = async () => {
    const [first, second] = [
      await ada.client.conversations.members({ conversation_id: room, limit: 100 }),
      await ada.client.conversations.members({ conversation_id: room, limit: 100, sort: 'desc' }),
    ]
    const all = new Map([...first.data, ...second.data].map(member => [member.user_id, member]))
    return [...all.values()].toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1))
  }
  await ada.client.groups.addMembers({ conversation_id: room, user_ids: [cy.id] })
  await whole(members)
  expect(members.get().items).toEqual(await fresh())
  const guest = members.get().items.find(({ user_id }) => ![ada, bob, cy].some(({ id }) => id === user_id))
  await ada.client.groups.updateMember({ conversation_id: room, user_id: cy.id, role: 'admin' })
  await ada.client.groups.removeMember({ conversation_id: room, user_id: guest?.user_id ?? '' })
  const expected = await fresh()
  await until(() => Bun.deepEquals(members.get().items, expected), 'the list is as the server has it')
  await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
  await until(() => members.get().items.length === 0, 'who is out sees no members')
})

test('lists that stay watched are loaded again for who becomes a member once more', async () => {
  const { ada, bob, room } = await people()
  await using reader = await reading(bob, server.url)
  const { store } = reader
  const lists = [store.members(room), store.receipts(room)]
  lists.forEach(watch)
  const timeline = store.messages(room)
  watch(timeline)
  const texts = () => timeline.get().items.map(({ message }) => message.content)
  await say(ada, room, 'hello')
  await until(() => texts().includes('hello'), 'its messages are shown')
  await until(() => lists.every(list => list.get().items.length > 0), 'they are loaded')
  await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
  await until(() => lists.every(list => list.get().items.length === 0), 'who is out sees nothing')
  await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
  await until(() => lists.every(list => list.get().items.length > 0), 'they are loaded again')
  await until(() => texts().includes('hello'), 'its messages are shown again')
  expect(store.members(room).get().items).toEqual(
    (await bob.client.conversations.members({ conversation_id: room })).data,
  )
})

test('what happens between the load of a list and the first connection is not missed', async () => {
  const { ada, bob, room } = await people()
  await using client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  const store = new Store(client)
  const { blocked } = store
  const members = store.members(room)
  ;[blocked, members].forEach(watch)
  await until(() => members.get().items.length === 2 && !blocked.get().more, 'the lists are loaded')
  await ada.client.contacts.block({ contact_id: bob.id })
  await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
  await store.open()
  await until(() => members.get().items.length === 1 && blocked.get().items.length === 1, 'the store is as the server')
  store.close()
})

test('contacts and blocked users follow the events of other devices', async () => {
  const { ada, bob, cy } = await people()
  await ada.client.contacts.add({ user_id: bob.id })
  await using reader = await reading(ada, server.url)
  const { contacts, blocked } = reader.store
  watch(contacts)
  watch(blocked)
  await until(() => contacts.get().items.length === 1 && !blocked.get().loading, 'the lists are loaded')
  await ada.client.contacts.block({ contact_id: cy.id })
  await ada.client.contacts.add({ user_id: cy.id })
  await ada.client.contacts.remove({ contact_id: bob.id })
  const ids = (list: typeof contacts) => list.get().items.map(({ contact_id }) => contact_id)
  await until(() => Bun.deepEquals([ids(contacts), ids(blocked)], [[cy.id], [cy.id]]), 'the events come')
  await cy.client.users.update({ user_id: cy.id, full_name: 'Cy Clone' })
  await until(() => contacts.get().items[0]?.user.full_name === 'Cy Clone', 'the profile changes')
  await ada.client.contacts.unblock({ contact_id: cy.id })
  await until(() => blocked.get().items.length === 0, 'cy is not blocked')
  expect(contacts.get().items).toEqual((await ada.client.contacts.list()).data)
})

test('a profile and the preferences are fetched when they are watched, and follow events', async () => {
  const { ada, bob } = await people()
  await using reader = await reading(ada, server.url)
  const [user, preferences] = [reader.store.user(bob.id), reader.store.preferences]
  expect([user.get(), preferences.get()]).toEqual([null, null])
  watch(user)
  watch(preferences)
  await until(() => user.get()?.username === bob.name && preferences.get() !== null, 'both are fetched')
  await bob.client.users.update({ user_id: bob.id, full_name: 'Bob' })
  await ada.client.notifications.updatePreferences({ level: 'none' })
  await until(() => user.get()?.full_name === 'Bob' && preferences.get()?.level === 'none', 'both change')
})

test('the receipts of the others follow their reading', async () => {
  const { ada, bob, room } = await people()
  await say(ada, room, 'one')
  await using reader = await reading(ada, server.url)
  const receipts = reader.store.receipts(room)
  watch(receipts)
  const of = (id: string) => receipts.get().items.find(({ user_id }) => user_id === id)?.last_read_seq
  await until(() => of(bob.id) === 0, 'the receipts are loaded')
  await bob.client.conversations.read({ conversation_id: room, seq: 1 })
  await until(() => of(bob.id) === 1, 'bob has read')
})

test('a search gives its hits page by page', async () => {
  const { ada, room } = await people()
  for (let index = 0; index < 5; index += 1) await say(ada, room, `brass ${index}`)
  await using reader = await reading(ada, server.url)
  const found = async () => (await ada.client.search.messages({ q: 'brass', limit: 100 })).data.length === 5
  await until(found, 'all are indexed')
  const search = reader.store.search({ q: 'brass', limit: 3 })
  watch(search)
  await until(() => search.get().items.length === 3, 'the first page')
  expect(search.get().more).toBe(true)
  expect((await whole(search)).items).toHaveLength(5)
})

test('who is typing is shown until they send, stop or say nothing more', async () => {
  const { ada, bob, room } = await people()
  await using reader = await reading(ada, server.url)
  await using writer = await reading(bob, server.url)
  const typing = reader.store.typing(room)
  watch(typing)
  writer.store.typed(room)
  await until(() => typing.get().length === 1, 'bob types')
  expect(typing.get()).toEqual([bob.id])
  expect(typing.get()).toBe(typing.get())
  writer.store.stoppedTyping(room)
  await until(() => typing.get().length === 0, 'bob has stopped')
  writer.store.typed(room)
  await until(() => typing.get().length === 1, 'bob types again')
  await say(bob, room, 'done')
  await until(() => typing.get().length === 0, 'bob has sent')
})

test('the status of a user is known while it is watched, also after the connection broke', async () => {
  const { ada, bob } = await people()
  await directOf(ada, bob)
  await using reader = await reading(ada, server.url)
  const presence = reader.store.presence(bob.id)
  const stop = watch(presence)
  await until(() => presence.get()?.presence === 'offline', 'bob is offline')
  {
    await using writer = await reading(bob, server.url)
    await until(() => presence.get()?.presence === 'online', 'bob is online')
    reader.client.live.drop()
    await writer.client.presence.setStatus({ user_id: 'me', presence: 'dnd', text: 'Busy' })
    await until(() => presence.get()?.text === 'Busy', 'the new socket is subscribed')
  }
  stop()
})

test('what was known of a user is forgotten when they sign out', async () => {
  const { ada, bob, room } = await people()
  await ada.client.contacts.add({ user_id: bob.id })
  await using reader = await reading(ada, server.url)
  const { inbox, contacts, status } = reader.store
  const members = reader.store.members(room)
  for (const source of [inbox, contacts, status, members]) watch(source)
  await until(() => contacts.get().items.length === 1 && members.get().items.length === 2, 'all is loaded')
  expect(status.get().state).toBe('ready')
  await reader.client.auth.logout()
  expect([inbox.get(), contacts.get().items, members.get().items]).toEqual([[], [], []])
  expect(status.get().state).toBe('empty')
})

test('what stays watched is loaded for another user who signs in', async () => {
  const { ada, bob, cy } = await people()
  await bob.client.contacts.add({ user_id: cy.id })
  await bob.client.notifications.updatePreferences({ level: 'mentions' })
  await using reader = await reading(ada, server.url)
  const { contacts, preferences } = reader.store
  const profile = reader.store.user(cy.id)
  for (const source of [contacts, preferences, profile]) watch(source)
  const loaded = () => preferences.get() !== null && profile.get() !== null && !contacts.get().more
  await until(loaded, 'all is loaded')
  await reader.client.auth.logout()
  expect([preferences.get(), profile.get()]).toEqual([null, null])
  await reader.client.auth.login({ username: bob.name, password: PASSWORD })
  await reader.store.open()
  await until(() => loaded() && contacts.get().items.length === 1, 'all is loaded again')
  expect(preferences.get()).toEqual(await bob.client.notifications.preferences())
})

test('what is watched and could not be loaded is loaded when the connection is back', async () => {
  const { ada, bob, room } = await people()
  await using reader = await reading(ada, server.url)
  const members = reader.store.members(room)
  const profile = reader.store.user(bob.id)
  const problem = { title: 'Forbidden', status: 403, code: 'forbidden', detail: '', errors: [], request_id: 'test' }
  for (const path of [`/conversations/${room}/members`, `/users/${bob.id}`])
    reader.network.instead.set(path, Response.json(problem, { status: 403 }))
  ;[members, profile].forEach(watch)
  await until(() => members.get().error !== null && reader.network.instead.size === 0, 'the loads have failed')
  reader.client.live.drop()
  await until(() => members.get().items.length === 2 && profile.get() !== null, 'they are loaded')
  expect(members.get().error).toBeNull()
})
