import { describe, expect, test } from 'bun:test'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

async function four(): Promise<[Person, Person, Person, Person]> {
  const names = ['ada', 'bob', 'cy', 'dee'] as const
  const [ada, bob, cy, dee] = await Promise.all(names.map(name => register(server, name)))
  if (!ada || !bob || !cy || !dee) throw new Error('four people')
  return [ada, bob, cy, dee]
}

async function rolesIn(viewer: Person, conversation_id: string): Promise<Record<string, string>> {
  const { data } = await viewer.client.conversations.members({ conversation_id, limit: 100 })
  return Object.fromEntries(data.map(member => [member.user_id, member.role]))
}

describe('groups', () => {
  test('a group is created by its own path, and is a conversation with the same id', async () => {
    const [ada, bob] = await four()
    const created = await ada.client.groups.create({ name: 'Looms', topic: 'cards', member_ids: [bob.id] })
    expect(created).toMatchObject({ type: 'group', name: 'Looms', topic: 'cards', visibility: 'private' })
    expect(created).toMatchObject({ participant_count: 2, created_by: ada.id, me: { role: 'owner' } })
    expect(await ada.client.conversations.get({ conversation_id: created.id })).toEqual(created)
    expect(await ada.client.groups.get({ conversation_id: created.id })).toEqual(created)
    const changed = await ada.client.groups.update({ conversation_id: created.id, name: 'Jacquard', topic: null })
    expect(changed).toMatchObject({ name: 'Jacquard', topic: null, last_seq: 1 })
    expect(changed.last_message?.metadata).toEqual({ event: 'conversation.renamed', name: 'Jacquard' })
  })

  test('a group is not created with somebody who does not exist, nor with a disabled account', async () => {
    const [ada, bob, , dee] = await four()
    const root = await withRole(server, 'ADMIN')
    const nobody = await refused(
      ada.client.groups.create({ name: 'x', member_ids: [bob.id, Bun.randomUUIDv7()] }),
      'validation_failed',
    )
    expect(nobody.errors.map(({ path }) => path)).toEqual(['member_ids'])
    await root.client.users.update({ user_id: dee.id, disabled: true })
    await refused(ada.client.groups.create({ name: 'x', member_ids: [dee.id] }), 'cannot_message_user')
  })

  test('a direct conversation is no group: 404 for reading, changing, deleting and joining it as one', async () => {
    const [ada, bob] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await directOf(ada, bob)
    await refused(ada.client.groups.get({ conversation_id }), 'not_found')
    await refused(ada.client.groups.join({ conversation_id }), 'not_found')
    await refused(ada.client.groups.update({ conversation_id, name: 'x' }), 'not_found')
    await refused(root.client.groups.delete({ conversation_id }), 'not_found')
    const create = { type: 'direct' as const, participant_ids: [bob.id], visibility: 'public' as const }
    await refused(ada.client.conversations.create(create), 'validation_failed')
    await refused(ada.client.conversations.update({ conversation_id, visibility: 'private' }), 'forbidden')
  })

  test('a USER does not create or change groups, but gets and manages them as admin', async () => {
    const [ada, bob, cy] = await four()
    const user = await withRole(server, 'USER')
    await refused(user.client.groups.create({ name: 'x', member_ids: [] }), 'forbidden')
    const { id: conversation_id } = await groupOf(ada, [user, bob])
    await ada.client.groups.updateMember({ conversation_id, user_id: user.id, role: 'admin' })
    await refused(user.client.groups.update({ conversation_id, name: 'x' }), 'forbidden')
    expect(await user.client.groups.get({ conversation_id })).toMatchObject({ me: { role: 'admin' } })
    await user.client.groups.addMembers({ conversation_id, user_ids: [cy.id] })
    await user.client.groups.removeMember({ conversation_id, user_id: bob.id })
  })

  test('an ADMIN disables and purges a group by its path', async () => {
    const [ada, bob] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [bob])
    await refused(ada.client.groups.delete({ conversation_id }), 'forbidden')
    await root.client.groups.delete({ conversation_id })
    await refused(ada.client.groups.update({ conversation_id, name: 'x' }), 'conversation_disabled')
    await root.client.groups.delete({ conversation_id, soft_delete: false })
    await refused(ada.client.groups.get({ conversation_id }), 'not_found')
    await root.client.groups.delete({ conversation_id, soft_delete: false })
    await refused(root.client.groups.delete({ conversation_id: Bun.randomUUIDv7() }), 'not_found')
  })
})

describe('public groups', () => {
  test('a public group is listed and shown to everybody, without messages', async () => {
    const [ada, bob, cy] = await four()
    const [user, root] = [await withRole(server, 'USER'), await withRole(server, 'ADMIN')]
    const name = `Zo\u00eb's ${crypto.randomUUID()}`
    const group = await ada.client.groups.create({ name, member_ids: [bob.id], visibility: 'public' })
    const hidden = await ada.client.groups.create({ name: `${name} too`, member_ids: [bob.id] })
    const message = await say(ada, group.id, 'for members')
    const q = name.slice(2).toUpperCase()
    for (const other of [cy, user]) {
      const { data } = await other.client.groups.list({ q })
      expect(data).toMatchObject([{ id: group.id, name, me: null, last_message: null, participant_count: 2 }])
      expect(await other.client.groups.get({ conversation_id: group.id })).toEqual(data[0] ?? group)
      await refused(other.client.groups.get({ conversation_id: hidden.id }), 'not_found')
      await refused(other.client.messages.list({ conversation_id: group.id }), 'not_found')
      await refused(other.client.messages.get({ message_id: message.id }), 'not_found')
      await refused(other.client.conversations.members({ conversation_id: group.id }), 'not_found')
    }
    const [seen] = (await bob.client.groups.list({ q })).data
    expect(seen).toMatchObject({ me: { role: 'member' }, last_message: { content: 'for members' } })
    expect((await root.client.groups.list({ q })).data).toMatchObject([{ me: null, last_message: { id: message.id } }])
  })

  test('public groups are listed page by page in both directions', async () => {
    const [ada] = await four()
    const tag = crypto.randomUUID()
    const ids: string[] = []
    for (const n of [1, 2, 3, 4, 5])
      ids.push((await ada.client.groups.create({ name: `${n} ${tag}`, member_ids: [], visibility: 'public' })).id)
    const walk = async (sort: 'asc' | 'desc') => {
      const found: string[] = []
      for (let start: string | null = ''; start !== null;) {
        const page: Awaited<ReturnType<typeof ada.client.groups.list>> = await ada.client.groups.list({
          q: tag,
          sort,
          limit: 2,
          ...(start === '' ? {} : { start }),
        })
        found.push(...page.data.map(({ id }) => id))
        start = page.next_start
      }
      return found
    }
    expect(await walk('asc')).toEqual(ids)
    expect(await walk('desc')).toEqual(ids.toReversed())
    const between = await ada.client.groups.list({ q: tag, start: ids[1] ?? '', before: ids[3] ?? '' })
    expect(between.data.map(({ id }) => id)).toEqual(ids.slice(1, 3))
  })

  test('everybody may join a public group, a USER too; a member is answered 200', async () => {
    const [ada, bob, cy] = await four()
    const [user, root] = [await withRole(server, 'USER'), await withRole(server, 'ADMIN')]
    const { id: conversation_id } = await ada.client.groups.create({
      name: 'Open',
      member_ids: [],
      visibility: 'public',
    })
    for (const person of [bob, user, root]) {
      const joined = await person.client.groups.join({ conversation_id })
      expect(joined).toMatchObject({ id: conversation_id, me: { role: 'member', unread_count: 0 } })
      expect(joined.last_message).toMatchObject({ sender_id: person.id, metadata: { event: 'member.joined' } })
    }
    const again = await bob.client.groups.join({ conversation_id })
    expect(again).toMatchObject({ participant_count: 4, last_seq: 3 })
    await ada.client.groups.update({ conversation_id, disabled: true })
    await refused(cy.client.groups.join({ conversation_id }), 'conversation_disabled')
    expect(await cy.client.groups.get({ conversation_id })).toMatchObject({ disabled: true, me: null })
    const { data } = await cy.client.groups.list({ sort: 'desc', limit: 100 })
    expect(data.map(({ id }) => id)).not.toContain(conversation_id)
  })

  test('a private group is joined by nobody: 404, and 403 for an ADMIN, who sees it', async () => {
    const [ada, bob, cy] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [bob])
    await refused(cy.client.groups.join({ conversation_id }), 'not_found')
    await refused(root.client.groups.join({ conversation_id }), 'forbidden')
    expect(await bob.client.groups.join({ conversation_id })).toMatchObject({ last_seq: 0 })
  })

  test('owner and ADMIN make a group public or private; members stay, others lose sight of it', async () => {
    const [ada, bob, cy, dee] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [bob])
    await ada.client.groups.updateMember({ conversation_id, user_id: bob.id, role: 'admin' })
    await refused(bob.client.groups.update({ conversation_id, visibility: 'public' }), 'forbidden')
    const opened = await ada.client.groups.update({ conversation_id, visibility: 'public' })
    expect(opened).toMatchObject({ visibility: 'public', last_seq: 0 })
    expect(opened.updated_at > opened.created_at).toBe(true)
    await cy.client.groups.join({ conversation_id })
    expect(await root.client.conversations.update({ conversation_id, visibility: 'private' })).toMatchObject({
      visibility: 'private',
      participant_count: 3,
    })
    await refused(dee.client.groups.get({ conversation_id }), 'not_found')
    await refused(dee.client.groups.join({ conversation_id }), 'not_found')
    expect(await cy.client.groups.get({ conversation_id })).toMatchObject({ me: { role: 'member' } })
  })

  test('24 people who join at once all join, in one order for everybody', async () => {
    const [ada] = await four()
    const people = await Promise.all(Array.from({ length: 24 }, () => register(server, 'many')))
    const { id: conversation_id } = await ada.client.groups.create({
      name: 'Rush',
      member_ids: [],
      visibility: 'public',
    })
    await Promise.all(people.map(person => person.client.groups.join({ conversation_id })))
    const { participant_count, last_seq, participants } = await ada.client.groups.get({ conversation_id })
    expect({ participant_count, last_seq }).toEqual({ participant_count: 25, last_seq: 24 })
    const { data } = await ada.client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    expect(participants.slice(1).map(({ user_id }) => user_id)).toEqual(data.map(({ sender_id }) => sender_id))
  })
})

describe('adding people', () => {
  test('adding people reports who was added, who was a member already, and who cannot be added', async () => {
    const [ada, bob, cy, dee] = await four()
    const root = await withRole(server, 'ADMIN')
    await root.client.users.update({ user_id: dee.id, disabled: true })
    const { id: conversation_id } = await groupOf(ada, [bob])
    const nobody = Bun.randomUUIDv7()
    const user_ids = [bob.id, cy.id, dee.id, nobody, cy.id]
    const result = await ada.client.groups.addMembers({ conversation_id, user_ids })
    expect(result).toEqual({ added: [cy.id], already_members: [bob.id], skipped: [dee.id, nobody] })
    const again = await ada.client.groups.addMembers({ conversation_id, user_ids: [cy.id] })
    expect(again).toEqual({ added: [], already_members: [cy.id], skipped: [] })
    const { last_seq, last_message } = await cy.client.conversations.get({ conversation_id })
    expect(last_seq).toBe(1)
    expect(last_message?.metadata).toEqual({ event: 'member.added', user_ids: [cy.id] })
  })

  test('new members see the whole history', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [])
    await say(ada, conversation_id, 'long ago')
    await ada.client.groups.addMembers({ conversation_id, user_ids: [bob.id] })
    const { data } = await bob.client.messages.list({ conversation_id, sort: 'asc' })
    expect(data.map(message => message.content)).toEqual(['long ago', null])
  })

  test('adding people is for admin, owner and ADMIN; giving a role is for owner and ADMIN', async () => {
    const [ada, bob, cy, dee] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [bob])
    const add = (who: Person, user: Person, role?: 'admin' | 'owner') =>
      who.client.groups.addMembers({ conversation_id, user_ids: [user.id], ...(role ? { role } : {}) })
    await refused(add(bob, cy), 'forbidden')
    await refused(add(cy, cy), 'not_found')
    await ada.client.groups.updateMember({ conversation_id, user_id: bob.id, role: 'admin' })
    await refused(add(bob, cy, 'admin'), 'forbidden')
    await add(bob, cy)
    await add(root, dee, 'owner')
    expect(await rolesIn(ada, conversation_id)).toEqual({
      [ada.id]: 'owner',
      [bob.id]: 'admin',
      [cy.id]: 'member',
      [dee.id]: 'owner',
    })
    await refused(root.client.conversations.inboxEntry({ conversation_id }), 'not_found')
  })
})

describe('roles', () => {
  test('roles are set by the owner, and a group keeps one owner', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const set = (who: Person, user_id: string, role: 'owner' | 'admin' | 'member') =>
      who.client.groups.updateMember({ conversation_id, user_id, role })
    await refused(set(bob, bob.id, 'owner'), 'forbidden')
    await refused(set(ada, 'me', 'member'), 'last_owner')
    expect(await set(ada, bob.id, 'owner')).toMatchObject({ user_id: bob.id, role: 'owner' })
    await set(bob, ada.id, 'member')
    await refused(set(ada, bob.id, 'member'), 'forbidden')
    await refused(set(bob, Bun.randomUUIDv7(), 'admin'), 'not_found')
    const seen = await bob.client.conversations.get({ conversation_id })
    expect(seen.me?.permissions).toContain('groups.update-member')
    expect(seen.last_seq).toBe(0)
  })
})

describe('leaving and removing', () => {
  test('the last owner who leaves is replaced by the oldest admin, else the oldest member', async () => {
    const [ada, bob, cy, dee] = await four()
    const { id: conversation_id } = await groupOf(ada, [])
    for (const person of [bob, cy, dee]) await ada.client.groups.addMembers({ conversation_id, user_ids: [person.id] })
    await ada.client.groups.updateMember({ conversation_id, user_id: cy.id, role: 'admin' })
    await ada.client.groups.removeMember({ conversation_id, user_id: 'me' })
    expect(await rolesIn(cy, conversation_id)).toEqual({ [bob.id]: 'member', [cy.id]: 'owner', [dee.id]: 'member' })
    await cy.client.groups.removeMember({ conversation_id, user_id: cy.id })
    expect(await rolesIn(bob, conversation_id)).toEqual({ [bob.id]: 'owner', [dee.id]: 'member' })
    await bob.client.groups.removeMember({ conversation_id, user_id: 'me' })
    await dee.client.groups.removeMember({ conversation_id, user_id: 'me' })
    await refused(dee.client.conversations.get({ conversation_id }), 'not_found')
  })

  test('the last owner is replaced also when an ADMIN removes them, the list is replaced, or their account is deleted', async () => {
    const root = await withRole(server, 'ADMIN')
    const ways: ((conversation_id: string, ada: Person, bob: Person, cy: Person) => Promise<unknown>)[] = [
      (conversation_id, ada) => root.client.groups.removeMember({ conversation_id, user_id: ada.id }),
      (conversation_id, _ada, bob, cy) =>
        root.client.groups.update({ conversation_id, participant_ids: [bob.id, cy.id] }),
      (_conversation_id, ada) => root.client.users.delete({ user_id: ada.id }),
    ]
    for (const way of ways) {
      const [ada, bob, cy] = await four()
      const { id: conversation_id } = await groupOf(ada, [])
      for (const { id } of [bob, cy]) await ada.client.groups.addMembers({ conversation_id, user_ids: [id] })
      await ada.client.groups.updateMember({ conversation_id, user_id: cy.id, role: 'admin' })
      await way(conversation_id, ada, bob, cy)
      expect(await rolesIn(bob, conversation_id)).toEqual({ [bob.id]: 'member', [cy.id]: 'owner' })
    }
  })

  test('an admin removes members, not the owner; a removal can be repeated', async () => {
    const [ada, bob, cy, dee] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob, cy])
    const remove = (who: Person, user_id: string) => who.client.groups.removeMember({ conversation_id, user_id })
    await refused(remove(bob, cy.id), 'forbidden')
    await refused(remove(bob, dee.id), 'not_found')
    await ada.client.groups.updateMember({ conversation_id, user_id: bob.id, role: 'admin' })
    await refused(remove(bob, ada.id), 'forbidden')
    await remove(bob, cy.id)
    await remove(bob, cy.id)
    await refused(remove(bob, Bun.randomUUIDv7()), 'not_found')
    const { data } = await ada.client.messages.list({ conversation_id })
    expect(data.map(message => message.metadata)).toEqual([{ event: 'member.removed', user_ids: [cy.id] }])
  })

  test('removing a member ends all access at once', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const message = await say(bob, conversation_id, 'mine')
    await ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
    const tries = [
      bob.client.conversations.get({ conversation_id }),
      bob.client.messages.list({ conversation_id }),
      bob.client.messages.get({ message_id: message.id }),
      bob.client.messages.history({ message_id: message.id }),
      bob.client.messages.update({ message_id: message.id, content: 'x' }),
      bob.client.messages.delete({ message_id: message.id }),
      bob.client.messages.react({ message_id: message.id, emoji: 'x' }),
      bob.client.conversations.read({ conversation_id, seq: 1 }),
      say(bob, conversation_id, 'still here'),
    ]
    await Promise.all(tries.map(attempt => refused(attempt, 'not_found')))
  })

  test('each of 20 sends that race with a removal is either stored before it or refused', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const sends = Array.from({ length: 20 }, (_, index) => say(bob, conversation_id, `word ${index}`))
    const removal = ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
    const [results] = await Promise.all([Promise.allSettled(sends), removal])
    const { data } = await ada.client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    const end = data.findIndex(message => message.type === 'system')
    expect(data.slice(end + 1)).toEqual([])
    expect(data.slice(0, end)).toHaveLength(results.filter(result => result.status === 'fulfilled').length)
  })
})
