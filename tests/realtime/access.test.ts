import { describe, expect, test } from 'bun:test'
import { PASSWORD, groupOf, register, say, signIn, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

/** No time passes for the server: a socket that closes was closed by the call, not by a check that is made now and then. */
const now = new Date()
const server = sharedServer({ overrides: { clock: () => now, monotonic: () => 1_000 } })

/** Sockets of a session are closed 4401 by the call that ends it. */
async function endsBy(ended: Person, call: () => Promise<unknown>): Promise<void> {
  using socket = await openSocket(server.url, { token: ended.access_token })
  await call()
  expect(await socket.closed()).toBe(4401)
}

describe('the end of a session closes its sockets, and no other', () => {
  test('the sockets of a session are closed by logout, by revoking, by a new password, by logging out everywhere', async () => {
    const ada = await register(server, 'ada')
    using other = await openSocket(server.url, { token: ada.access_token })
    const [one, two, three, four] = [
      await signIn(server, ada.name),
      await signIn(server, ada.name),
      await signIn(server, ada.name),
      await signIn(server, ada.name),
    ]
    await endsBy(one, () => one.client.auth.logout({}))
    await endsBy(two, () => ada.client.auth.revokeSession({ session_id: two.session_id }))
    await endsBy(three, () =>
      ada.client.auth.password({ current_password: PASSWORD, new_password: 'a new fine passphrase' }),
    )
    expect(other.code).toBeNull()
    const five = await signIn(server, ada.name, 'a new fine passphrase')
    await endsBy(five, () => ada.client.auth.logout({ all: true }))
    expect(await other.closed()).toBe(4401)
    const { status } = await fetch(`${server.url}/users/me`, {
      headers: { authorization: `Bearer ${four.access_token}` },
    })
    expect(status).toBe(401)
  })

  test('the sockets of a session are closed by disabling and deleting the account, and by reuse of a refresh token', async () => {
    const [ada, bob, cy, root] = [
      await register(server, 'ada'),
      await register(server, 'bob'),
      await register(server, 'cy'),
      await withRole(server, 'ADMIN'),
    ]
    await endsBy(ada, () => root.client.users.update({ user_id: ada.id, disabled: true }))
    await endsBy(bob, () => root.client.users.delete({ user_id: bob.id }))
    const refresh = (refresh_token: string) =>
      fetch(`${server.url}/auth/refresh-token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token }),
      }).then(response => response.json())
    const next = (await refresh(cy.refresh_token)) as { refresh_token: string; access_token: string }
    await refresh(next.refresh_token)
    await endsBy({ ...cy, access_token: next.access_token }, () => refresh(cy.refresh_token))
  })

  test('a call that ends its own session is answered first', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    socket.send({ type: 'call', id: 1, op: 'auth.logout' })
    expect(await socket.find('result')).toMatchObject({ id: 1, status: 204 })
    expect(await socket.closed()).toBe(4401)
  })
})

describe('the end of a membership', () => {
  test('the removal is the last event that the removed member gets, live and in a replay', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    using live = await openSocket(server.url, { token: bob.access_token })
    for (let index = 0; index < 20; index += 1) await say(ada, room, '👍'.repeat(8_000))
    using replaying = await openSocket(server.url, {
      token: bob.access_token,
      resume: { epoch: server.running.storage.epoch, positions: { [room]: 0 } },
    })
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    const head = 22
    for (let index = 0; index < 20; index += 1) await say(ada, room, 'not for bob')
    await replaying.find('resumed')
    for (const socket of [live, replaying]) {
      await until(() => socket.changes(bob.id).length > 0, 'the own stream tells of it')
      expect(socket.changes(room).filter(change => change > head)).toEqual([])
    }
    expect(live.changes(room).at(-1)).toBe(head)
    expect(live.frames).toContainEqual(expect.objectContaining({ event: 'member.removed', change: head }))
    expect(live.frames).toContainEqual(expect.objectContaining({ event: 'conversation.left', stream: bob.id }))
    expect(JSON.stringify([live.frames, replaying.frames])).not.toContain('not for bob')

    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [bob.id] })
    await say(ada, room, 'welcome back')
    await until(() => JSON.stringify(live.frames).includes('welcome back'), 'bob hears again')
  })

  test('a purge ends every membership, and no event follows', async () => {
    const [ada, bob, root] = [
      await register(server, 'ada'),
      await register(server, 'bob'),
      await withRole(server, 'ADMIN'),
    ]
    const { id: room } = await groupOf(ada, [bob])
    using socket = await openSocket(server.url, { token: bob.access_token })
    await root.client.conversations.delete({ conversation_id: room, soft_delete: false })
    const last = await socket.find('event', frame => frame.event === 'conversation.deleted')
    expect(last).toMatchObject({ stream: room, change: 2, data: { conversation_id: room } })
    await socket.find('event', frame => frame.event === 'conversation.left')
  })

  test('an ADMIN who is not a member gets no events', async () => {
    const [ada, root] = [await register(server, 'ada'), await withRole(server, 'ADMIN')]
    const { id: room } = await groupOf(ada, [])
    using watching = await openSocket(server.url, { token: root.access_token })
    using own = await openSocket(server.url, { token: ada.access_token })
    await root.client.conversations.update({ conversation_id: room, name: 'ExpectedVersion to' })
    await until(() => own.changes(room).length > 0, 'the member hears')
    expect(watching.frames.map(frame => frame.type)).toEqual(['hello', 'ready'])
  })
})

describe('what has no change', () => {
  test('receipts are sent to the other members, profiles to users who share a conversation', async () => {
    const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
    const { id: room } = await groupOf(ada, [bob])
    await say(ada, room, 'read me')
    const sockets = await Promise.all(
      [ada, bob, cy].map(({ access_token }) => openSocket(server.url, { token: access_token })),
    )
    const [adas, bobs, cys] = sockets
    await bob.client.conversations.read({ conversation_id: room, seq: 1 })
    expect(await adas?.find('event', frame => frame.event === 'receipt.updated')).toMatchObject({
      data: { conversation_id: room, user_id: bob.id, last_read_seq: 1 },
    })
    await bob.client.users.update({ user_id: 'me', full_name: 'Bob the Reader' })
    const told = await adas?.find('event', frame => frame.event === 'user.updated')
    expect(told?.data).toMatchObject({ user: { id: bob.id, full_name: 'Bob the Reader' } })
    expect(JSON.stringify(told)).not.toContain('@example.com')
    await bobs?.find('event', frame => frame.event === 'read.updated')
    expect(bobs?.frames.some(frame => frame.type === 'event' && frame.event === 'receipt.updated')).toBe(false)
    expect(cys?.frames.map(frame => frame.type)).toEqual(['hello', 'ready'])
    for (const socket of sockets) socket[Symbol.dispose]()
  })
})
