import { describe, expect, test } from 'bun:test'
import type { Contact } from '../../contracts/entities.ts'
import type { EventFrame } from '../../contracts/socket.ts'
import { PASSWORD, directOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'

const server = sharedServer()

const three = async (): Promise<[Person, Person, Person]> =>
  Promise.all([register(server, 'ada'), register(server, 'bob'), register(server, 'cy')])

async function idsOf(person: Person, input: { q?: string; blocked?: boolean } = {}): Promise<string[]> {
  return (await person.client.contacts.list({ ...input, limit: 100 })).data.map(({ contact_id }) => contact_id)
}

describe('contacts', () => {
  test('a user is added by id or by username, once, with the public profile', async () => {
    const [ada, bob, cy] = await three()
    const added = await ada.client.contacts.add({ user_id: bob.id })
    const user = await ada.client.users.get({ user_id: bob.id })
    expect(added).toEqual({ contact_id: bob.id, user, added_at: expect.any(String), blocked_at: null })
    expect(await ada.client.contacts.add({ username: bob.name.toUpperCase() })).toEqual(added)
    expect(await ada.client.contacts.add({ username: cy.name })).toMatchObject({ contact_id: cy.id })
    expect(await idsOf(ada)).toEqual([bob.id, cy.id].toSorted())
    expect(await idsOf(bob)).toEqual([])
  })

  test('oneself, a user who does not exist, and one who was deleted cannot be added', async () => {
    const [ada, bob] = await three()
    await bob.client.users.delete({ user_id: 'me', password: PASSWORD })
    await refused(ada.client.contacts.add({ user_id: Bun.randomUUIDv7() }), 'not_found')
    await refused(ada.client.contacts.add({ username: 'nobody-of-this-name' }), 'not_found')
    await refused(ada.client.contacts.add({ user_id: bob.id }), 'not_found')
    for (const own of [{ user_id: ada.id }, { username: ada.name }])
      expect((await refused(ada.client.contacts.add(own), 'validation_failed')).errors).toEqual([
        { path: Object.keys(own)[0] ?? '', message: 'is your own' },
      ])
    for (const wrong of [{}, { user_id: bob.id, username: bob.name }])
      await refused(ada.client.contacts.add(wrong), 'validation_failed')
  })

  test('contacts are listed by a prefix of either name, page by page, in both directions', async () => {
    const [ada, ...others] = await Promise.all(
      ['ada', 'anna', 'anton', 'berta', 'carl'].map(name => register(server, name)),
    )
    const [anna, anton, berta, carl] = others
    if (!ada || !anna || !anton || !berta || !carl) throw new Error('five people')
    await berta.client.users.update({ user_id: 'me', full_name: 'Anja B.' })
    for (const { id } of others) await ada.client.contacts.add({ user_id: id })
    await ada.client.contacts.block({ contact_id: anton.id })
    const sorted = (...people: Person[]) => people.map(({ id }) => id).toSorted()
    expect(await idsOf(ada, { q: 'AN' })).toEqual(sorted(anna, anton, berta))
    expect(await idsOf(ada, { q: 'an', blocked: false })).toEqual(sorted(anna, berta))
    expect(await idsOf(ada, { q: 'an', blocked: true })).toEqual([anton.id])
    expect(await idsOf(ada, { q: 'nobody' })).toEqual([])
    for (const sort of ['asc', 'desc'] as const) {
      const found: string[] = []
      let start: string | null = null
      do {
        const page: Awaited<ReturnType<typeof ada.client.contacts.list>> = await ada.client.contacts.list({
          q: 'an',
          sort,
          limit: 1,
          ...(start === null ? {} : { start }),
        })
        found.push(...page.data.map(({ contact_id }) => contact_id))
        start = page.next_start
      } while (start !== null)
      const all = sorted(anna, anton, berta)
      expect(found).toEqual(sort === 'asc' ? all : all.toReversed())
    }
  })

  test('removing a contact keeps a block of it, and may be repeated', async () => {
    const [ada, bob] = await three()
    await ada.client.contacts.add({ user_id: bob.id })
    await ada.client.contacts.block({ contact_id: bob.id })
    expect(await idsOf(ada)).toEqual([bob.id])
    for (let n = 0; n < 2; n += 1) await ada.client.contacts.remove({ contact_id: bob.id })
    expect(await idsOf(ada)).toEqual([])
    expect(await ada.client.contacts.list({ blocked: true })).toMatchObject({
      data: [{ contact_id: bob.id, added_at: null, blocked_at: expect.any(String) }],
    })
    await refused(ada.client.contacts.remove({ contact_id: Bun.randomUUIDv7() }), 'not_found')
    await refused(ada.client.contacts.remove({ contact_id: ada.id }), 'validation_failed')
  })

  test('anybody can be blocked and unblocked, a contact or not, and repeating it changes nothing', async () => {
    const [ada, bob] = await three()
    const block = () => ada.client.contacts.block({ contact_id: bob.id })
    const unblock = () => ada.client.contacts.unblock({ contact_id: bob.id })
    expect(await unblock()).toMatchObject({ contact_id: bob.id, added_at: null, blocked_at: null })
    const blocked = await block()
    expect(blocked).toMatchObject({ contact_id: bob.id, added_at: null, blocked_at: expect.any(String) })
    expect(await block()).toEqual(blocked)
    expect(await idsOf(ada)).toEqual([])
    expect(await idsOf(ada, { blocked: true })).toEqual([bob.id])
    expect(await ada.client.contacts.add({ user_id: bob.id })).toMatchObject({ blocked_at: blocked.blocked_at })
    expect(await idsOf(ada, { blocked: false })).toEqual([])
    expect(await unblock()).toMatchObject({ added_at: expect.any(String), blocked_at: null })
    expect(await idsOf(ada, { blocked: false })).toEqual([bob.id])
    for (const verb of ['block', 'unblock'] as const) {
      await refused(ada.client.contacts[verb]({ contact_id: Bun.randomUUIDv7() }), 'not_found')
      await refused(ada.client.contacts[verb]({ contact_id: ada.id }), 'validation_failed')
    }
  })

  test('each change is one event of the own stream with the whole row, and nobody else hears of it', async () => {
    const [ada, bob] = await three()
    using mine = await openSocket(server.url, { token: ada.access_token })
    using theirs = await openSocket(server.url, { token: bob.access_token })
    const steps: [string, () => Promise<Contact | null>][] = [
      ['contact.added', () => ada.client.contacts.add({ user_id: bob.id })],
      ['contact.updated', () => ada.client.contacts.block({ contact_id: bob.id })],
      ['contact.removed', () => ada.client.contacts.remove({ contact_id: bob.id })],
      ['contact.updated', () => ada.client.contacts.unblock({ contact_id: bob.id })],
    ]
    let change = 0
    for (const [event, step] of steps) {
      const answer = await step()
      await step()
      change += 1
      const frame: EventFrame = await mine.find('event', each => each.stream === ada.id && each.change === change)
      expect(frame.event as string).toBe(event)
      if (answer) expect(frame.data).toEqual({ ...answer })
      else expect(frame.data).toMatchObject({ contact_id: bob.id, added_at: null, blocked_at: expect.any(String) })
    }
    expect(mine.changes(ada.id)).toEqual([1, 2, 3, 4])
    const { id } = await directOf(bob, ada)
    await theirs.find('event', frame => frame.stream === id || frame.event === 'conversation.joined')
    expect(theirs.changes(bob.id)).toEqual([1])
  })

  test('the export has all contacts and blocks, and deleting the account removes them', async () => {
    const [ada, bob, cy] = await three()
    await ada.client.contacts.add({ user_id: bob.id })
    await ada.client.contacts.block({ contact_id: cy.id })
    const { id } = await directOf(ada, bob)
    await say(ada, id, 'mine')
    const exported: string[] = []
    let start: string | null = null
    let sections = 0
    do {
      const page: Awaited<ReturnType<typeof ada.client.users.export>> = await ada.client.users.export({
        limit: 1,
        ...(start === null ? {} : { start }),
      })
      exported.push(...page.contacts.map(({ contact_id }) => contact_id))
      sections += page.sessions.length + page.conversations.length + page.messages.data.length
      start = page.messages.next_start
    } while (start !== null)
    expect(exported).toEqual([bob.id, cy.id].toSorted())
    expect(sections).toBe(3)
    await ada.client.users.delete({ user_id: 'me', password: PASSWORD })
    const all = { ascending: true, limit: 10 }
    expect(await server.running.storage.contacts.list(ada.id, 'all', all)).toEqual([])
  })

  test('nothing of a deleted account is left in the streams of those who had added it', async () => {
    const [ada, bob] = await three()
    await ada.client.contacts.add({ user_id: bob.id })
    await ada.client.contacts.block({ contact_id: bob.id })
    await bob.client.users.delete({ user_id: 'me', password: PASSWORD })
    const { epoch } = server.running.storage
    using socket = await openSocket(server.url, {
      token: ada.access_token,
      resume: { epoch, positions: { [ada.id]: 0 } },
    })
    await socket.find('resumed')
    expect(JSON.stringify(socket.frames)).not.toContain(bob.name)
    const user = { id: bob.id, full_name: 'Deleted user', deleted: true }
    for (const change of [1, 2])
      expect(await socket.find('event', frame => frame.change === change)).toMatchObject({ data: { user } })
    expect((await ada.client.contacts.list({ blocked: true })).data).toMatchObject([{ user }])
  })

  test('an ADMIN, and nobody else, adds an account that is disabled', async () => {
    const [ada, bob] = await three()
    const root = await withRole(server, 'ADMIN')
    await ada.client.contacts.add({ user_id: bob.id })
    await root.client.users.update({ user_id: bob.id, disabled: true })
    await refused(ada.client.contacts.add({ user_id: bob.id }), 'not_found')
    expect(await idsOf(ada)).toEqual([])
    expect(await root.client.contacts.add({ user_id: bob.id })).toMatchObject({ user: { disabled: true } })
    await root.client.users.update({ user_id: bob.id, disabled: false })
    expect(await idsOf(ada)).toEqual([bob.id])
  })
})
