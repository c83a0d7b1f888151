import { describe, expect, test } from 'bun:test'
import { groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { transportsOf } from '../support/transports.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

async function scene(): Promise<{ ada: Person; bob: Person; cy: Person; conversation_id: string }> {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  return { ada, bob, cy, conversation_id: (await groupOf(ada, [bob])).id }
}

describe('creating, listing and revoking', () => {
  test('an invite shows what it was created with, and has a code that nobody guesses', async () => {
    const { ada, conversation_id } = await scene()
    const before = Date.now()
    const limited = await ada.client.invites.create({ conversation_id, expires_in: 60, max_uses: 3 })
    expect(limited).toMatchObject({ conversation_id, created_by: ada.id, max_uses: 3, uses: 0 })
    // 128 bits in base64url.
    expect(limited.code).toMatch(/^[A-Za-z0-9_-]{22}$/)
    const expires = Date.parse(limited.expires_at ?? '')
    expect(expires).toBeGreaterThanOrEqual(before + 60_000)
    expect(expires).toBe(Date.parse(limited.created_at) + 60_000)
    const open = await ada.client.invites.create({ conversation_id, expires_in: null })
    expect(open).toMatchObject({ expires_at: null, max_uses: null })
  })

  test('invites are listed newest first, page by page, without those that ended by time or by hand', async () => {
    const { ada, conversation_id } = await scene()
    const codes: string[] = []
    for (const _ of [1, 2, 3, 4]) codes.push((await ada.client.invites.create({ conversation_id })).code)
    const brief = await ada.client.invites.create({ conversation_id, expires_in: 1 })
    await ada.client.invites.revoke({ conversation_id, code: codes[1] ?? '' })
    await until(() => Date.now() > Date.parse(brief.expires_at ?? ''), 'the invite has expired')
    const first = await ada.client.invites.list({ conversation_id, limit: 2 })
    expect(first.data.map(({ code }) => code)).toEqual([codes[3] ?? '', codes[2] ?? ''])
    expect(first).toMatchObject({ has_more: true, first_id: codes[3], last_id: codes[2] })
    const next = await ada.client.invites.list({ conversation_id, limit: 2, start: first.next_start ?? '' })
    expect(next.data.map(({ code }) => code)).toEqual([codes[0] ?? ''])
    const oldest = await ada.client.invites.list({ conversation_id, sort: 'asc', limit: 1 })
    expect(oldest.data.map(({ code }) => code)).toEqual([codes[0] ?? ''])
    await refused(ada.client.invites.preview({ code: brief.code }), 'gone')
  })

  test('revoking can be repeated; the code of another group or of nobody is 404', async () => {
    const { ada, bob, conversation_id } = await scene()
    const { id: other } = await groupOf(ada, [])
    const { code } = await ada.client.invites.create({ conversation_id })
    await refused(ada.client.invites.revoke({ conversation_id: other, code }), 'not_found')
    await refused(ada.client.invites.revoke({ conversation_id, code: 'nobody-has-this' }), 'not_found')
    await refused(bob.client.invites.revoke({ conversation_id, code }), 'forbidden')
    await ada.client.invites.revoke({ conversation_id, code })
    await ada.client.invites.revoke({ conversation_id, code })
    expect((await ada.client.invites.list({ conversation_id })).data).toEqual([])
  })

  test('creating and listing is for admin, owner and ADMIN; a USER who is admin may', async () => {
    const { ada, bob, cy, conversation_id } = await scene()
    const [root, user] = [await withRole(server, 'ADMIN'), await withRole(server, 'USER')]
    await refused(bob.client.invites.create({ conversation_id }), 'forbidden')
    await refused(bob.client.invites.list({ conversation_id }), 'forbidden')
    await refused(cy.client.invites.create({ conversation_id }), 'not_found')
    await refused(cy.client.invites.list({ conversation_id }), 'not_found')
    await ada.client.groups.addMembers({ conversation_id, user_ids: [user.id], role: 'admin' })
    await user.client.invites.create({ conversation_id })
    await root.client.invites.create({ conversation_id })
    expect((await root.client.invites.list({ conversation_id })).data).toHaveLength(2)
    const direct = await ada.client.conversations.create({ type: 'direct', participant_ids: [bob.id] })
    await refused(ada.client.invites.create({ conversation_id: direct.id }), 'not_found')
  })

  test('a disabled group takes no new invite and admits nobody, but shows and revokes its invites', async () => {
    const { ada, cy, conversation_id } = await scene()
    const { code } = await ada.client.invites.create({ conversation_id })
    await ada.client.groups.update({ conversation_id, disabled: true })
    await refused(ada.client.invites.create({ conversation_id }), 'conversation_disabled')
    await refused(cy.client.invites.join({ code }), 'conversation_disabled')
    expect((await ada.client.invites.list({ conversation_id })).data).toMatchObject([{ code, uses: 0 }])
    await ada.client.invites.revoke({ conversation_id, code })
  })
})

describe('joining', () => {
  test('a preview shows name, topic and the number of members, and nothing else', async () => {
    const { ada, cy, conversation_id } = await scene()
    await ada.client.groups.update({ conversation_id, topic: 'steam' })
    const { code } = await ada.client.invites.create({ conversation_id })
    const shown = await cy.client.invites.preview({ code })
    expect(shown).toStrictEqual({ name: 'Engines', topic: 'steam', participant_count: 2 })
    await refused(cy.client.invites.preview({ code: `${code}x` }), 'not_found')
  })

  test('joining leaves a system message, tells the members, and shows the whole history', async () => {
    const { ada, cy, conversation_id } = await scene()
    await say(ada, conversation_id, 'long ago')
    const { code } = await ada.client.invites.create({ conversation_id, max_uses: 1 })
    const joined = await cy.client.invites.join({ code })
    expect(joined).toMatchObject({ id: conversation_id, participant_count: 3, me: { role: 'member', unread_count: 0 } })
    expect(joined.last_message).toMatchObject({
      type: 'system',
      sender_id: cy.id,
      content: null,
      metadata: { event: 'member.joined', user_ids: [cy.id] },
    })
    const { data } = await cy.client.messages.list({ conversation_id, sort: 'asc' })
    expect(data.map(message => message.content)).toEqual(['long ago', null])
    expect((await ada.client.invites.list({ conversation_id })).data).toMatchObject([{ code, uses: 1 }])
  })

  test('joining again answers 200 and uses nothing up, also by an invite that has ended', async () => {
    const { ada, bob, cy, conversation_id } = await scene()
    const { code } = await ada.client.invites.create({ conversation_id, max_uses: 1 })
    await cy.client.invites.join({ code })
    for (const person of [ada, bob, cy])
      expect(await person.client.invites.join({ code })).toMatchObject({ id: conversation_id, participant_count: 3 })
    expect((await ada.client.invites.list({ conversation_id })).data).toMatchObject([{ uses: 1 }])
  })

  test('an invite that is used up, revoked or expired is 410, one that never was is 404', async () => {
    const { ada, bob, cy, conversation_id } = await scene()
    await ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
    const used = await ada.client.invites.create({ conversation_id, max_uses: 1 })
    await cy.client.invites.join({ code: used.code })
    const revoked = await ada.client.invites.create({ conversation_id })
    await ada.client.invites.revoke({ conversation_id, code: revoked.code })
    const expired = await ada.client.invites.create({ conversation_id, expires_in: 1 })
    await until(() => Date.now() > Date.parse(expired.expires_at ?? ''), 'the invite has expired')
    for (const { code } of [used, revoked, expired]) {
      await refused(bob.client.invites.preview({ code }), 'gone')
      await refused(bob.client.invites.join({ code }), 'gone')
    }
    await refused(bob.client.invites.join({ code: 'nobody-has-this' }), 'not_found')
    await refused(bob.client.conversations.get({ conversation_id }), 'not_found')
  })

  test('of 24 people who race for the last 5 uses, 5 join and 19 are told that it is used up', async () => {
    const { ada, conversation_id } = await scene()
    const people = await Promise.all(Array.from({ length: 24 }, () => register(server, 'racer')))
    const { code } = await ada.client.invites.create({ conversation_id, max_uses: 5 })
    const { rest, trpc, socket } = transportsOf(server.url)
    const calls = people.map(({ access_token }, index) => {
      const by = [rest, trpc, socket][index % 3] ?? rest
      return by('invites.join', { code }, access_token)
    })
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.filter(status => status === 200)).toHaveLength(5)
    expect(statuses.filter(status => status === 410)).toHaveLength(19)
    const { participant_count, last_seq } = await ada.client.groups.get({ conversation_id })
    expect({ participant_count, last_seq }).toEqual({ participant_count: 7, last_seq: 5 })
    expect((await ada.client.invites.list({ conversation_id })).data).toMatchObject([{ uses: 5 }])
  })

  test('20 joins of one person at once join once and use one up', async () => {
    const { ada, cy, conversation_id } = await scene()
    const { code } = await ada.client.invites.create({ conversation_id, max_uses: 2 })
    const joined = await Promise.all(Array.from({ length: 20 }, () => cy.client.invites.join({ code })))
    expect(new Set(joined.map(({ last_seq }) => last_seq))).toEqual(new Set([1]))
    expect((await ada.client.invites.list({ conversation_id })).data).toMatchObject([{ uses: 1 }])
  })

  test('a USER may join by an invite', async () => {
    const { ada, conversation_id } = await scene()
    const user = await withRole(server, 'USER')
    const { code } = await ada.client.invites.create({ conversation_id })
    expect(await user.client.invites.join({ code })).toMatchObject({ me: { role: 'member' } })
    await say(user, conversation_id, 'here I am')
  })
})

describe('the end of a group or an account', () => {
  test('the invites of a purged group are 404', async () => {
    const { ada, cy, conversation_id } = await scene()
    const root = await withRole(server, 'ADMIN')
    const { code } = await ada.client.invites.create({ conversation_id })
    await root.client.groups.delete({ conversation_id, soft_delete: false })
    await refused(cy.client.invites.preview({ code }), 'not_found')
    await refused(cy.client.invites.join({ code }), 'not_found')
  })

  test('the invites of a deleted account are 410; those of somebody who left still admit', async () => {
    const { ada, bob, cy, conversation_id } = await scene()
    const root = await withRole(server, 'ADMIN')
    await ada.client.groups.updateMember({ conversation_id, user_id: bob.id, role: 'owner' })
    const [by_ada, by_bob] = [ada, bob].map(person => person.client.invites.create({ conversation_id }))
    const codes = [(await by_ada)?.code ?? '', (await by_bob)?.code ?? '']
    await root.client.users.delete({ user_id: ada.id })
    await refused(cy.client.invites.join({ code: codes[0] ?? '' }), 'gone')
    await bob.client.groups.removeMember({ conversation_id, user_id: 'me' })
    // Nobody is left, so who joins becomes owner.
    expect(await cy.client.invites.join({ code: codes[1] ?? '' })).toMatchObject({ me: { role: 'owner' } })
  })

  test("the export of a user has the user's invites", async () => {
    const { ada, conversation_id } = await scene()
    const { code } = await ada.client.invites.create({ conversation_id })
    await say(ada, conversation_id, 'mine')
    const exported = await ada.client.users.export({})
    expect(exported.invites).toMatchObject([{ code, conversation_id, uses: 0 }])
    const paged: unknown[] = []
    for (let start: string | null = ''; start !== null;) {
      const page: typeof exported = await ada.client.users.export({ limit: 1, ...(start === '' ? {} : { start }) })
      paged.push(...page.sessions, ...page.conversations, ...page.invites, ...page.messages.data)
      start = page.messages.next_start
    }
    expect(paged).toEqual([
      ...exported.sessions,
      ...exported.conversations,
      ...exported.invites,
      ...exported.messages.data,
    ])
  })
})
