import { describe, expect, test } from 'bun:test'
import { groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
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

describe('adding people', () => {
  test('adding people reports who was added, who was a member already, and who cannot be added', async () => {
    const [ada, bob, cy, dee] = await four()
    const root = await withRole(server, 'ADMIN')
    await root.client.users.update({ user_id: dee.id, disabled: true })
    const { id: conversation_id } = await groupOf(ada, [bob])
    const nobody = Bun.randomUUIDv7()
    const user_ids = [bob.id, cy.id, dee.id, nobody, cy.id]
    const result = await ada.client.groups['add-members']({ conversation_id, user_ids })
    expect(result).toEqual({ added: [cy.id], already_members: [bob.id], skipped: [dee.id, nobody] })
    const again = await ada.client.groups['add-members']({ conversation_id, user_ids: [cy.id] })
    expect(again).toEqual({ added: [], already_members: [cy.id], skipped: [] })
    const { last_seq, last_message } = await cy.client.conversations.get({ conversation_id })
    expect(last_seq).toBe(1)
    expect(last_message?.metadata).toEqual({ event: 'member.added', user_ids: [cy.id] })
  })

  test('new members see the whole history', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [])
    await say(ada, conversation_id, 'long ago')
    await ada.client.groups['add-members']({ conversation_id, user_ids: [bob.id] })
    const { data } = await bob.client.messages.list({ conversation_id, sort: 'asc' })
    expect(data.map(message => message.content)).toEqual(['long ago', null])
  })

  test('adding people is for admin, owner and ADMIN; giving a role is for owner and ADMIN', async () => {
    const [ada, bob, cy, dee] = await four()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [bob])
    const add = (who: Person, user: Person, role?: 'admin' | 'owner') =>
      who.client.groups['add-members']({ conversation_id, user_ids: [user.id], ...(role ? { role } : {}) })
    await refused(add(bob, cy), 'forbidden')
    await refused(add(cy, cy), 'not_found')
    await ada.client.groups['update-member']({ conversation_id, user_id: bob.id, role: 'admin' })
    await refused(add(bob, cy, 'admin'), 'forbidden')
    await add(bob, cy)
    await add(root, dee, 'owner')
    expect(await rolesIn(ada, conversation_id)).toEqual({
      [ada.id]: 'owner',
      [bob.id]: 'admin',
      [cy.id]: 'member',
      [dee.id]: 'owner',
    })
    await refused(root.client.conversations['inbox-entry']({ conversation_id }), 'not_found')
  })
})

describe('roles', () => {
  test('roles are set by the owner, and a group keeps one owner', async () => {
    const [ada, bob] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const set = (who: Person, user_id: string, role: 'owner' | 'admin' | 'member') =>
      who.client.groups['update-member']({ conversation_id, user_id, role })
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
    for (const person of [bob, cy, dee])
      await ada.client.groups['add-members']({ conversation_id, user_ids: [person.id] })
    await ada.client.groups['update-member']({ conversation_id, user_id: cy.id, role: 'admin' })
    await ada.client.groups['remove-member']({ conversation_id, user_id: 'me' })
    expect(await rolesIn(cy, conversation_id)).toEqual({ [bob.id]: 'member', [cy.id]: 'owner', [dee.id]: 'member' })
    await cy.client.groups['remove-member']({ conversation_id, user_id: cy.id })
    expect(await rolesIn(bob, conversation_id)).toEqual({ [bob.id]: 'owner', [dee.id]: 'member' })
    await bob.client.groups['remove-member']({ conversation_id, user_id: 'me' })
    await dee.client.groups['remove-member']({ conversation_id, user_id: 'me' })
    await refused(dee.client.conversations.get({ conversation_id }), 'not_found')
  })

  test('an admin removes members, not the owner; a removal can be repeated', async () => {
    const [ada, bob, cy, dee] = await four()
    const { id: conversation_id } = await groupOf(ada, [bob, cy])
    const remove = (who: Person, user_id: string) => who.client.groups['remove-member']({ conversation_id, user_id })
    await refused(remove(bob, cy.id), 'forbidden')
    await refused(remove(bob, dee.id), 'not_found')
    await ada.client.groups['update-member']({ conversation_id, user_id: bob.id, role: 'admin' })
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
    await ada.client.groups['remove-member']({ conversation_id, user_id: bob.id })
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
    const removal = ada.client.groups['remove-member']({ conversation_id, user_id: bob.id })
    const [results] = await Promise.all([Promise.allSettled(sends), removal])
    const { data } = await ada.client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    const end = data.findIndex(message => message.type === 'system')
    expect(data.slice(end + 1)).toEqual([])
    expect(data.slice(0, end)).toHaveLength(results.filter(result => result.status === 'fulfilled').length)
  })
})
