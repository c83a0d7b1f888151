import { describe, expect, test } from 'bun:test'
import { PASSWORD, directOf, groupOf, refused, register, say, signIn, withRole } from '../support/people.ts'
import { ADMIN, sharedServer, startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'

const server = sharedServer()

describe('a profile', () => {
  test('a profile shows the e-mail address to its user and to an ADMIN only', async () => {
    const [ada, bob, root] = [
      await register(server, 'ada'),
      await register(server, 'bob'),
      await withRole(server, 'ADMIN'),
    ]
    expect((await ada.client.users.get({ user_id: 'me' })).email).toBe(`${ada.name}@example.com`)
    expect((await root.client.users.get({ user_id: ada.id })).email).toBe(`${ada.name}@example.com`)
    expect(await bob.client.users.get({ user_id: ada.id })).not.toHaveProperty('email')
    await refused(bob.client.users.get({ user_id: Bun.randomUUIDv7() }), 'not_found')
  })

  test('a profile is changed by its user: given fields are merged, null clears', async () => {
    const ada = await register(server, 'ada')
    const named = await ada.client.users.update({ user_id: 'me', full_name: 'Ada Lovelace' })
    expect(named.full_name).toBe('Ada Lovelace')
    const username = `${ada.name}2`
    const renamed = await ada.client.users.update({ user_id: ada.id, username })
    expect(renamed).toMatchObject({ full_name: 'Ada Lovelace', username })
    expect((await ada.client.users.update({ user_id: 'me', full_name: null })).full_name).toBeNull()
    expect(await ada.client.users.update({ user_id: 'me' })).toMatchObject({ username })
  })

  test('the profile of another user, and the own role, are changed by an ADMIN only', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    await refused(ada.client.users.update({ user_id: bob.id, full_name: 'Bobby' }), 'forbidden')
    await refused(ada.client.users.update({ user_id: 'me', role: 'ADMIN' }), 'forbidden')
    await refused(ada.client.users.update({ user_id: 'me', disabled: false }), 'forbidden')
    const taken = ada.client.users.update({ user_id: 'me', username: bob.name.toUpperCase() })
    await refused(taken, 'username_taken')
    await refused(ada.client.users.update({ user_id: 'me', email: `${bob.name}@example.com` }), 'email_taken')
  })
})

describe('the list of users', () => {
  test('the list of users finds by a prefix of username or full name, page by page in both directions', async () => {
    const word = `q${crypto.randomUUID().slice(0, 6)}`
    const [viewer, ...found] = await Promise.all([
      register(server, 'viewer'),
      ...Array.from({ length: 5 }, () => register(server, word)),
    ])
    const byName = await register(server, 'other')
    await byName.client.users.update({ user_id: 'me', full_name: `${word.toUpperCase()} Someone` })
    const everyone = [...found, byName].map(person => person.id).toSorted()
    for (const sort of ['asc', 'desc'] as const) {
      const seen: string[] = []
      let start: string | null = null
      do {
        const page = await viewer.client.users.list({ q: word, sort, limit: 2, ...(start ? { start } : {}) })
        expect(page.has_more).toBe(page.next_start !== null)
        seen.push(...page.data.map(user => user.id))
        start = page.next_start
      } while (start)
      expect(seen).toEqual(sort === 'asc' ? everyone : everyone.toReversed())
    }
  })

  test('the list of users takes search text literally', async () => {
    const ada = await register(server, 'ada')
    for (const q of ['%', '_', '.*', '"', "'", '\\', '$ne', '[a-z]'])
      expect((await ada.client.users.list({ q })).data.filter(user => !user.username.startsWith(q))).toEqual([])
  })

  test('the list of users shows disabled users to an ADMIN only', async () => {
    const [ada, root] = [await register(server, 'gone'), await withRole(server, 'ADMIN')]
    await root.client.users.update({ user_id: ada.id, disabled: true })
    const ids = async (who: typeof root, input: { disabled?: boolean }) =>
      (await who.client.users.list({ q: ada.name, ...input })).data.map(user => user.id)
    expect(await ids(root, {})).toEqual([ada.id])
    expect(await ids(root, { disabled: true })).toEqual([ada.id])
    expect(await ids(root, { disabled: false })).toEqual([])
    expect(await ids(await register(server, 'bob'), {})).toEqual([])
  })
})

describe('the last ADMIN', () => {
  test('the last ADMIN cannot be demoted, disabled or deleted, also when 50 try at once', async () => {
    await using alone = await startTestServer()
    const root = await signIn(alone, ADMIN.username, ADMIN.password)
    await refused(root.client.users.update({ user_id: 'me', role: 'USER' }), 'last_admin')
    await refused(root.client.users.update({ user_id: 'me', disabled: true }), 'last_admin')
    await refused(root.client.users.delete({ user_id: 'me', password: ADMIN.password }), 'last_admin')
    const second = await withRole(alone, 'ADMIN')
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 ? root : second).client.users.update({ user_id: index % 2 ? second.id : root.id, role: 'USER' }),
      ),
    )
    expect(tries.some(result => result.status === 'fulfilled')).toBe(true)
    const roles = await Promise.all([root, second].map(person => person.client.users.get({ user_id: 'me' })))
    expect(roles.filter(user => user.role === 'ADMIN')).toHaveLength(1)
  })
})

describe('deleting an account', () => {
  test('deleting the own account needs the password', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    await refused(ada.client.users.delete({ user_id: 'me' }), 'validation_failed')
    await refused(ada.client.users.delete({ user_id: 'me', password: 'wrong' }), 'invalid_credentials')
    await refused(ada.client.users.delete({ user_id: bob.id }), 'forbidden')
    await ada.client.users.me({})
  })

  test('deleting an account keeps its messages, gives its groups a new owner, and removes all personal data', async () => {
    const [ada, bob, cy] = await Promise.all(['ada', 'bob', 'cy'].map(name => register(server, name)))
    if (!ada || !bob || !cy) throw new Error('three people')
    await ada.client.users.update({ user_id: 'me', full_name: 'Ada Lovelace' })
    const room = await groupOf(ada, [bob, cy])
    const direct = await directOf(bob, ada)
    const message = await say(ada, room.id, 'I was here')
    await ada.client.users.delete({ user_id: 'me', password: PASSWORD })

    const left = await bob.client.conversations.get({ conversation_id: room.id })
    // Both joined by the creation: the order is that of their ids, and the first in it takes over.
    const [next = '', other = ''] = [bob.id, cy.id].toSorted()
    expect(left.participants.map(member => [member.user_id, member.role])).toEqual([
      [next, 'owner'],
      [other, 'member'],
    ])
    expect((await bob.client.messages.get({ message_id: message.id })).content).toBe('I was here')
    const ghost = await bob.client.users.get({ user_id: message.sender_id })
    expect(ghost).toMatchObject({ full_name: 'Deleted user', deleted: true })
    expect(JSON.stringify(ghost)).not.toContain(ada.name)
    await refused(say(bob, direct.id, 'still there?'), 'cannot_message_user')
    const me = await fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect(me.status).toBe(401)
    await refused(signIn(server, ada.name), 'invalid_credentials')
    const root = await withRole(server, 'ADMIN')
    await root.client.users.delete({ user_id: ada.id })
  })

  test('deleting an account leaves groups that change at the same time, and their members get the events', async () => {
    const [ada, vic] = [await register(server, 'ada'), await register(server, 'vic')]
    const rooms = await Promise.all(Array.from({ length: 12 }, () => groupOf(ada, [vic])))
    using socket = await openSocket(server.url, { token: ada.access_token })
    const noise = new AbortController()
    const rename = async (conversation_id: string) => {
      for (let name = 1; !noise.signal.aborted; name += 1)
        await ada.client.conversations.update({ conversation_id, name: `n${name}` })
    }
    const renames = Promise.all(rooms.map(room => rename(room.id)))
    await vic.client.users.delete({ user_id: 'me', password: PASSWORD }).finally(() => noise.abort())
    await renames
    const counts = rooms.map(
      async room => (await ada.client.conversations.get({ conversation_id: room.id })).participant_count,
    )
    expect(await Promise.all(counts)).toEqual(rooms.map(() => 1))
    await socket.find('event', ({ event, data }) => event === 'user.updated' && JSON.stringify(data).includes(vic.id))
  })

  test('a deletion that was interrupted is completed by an ADMIN who repeats it', async () => {
    const [ada, vic, root] = [
      await register(server, 'ada'),
      await register(server, 'vic'),
      await withRole(server, 'ADMIN'),
    ]
    const room = await groupOf(ada, [vic])
    await server.running.storage.users.update(vic.id, { deleted: true, disabled: true })
    await root.client.users.delete({ user_id: vic.id })
    expect((await ada.client.conversations.get({ conversation_id: room.id })).participant_count).toBe(1)
  })

  test('deleting an account frees its name', async () => {
    const [ada, root] = [await register(server, 'ada'), await withRole(server, 'ADMIN')]
    await root.client.users.delete({ user_id: ada.id })
    const again = await root.client.users.create({
      username: ada.name,
      email: `${ada.name}@example.com`,
      password: PASSWORD,
    })
    expect(again.id).not.toBe(ada.id)
  })
})

test('the export has profile, sessions, conversations and every own message', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const [one, two] = [await groupOf(ada, [bob], 'One'), await groupOf(bob, [ada], 'Two')]
  const said: string[] = []
  for (const [index, room] of [one, two, one, two].entries()) {
    await say(ada, room.id, `word ${index}`)
    await say(bob, room.id, 'not mine')
    said.push(`word ${index}`)
  }
  await ada.client.groups.removeMember({ conversation_id: two.id, user_id: 'me' })
  const contents: (string | null)[] = []
  const others: string[] = []
  let start: string | null = null
  do {
    const page: Awaited<ReturnType<typeof ada.client.users.export>> = await ada.client.users.export({
      limit: 2,
      ...(start ? { start } : {}),
    })
    expect(page.user.email).toBe(`${ada.name}@example.com`)
    others.push(...page.sessions.map(({ id }) => id), ...page.conversations.map(({ id }) => id))
    contents.push(...page.messages.data.filter(message => message.type === 'text').map(message => message.content))
    start = page.messages.next_start
  } while (start)
  expect(others).toEqual([ada.session_id, one.id])
  expect(contents).toHaveLength(said.length)
  expect(contents).toEqual(expect.arrayContaining(said))
})
