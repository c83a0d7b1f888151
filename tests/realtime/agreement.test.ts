import { describe, expect, test } from 'bun:test'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { expectAgreement, observer, type Observer } from '../support/observer.ts'

const server = sharedServer()

interface Room extends AsyncDisposable {
  id: string
  ada: Person
  bob: Person
  cy: Person
  observers: Observer[]
}

async function room(): Promise<Room> {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const { id } = await groupOf(ada, [bob])
  await say(ada, id, 'before anybody watches')
  const observers = await Promise.all([ada, bob, cy].map(person => observer(server, person)))
  return {
    id,
    ada,
    bob,
    cy,
    observers,
    async [Symbol.asyncDispose]() {
      for (const each of observers) await each[Symbol.asyncDispose]()
    },
  }
}

type Act = (room: Room) => Promise<unknown>
const first = async ({ ada, id }: Room) =>
  (await ada.client.messages.list({ conversation_id: id, sort: 'asc' })).data[0]?.id ?? ''

/** Every mutating call on conversations, members and messages. */
const ACTS: Readonly<Record<string, Act>> = {
  'messages.send': ({ bob, id }) => say(bob, id, 'hello'),
  'messages.send with mentions': ({ ada, bob, id }) =>
    ada.client.messages.send({ conversation_id: id, content: 'hi', mentions: [bob.id] }),
  'messages.update': async r => r.ada.client.messages.update({ message_id: await first(r), content: 'edited' }),
  'messages.react': async r => r.bob.client.messages.react({ message_id: await first(r), emoji: '👍' }),
  'messages.react by another': async r => r.ada.client.messages.react({ message_id: await first(r), emoji: '👍' }),
  'messages.unreact': async r => r.bob.client.messages.unreact({ message_id: await first(r), emoji: '👍' }),
  'messages.pin': async r => r.ada.client.messages.pin({ message_id: await first(r) }),
  'messages.unpin': async r => r.ada.client.messages.unpin({ message_id: await first(r) }),
  'conversations.update name': ({ ada, id }) => ada.client.conversations.update({ conversation_id: id, name: 'Looms' }),
  'conversations.update topic': ({ ada, id }) =>
    ada.client.conversations.update({ conversation_id: id, topic: 'cards' }),
  'groups.add-members': ({ ada, cy, id }) => ada.client.groups.addMembers({ conversation_id: id, user_ids: [cy.id] }),
  'groups.update-member': ({ ada, bob, id }) =>
    ada.client.groups.updateMember({ conversation_id: id, user_id: bob.id, role: 'admin' }),
  'conversations.read': ({ cy, ada, id }) =>
    say(ada, id, 'read me').then(({ seq }) => cy.client.conversations.read({ conversation_id: id, seq })),
  'conversations.unread': ({ bob, id }) => bob.client.conversations.unread({ conversation_id: id, seq: 2 }),
  'conversations.unread on own': ({ ada, id }) => ada.client.conversations.unread({ conversation_id: id, seq: 1 }),
  'conversations.membership': ({ bob, id }) =>
    bob.client.conversations.membership({ conversation_id: id, pinned: true, notify: 'mentions' }),
  'contacts.block': ({ ada, bob }) => ada.client.contacts.block({ contact_id: bob.id }),
  'messages.send with mentions by somebody who is blocked': ({ ada, bob, cy, id }) =>
    bob.client.messages.send({ conversation_id: id, content: 'hi', mentions: [ada.id, cy.id] }),
  'contacts.unblock': ({ ada, bob }) => ada.client.contacts.unblock({ contact_id: bob.id }),
  'messages.send with mentions after a block': ({ ada, bob, cy, id }) =>
    bob.client.messages.send({ conversation_id: id, content: 'hi again', mentions: [ada.id, cy.id] }),
  'messages.delete': async r => r.ada.client.messages.delete({ message_id: await first(r) }),
  'conversations.update disabled': ({ ada, id }) =>
    ada.client.conversations.update({ conversation_id: id, disabled: true }),
  'conversations.update restored': ({ ada, id }) =>
    ada.client.conversations.update({ conversation_id: id, disabled: false }),
  'groups.remove-member': ({ ada, bob, id }) =>
    ada.client.groups.removeMember({ conversation_id: id, user_id: bob.id }),
  'conversations.update participants': ({ ada, bob, cy, id }) =>
    ada.client.conversations.update({ conversation_id: id, participant_ids: [bob.id, cy.id] }),
  'groups.remove-member self': ({ ada, id }) => ada.client.groups.removeMember({ conversation_id: id, user_id: 'me' }),
  // Cy, who joined first, has become owner.
  'groups.update public': ({ cy, id }) => cy.client.groups.update({ conversation_id: id, visibility: 'public' }),
  'groups.join': ({ ada, id }) => ada.client.groups.join({ conversation_id: id }),
  'groups.update private': ({ cy, id }) =>
    cy.client.groups.update({ conversation_id: id, visibility: 'private', topic: 'closed' }),
  'groups.remove-member of one who joined': ({ ada, cy, id }) =>
    cy.client.groups.removeMember({ conversation_id: id, user_id: ada.id }),
  'invites.join': async ({ ada, cy, id }) => {
    const { code } = await cy.client.invites.create({ conversation_id: id, max_uses: 1 })
    await ada.client.invites.join({ code })
  },
  'groups.remove-member of the owner': ({ cy, id }) =>
    cy.client.groups.removeMember({ conversation_id: id, user_id: 'me' }),
  'groups.update by the next owner': ({ bob, id }) =>
    bob.client.groups.update({ conversation_id: id, disabled: true, name: 'Handed over' }),
}

describe('snapshot + events = fresh fetch', () => {
  test('snapshot and events agree with a fresh fetch for every member after every mutating call', async () => {
    await using scene = await room()
    for (const act of Object.values(ACTS)) {
      await act(scene)
      await expectAgreement(scene.observers, scene.id)
    }
  })

  test('snapshot and events agree with a fresh fetch for a user who was disconnected during each call', async () => {
    await using scene = await room()
    for (const act of Object.values(ACTS)) {
      for (const { client } of scene.observers) client.live.drop()
      await act(scene)
      for (const { client, person } of scene.observers)
        await until(() => client.live.status.state === 'up_to_date', `${person.name} is back`)
      await expectAgreement(scene.observers, scene.id)
    }
  })

  test('snapshot and events agree with a fresh fetch for a user who missed all calls at once', async () => {
    await using scene = await room()
    const [watcher] = scene.observers
    watcher?.client.live.drop()
    for (const act of Object.values(ACTS).slice(0, 17)) await act(scene)
    await expectAgreement(scene.observers, scene.id)
  })

  test('snapshot and events agree with a fresh fetch across a restart of the server', async () => {
    await using scene = await room()
    const acts = Object.values(ACTS)
    for (const act of acts.slice(0, 5)) await act(scene)
    await server.restart()
    for (const act of acts.slice(5, 10)) await act(scene)
    await expectAgreement(scene.observers, scene.id)
  })
})

test('each device of each member, those of the sender too, gets each change once and in order', async () => {
  await using scene = await room()
  const phone = await observer(server, scene.ada)
  const devices = [...scene.observers.slice(0, 2), phone]
  for (const act of Object.values(ACTS).slice(0, 15)) await act(scene)
  const { last_change } = await scene.ada.client.conversations.get({ conversation_id: scene.id })
  for (const { events, person } of devices) {
    const changes = () => events.filter(event => event.stream === scene.id).map(event => event.change ?? 0)
    await until(() => changes().at(-1) === last_change, `${person.name} hears of all`)
    expect(changes()).toEqual(Array.from({ length: last_change - 2 }, (_, index) => index + 3))
  }
  await phone[Symbol.asyncDispose]()
})
