import { describe, expect, test } from 'bun:test'
import type { Contact } from '../../contracts/entities.ts'
import type { EventName } from '../../contracts/events.ts'
import { observer, type Observer } from '../support/observer.ts'
import { groupOf, PASSWORD, register, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

async function fetched({ client }: Person): Promise<Contact[]> {
  const lists = await Promise.all([client.contacts.list({}), client.contacts.list({ blocked: true })])
  const byId = new Map(lists.flatMap(({ data }) => data).map(contact => [contact.contact_id, contact]))
  return [...byId.values()].toSorted((a, b) => (a.contact_id < b.contact_id ? -1 : 1))
}

/** The snapshot after events, as docs/protocol.md says: each has the whole row, and one without times is none. */
function after(snapshot: readonly Contact[], events: readonly { event: EventName; data: object }[]): Contact[] {
  const byId = new Map(snapshot.map(contact => [contact.contact_id, contact]))
  for (const { event, data } of events) {
    if (!event.startsWith('contact.')) continue
    const contact = data as Contact
    if (contact.added_at === null && contact.blocked_at === null) byId.delete(contact.contact_id)
    else byId.set(contact.contact_id, contact)
  }
  return [...byId.values()].toSorted((a, b) => (a.contact_id < b.contact_id ? -1 : 1))
}

interface Scene extends AsyncDisposable {
  ada: Person
  bob: Person
  cy: Person
  devices: Observer[]
  snapshot: Contact[]
}

async function scene(): Promise<Scene> {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  await ada.client.contacts.add({ user_id: cy.id })
  const devices = await Promise.all([observer(server, ada), observer(server, ada)])
  const snapshot = await fetched(ada)
  return {
    ada,
    bob,
    cy,
    devices,
    snapshot,
    async [Symbol.asyncDispose]() {
      for (const device of devices) await device[Symbol.asyncDispose]()
    },
  }
}

const ACTS: readonly ((scene: Scene) => Promise<unknown>)[] = [
  ({ ada, bob }) => ada.client.contacts.add({ username: bob.name }),
  ({ ada, bob }) => ada.client.contacts.block({ contact_id: bob.id }),
  ({ ada, cy }) => ada.client.contacts.block({ contact_id: cy.id }),
  ({ ada, cy }) => ada.client.contacts.remove({ contact_id: cy.id }),
  ({ ada, bob }) => ada.client.contacts.unblock({ contact_id: bob.id }),
  ({ ada, cy }) => ada.client.contacts.unblock({ contact_id: cy.id }),
  ({ ada, bob }) => ada.client.contacts.remove({ contact_id: bob.id }),
  ({ ada, cy }) => ada.client.contacts.add({ user_id: cy.id }),
]

describe('snapshot + events = fresh fetch, for contacts', () => {
  for (const dropped of [false, true])
    test(`contacts agree on every device after every call${dropped ? ', also if it was disconnected' : ''}`, async () => {
      await using all = await scene()
      for (const act of ACTS) {
        if (dropped) for (const { client } of all.devices) client.live.drop()
        await act(all)
        const fresh = await fetched(all.ada)
        for (const { events } of all.devices)
          await until(
            () => Bun.deepEquals(after(all.snapshot, events), fresh),
            `the events give ${JSON.stringify(fresh)}`,
            () => JSON.stringify(events),
          )
      }
    })

  test('contacts agree for a client that resumes from an old position', async () => {
    await using all = await scene()
    const { epoch } = server.running.storage
    const at = (await server.running.storage.log.lastChanges([all.ada.id])).get(all.ada.id) ?? 0
    for (const act of ACTS) await act(all)
    const resume = { epoch, positions: { [all.ada.id]: at } }
    using socket = await openSocket(server.url, { token: all.ada.access_token, resume })
    await socket.find('resumed')
    const events = socket.frames.flatMap(frame => (frame.type === 'event' ? [frame] : []))
    expect(events.map(({ change }) => change)).toEqual(ACTS.map((_, index) => at + index + 1))
    expect(after(all.snapshot, events)).toEqual(await fetched(all.ada))
  })
})

describe('user.updated', () => {
  test('those who have the user only as a contact are told of a changed profile, and those whom the user has blocked are not', async () => {
    const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
    const [dee, eve, fay] = [
      await register(server, 'dee'),
      await register(server, 'eve'),
      await register(server, 'fay'),
    ]
    for (const { client } of [bob, cy, fay]) await client.contacts.add({ user_id: ada.id })
    // Blocking hides the other one's profile from the blocked side only, and not in a conversation that both are in.
    await dee.client.contacts.block({ contact_id: ada.id })
    for (const { id } of [cy, fay]) await ada.client.contacts.block({ contact_id: id })
    await groupOf(eve, [ada, fay])
    const people = [bob, cy, dee, eve, fay]
    const sockets = await Promise.all(people.map(({ access_token }) => openSocket(server.url, { token: access_token })))
    const names = (index: number) =>
      (sockets[index]?.frames ?? []).flatMap(frame =>
        frame.type === 'event' && frame.event === 'user.updated'
          ? [(frame.data['user'] as Contact['user']).full_name]
          : [],
      )
    await ada.client.users.update({ user_id: ada.id, full_name: 'Ada L' })
    for (const index of [0, 2, 3, 4]) await until(() => names(index).includes('Ada L'), `${index} is told`)
    await ada.client.contacts.unblock({ contact_id: cy.id })
    await bob.client.contacts.remove({ contact_id: ada.id })
    await ada.client.users.update({ user_id: ada.id, full_name: 'Ada K' })
    for (const index of [1, 2]) await until(() => names(index).includes('Ada K'), `${index} is told`)
    expect(people.map((_, index) => names(index).join())).toEqual([
      'Ada L',
      'Ada K',
      'Ada L,Ada K',
      'Ada L,Ada K',
      'Ada L,Ada K',
    ])
    await ada.client.users.delete({ user_id: ada.id, password: PASSWORD })
    for (const index of [1, 2]) await until(() => names(index).includes('Deleted user'), 'the deletion is told')
    for (const socket of sockets) socket[Symbol.dispose]()
  })
})
