import { describe, expect, test } from 'bun:test'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'

const server = sharedServer()
const people = shared(async () => ({
  ada: await register(server, 'ada'),
  bob: await register(server, 'bob'),
  cy: await register(server, 'cy'),
  root: await withRole(server, 'ADMIN'),
}))

describe('a direct conversation', () => {
  test('a direct conversation exists once per pair, from either side and however often it is opened', async () => {
    const { ada, bob } = people()
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? directOf(ada, bob) : directOf(bob, ada))),
    )
    expect(new Set(opened.map(conversation => conversation.id)).size).toBe(1)
    const [first] = opened
    expect(first).toMatchObject({ type: 'direct', name: null, participant_count: 2, me: { role: 'member' } })
  })

  test('a direct conversation cannot be renamed, disabled, joined or left by its members', async () => {
    const { ada, bob, cy, root } = people()
    const { id: conversation_id } = await directOf(ada, bob)
    await refused(ada.client.conversations.update({ conversation_id, name: 'Us' }), 'forbidden')
    await refused(ada.client.conversations.update({ conversation_id, disabled: true }), 'forbidden')
    await refused(ada.client.groups.addMembers({ conversation_id, user_ids: [cy.id] }), 'forbidden')
    await refused(ada.client.groups.removeMember({ conversation_id, user_id: 'me' }), 'forbidden')
    await refused(root.client.conversations.update({ conversation_id, participant_ids: [cy.id] }), 'forbidden')
  })

  test('a direct conversation takes exactly one other user, whose account is in use', async () => {
    const { ada, bob, cy, root } = people()
    const open = (participant_ids: string[]) => ada.client.conversations.create({ type: 'direct', participant_ids })
    await refused(open([]), 'validation_failed')
    await refused(open([ada.id]), 'validation_failed')
    await refused(open([bob.id, cy.id]), 'validation_failed')
    await refused(open([Bun.randomUUIDv7()]), 'validation_failed')
    const gone = await register(server, 'gone')
    await root.client.users.update({ user_id: gone.id, disabled: true })
    await refused(open([gone.id]), 'cannot_message_user')
  })
})

describe('a group', () => {
  test('a group begins with its creator as owner and without messages', async () => {
    const { ada, bob, cy } = people()
    const room = await groupOf(ada, [bob, cy, bob])
    expect(room).toMatchObject({ last_seq: 0, last_change: 1, last_message: null, participant_count: 3 })
    expect(room.me).toMatchObject({ role: 'owner', last_read_seq: 0, unread_count: 0, notify: 'all' })
    const seen = await bob.client.conversations.get({ conversation_id: room.id })
    expect(seen.me).toMatchObject({
      role: 'member',
      permissions: ['messages.send', 'messages.react', 'messages.unreact'],
    })
  })

  test('a group is 404 for users who are not members', async () => {
    const { ada, cy, root } = people()
    const { id: conversation_id } = await groupOf(ada, [])
    const message = await say(ada, conversation_id, 'secret')
    await refused(cy.client.conversations.get({ conversation_id }), 'not_found')
    await refused(cy.client.conversations.inboxEntry({ conversation_id }), 'not_found')
    await refused(cy.client.conversations.members({ conversation_id }), 'not_found')
    await refused(cy.client.conversations.receipts({ conversation_id }), 'not_found')
    await refused(cy.client.conversations.read({ conversation_id, seq: 0 }), 'not_found')
    await refused(cy.client.messages.list({ conversation_id }), 'not_found')
    await refused(cy.client.messages.get({ message_id: message.id }), 'not_found')
    await refused(say(cy, conversation_id, 'hello?'), 'not_found')
    const seen = await root.client.conversations.get({ conversation_id })
    expect(seen.me).toBeNull()
    await refused(say(root, conversation_id, 'hello'), 'forbidden')
    await refused(root.client.conversations.inboxEntry({ conversation_id }), 'not_found')
  })

  test('a group is renamed by admin and owner, and a system message reports it', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    await refused(bob.client.conversations.update({ conversation_id, name: 'Mine' }), 'forbidden')
    const renamed = await ada.client.conversations.update({ conversation_id, name: 'Looms', topic: 'weaving' })
    expect(renamed).toMatchObject({ name: 'Looms', topic: 'weaving', last_seq: 1, last_change: 2 })
    expect(renamed.last_message).toMatchObject({
      type: 'system',
      sender_id: ada.id,
      content: null,
      metadata: { event: 'conversation.renamed', name: 'Looms' },
    })
    const same = await ada.client.conversations.update({ conversation_id, name: 'Looms' })
    expect(same.last_change).toBe(2)
    const cleared = await ada.client.conversations.update({ conversation_id, topic: null })
    expect(cleared).toMatchObject({ name: 'Looms', topic: null, last_seq: 1, last_change: 3 })
  })

  test('the members of a group are replaced by PUT, and the caller stays', async () => {
    const { ada, bob, cy, root } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const changed = await ada.client.conversations.update({ conversation_id, participant_ids: [cy.id] })
    expect(changed.participants.map(member => member.user_id).toSorted()).toEqual([ada.id, cy.id].toSorted())
    await refused(bob.client.conversations.get({ conversation_id }), 'not_found')
    const without = await root.client.conversations.update({
      conversation_id,
      participant_ids: [root.id, bob.id, cy.id],
    })
    expect(without.me).toBeNull()
    // The oldest of those who stay takes over from the owner who was taken out.
    expect(without.participants.map(member => [member.user_id, member.role])).toEqual([
      [cy.id, 'owner'],
      [bob.id, 'member'],
    ])
  })

  test('a group that its owner has disabled keeps its history and answers writes with 423 until it is restored', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const message = await say(ada, conversation_id, 'before')
    const off = await ada.client.conversations.update({ conversation_id, disabled: true })
    expect(off.me?.permissions).toEqual(['conversations.update', 'groups.update'])
    await refused(say(bob, conversation_id, 'after'), 'conversation_disabled')
    await refused(bob.client.messages.react({ message_id: message.id, emoji: '👍' }), 'conversation_disabled')
    await refused(ada.client.messages.update({ message_id: message.id, content: 'x' }), 'conversation_disabled')
    await refused(ada.client.messages.delete({ message_id: message.id }), 'conversation_disabled')
    await refused(ada.client.conversations.update({ conversation_id, name: 'x' }), 'conversation_disabled')
    expect((await bob.client.messages.list({ conversation_id })).data).toHaveLength(1)
    await ada.client.conversations.update({ conversation_id, disabled: false })
    await say(bob, conversation_id, 'after')
  })

  test('a disabled group answers other errors before 423, and accepts calls that change nothing', async () => {
    const { ada, bob, cy, root } = people()
    const gone = await register(server, 'gone')
    await root.client.users.update({ user_id: gone.id, disabled: true })
    const { id: conversation_id } = await groupOf(ada, [bob])
    await ada.client.groups.updateMember({ conversation_id, user_id: bob.id, role: 'admin' })
    const off = await ada.client.conversations.update({ conversation_id, disabled: true })
    const put = (who: Person, participant_ids: string[]) =>
      who.client.conversations.update({ conversation_id, participant_ids })
    await refused(put(bob, [Bun.randomUUIDv7()]), 'validation_failed')
    await refused(put(bob, [cy.id]), 'forbidden')
    await refused(put(bob, [gone.id]), 'forbidden')
    await refused(put(ada, [bob.id, gone.id]), 'cannot_message_user')
    await refused(put(ada, [bob.id, cy.id]), 'conversation_disabled')
    const same = [
      { conversation_id },
      { conversation_id, disabled: true },
      { conversation_id, name: off.name, topic: null, participant_ids: [bob.id] },
    ]
    for (const input of same)
      expect(await ada.client.conversations.update(input)).toMatchObject({ last_change: off.last_change })
  })

  test('a group is soft-deleted and purged by an ADMIN only', async () => {
    const { ada, bob, root } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const message = await say(ada, conversation_id, 'text to purge')
    await refused(ada.client.conversations.delete({ conversation_id }), 'forbidden')
    await root.client.conversations.delete({ conversation_id })
    await root.client.conversations.delete({ conversation_id })
    expect((await ada.client.conversations.get({ conversation_id })).disabled).toBe(true)
    await root.client.conversations.delete({ conversation_id, soft_delete: false })
    await root.client.conversations.delete({ conversation_id, soft_delete: false })
    await refused(ada.client.conversations.get({ conversation_id }), 'not_found')
    await refused(root.client.messages.get({ message_id: message.id }), 'not_found')
    await refused(root.client.conversations.delete({ conversation_id: Bun.randomUUIDv7() }), 'not_found')
    const inbox = await ada.client.conversations.inbox({ limit: 100 })
    expect(inbox.data.map(conversation => conversation.id)).not.toContain(conversation_id)
    const entries = await server.running.storage.log.read(conversation_id, 0, 100)
    expect(entries.map(entry => entry.change)).toEqual(entries.map((_, index) => index + 1))
    expect(JSON.stringify(entries)).not.toContain('text to purge')
  })
})

test('a user id is not a conversation, for any caller', async () => {
  const { ada, bob, cy, root } = people()
  const { id: room } = await groupOf(ada, [bob])
  const { id: conversation_id } = bob
  const attempts: Promise<unknown>[] = [cy, bob, root].flatMap(({ client }) => [
    client.conversations.get({ conversation_id }),
    client.conversations.update({ conversation_id, topic: 'x' }),
    client.conversations.inboxEntry({ conversation_id }),
    client.conversations.read({ conversation_id, seq: 0 }),
    client.conversations.members({ conversation_id }),
    client.conversations.receipts({ conversation_id }),
    client.messages.list({ conversation_id }),
    client.messages.pins({ conversation_id }),
    say({ ...cy, client }, conversation_id, 'hello'),
    client.groups.addMembers({ conversation_id, user_ids: [cy.id] }),
  ])
  for (const soft_delete of [true, false])
    attempts.push(root.client.conversations.delete({ conversation_id, soft_delete }))
  const own = Array.from({ length: 10 }, (_, index) => say(bob, room, `word ${index}`))
  await Promise.all([...attempts.map(attempt => refused(attempt, 'not_found')), ...own])
})

describe('lists of conversations', () => {
  test('lists of own conversations page by id and by activity, without repetitions or gaps', async () => {
    const dee = await register(server, 'dee')
    const rooms = await Promise.all(Array.from({ length: 7 }, (_, index) => groupOf(dee, [], `room ${index}`)))
    for (const room of rooms.toReversed()) await say(dee, room.id, 'hello')
    const ids = rooms.map(room => room.id).toSorted()
    const walk = async (input: { order?: 'id' | 'activity'; sort?: 'asc' | 'desc' | '1' | -1 }) => {
      const seen: string[] = []
      let start: string | null = null
      do {
        const page = await dee.client.conversations.list({ ...input, limit: 3, ...(start ? { start } : {}) })
        seen.push(...page.data.map(room => room.id))
        start = page.next_start
      } while (start)
      return seen
    }
    expect(await walk({})).toEqual(ids)
    expect(await walk({ sort: -1 })).toEqual(ids.toReversed())
    const byActivity = await walk({ order: 'activity' })
    expect(byActivity.toSorted()).toEqual(ids)
    expect(await walk({ order: 'activity', sort: '1' })).toEqual(byActivity.toReversed())
    const inbox = await dee.client.conversations.inbox({ limit: 100 })
    expect(inbox.data.map(room => room.id)).toEqual(byActivity)
    const [, second] = ids
    const before = await dee.client.conversations.list({ before: second ?? '' })
    expect(before.data.map(room => room.id)).toEqual(ids.slice(0, 1))
  })

  test('lists of all conversations are for an ADMIN', async () => {
    const { ada, cy, root } = people()
    const room = await groupOf(ada, [])
    await refused(cy.client.conversations.list({ scope: 'all' }), 'forbidden')
    const all = await root.client.conversations.list({ scope: 'all', start: room.id, limit: 1 })
    expect(all.data[0]).toMatchObject({ id: room.id, me: null })
    const newest = await root.client.conversations.list({ scope: 'all', order: 'activity', limit: 100 })
    expect(newest.data.map(each => each.id)).toContain(room.id)
  })

  test('a USER gets 403 on conversation lists, and finds the conversations that others add to in the inbox', async () => {
    const { ada } = people()
    const eve = await withRole(server, 'USER')
    const room = await groupOf(ada, [eve])
    await refused(eve.client.conversations.list({}), 'forbidden')
    await refused(eve.client.conversations.get({ conversation_id: room.id }), 'forbidden')
    await refused(eve.client.conversations.create({ type: 'group', participant_ids: [] }), 'forbidden')
    expect((await eve.client.conversations.inbox({})).data.map(each => each.id)).toEqual([room.id])
    await say(eve, room.id, 'I am in')
    await ada.client.groups.updateMember({ conversation_id: room.id, user_id: eve.id, role: 'admin' })
    await refused(eve.client.conversations.update({ conversation_id: room.id, name: 'x' }), 'forbidden')
    const dan = await register(server, 'dan')
    expect(await eve.client.groups.addMembers({ conversation_id: room.id, user_ids: [dan.id] })).toEqual({
      added: [dan.id],
      already_members: [],
      skipped: [],
    })
  })
})

describe('what is unread', () => {
  test('unread messages are those of others after the marker, without system and deleted messages', async () => {
    const { ada, bob, cy } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const unread = async (who: Person) => (await who.client.conversations.inboxEntry({ conversation_id })).me
    for (const word of ['one', 'two', 'three']) await say(ada, conversation_id, word)
    expect(await unread(bob)).toMatchObject({ unread_count: 3, last_read_seq: 0 })
    expect(await unread(ada)).toMatchObject({ unread_count: 0, last_read_seq: 3 })
    await bob.client.conversations.read({ conversation_id, seq: 2 })
    expect(await unread(bob)).toMatchObject({ unread_count: 1, last_read_seq: 2 })
    await ada.client.groups.addMembers({ conversation_id, user_ids: [cy.id] })
    expect(await unread(bob)).toMatchObject({ unread_count: 1 })
    expect(await unread(cy)).toMatchObject({ unread_count: 0, last_read_seq: 4 })
    const five = await say(ada, conversation_id, 'five')
    expect(await unread(bob)).toMatchObject({ unread_count: 2 })
    await ada.client.messages.delete({ message_id: five.id })
    expect(await unread(bob)).toMatchObject({ unread_count: 1 })
    await say(bob, conversation_id, 'six')
    expect(await unread(bob)).toMatchObject({ unread_count: 0, last_read_seq: 6 })
    expect(await unread(ada)).toMatchObject({ unread_count: 1 })
  })

  test('the marker can be set back; own messages still do not count; a receipt never goes back', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    await say(ada, conversation_id, 'one')
    await say(bob, conversation_id, 'two')
    await say(ada, conversation_id, 'three')
    const me = await bob.client.conversations.unread({ conversation_id, seq: 1 })
    expect(me).toMatchObject({ last_read_seq: 0, unread_count: 2 })
    const receipts = async () =>
      (await ada.client.conversations.receipts({ conversation_id })).data.find(receipt => receipt.user_id === bob.id)
    expect((await receipts())?.last_read_seq).toBe(2)
    await bob.client.conversations.read({ conversation_id, seq: 3 })
    expect((await receipts())?.last_read_seq).toBe(3)
    await bob.client.conversations.unread({ conversation_id, seq: 1 })
    expect((await receipts())?.last_read_seq).toBe(3)
    await say(bob, conversation_id, 'four')
    const after = await bob.client.conversations.inboxEntry({ conversation_id })
    expect(after.me).toMatchObject({ last_read_seq: 4, unread_count: 0 })
  })

  test('the marker never goes beyond the last message, nor back by reading', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    await say(ada, conversation_id, 'one')
    await refused(bob.client.conversations.read({ conversation_id, seq: 2 }), 'validation_failed')
    await refused(bob.client.conversations.unread({ conversation_id, seq: 2 }), 'validation_failed')
    await bob.client.conversations.read({ conversation_id, seq: 1 })
    const me = await bob.client.conversations.read({ conversation_id, seq: 0 })
    expect(me.last_read_seq).toBe(1)
  })

  test('mentions are counted separately, and totals leave out muted and archived conversations', async () => {
    const { ada } = people()
    const fay = await register(server, 'fay')
    const rooms = [
      await groupOf(ada, [fay], 'one'),
      await groupOf(ada, [fay], 'two'),
      await groupOf(ada, [fay], 'three'),
    ]
    for (const room of rooms) {
      await say(ada, room.id, 'hello')
      await ada.client.messages.send({ conversation_id: room.id, content: `hi @fay`, mentions: [fay.id, fay.id] })
    }
    const totals = async () => (await fay.client.users.me({})).unread
    expect(await totals()).toEqual({ unread_count: 6, mention_count: 3, unread_conversations: 3 })
    const [one, two] = rooms
    await fay.client.conversations.membership({
      conversation_id: one?.id ?? '',
      muted_until: '2099-01-01T00:00:00.000Z',
    })
    expect(await totals()).toEqual({ unread_count: 4, mention_count: 2, unread_conversations: 2 })
    const settings = await fay.client.conversations.membership({
      conversation_id: two?.id ?? '',
      archived: true,
      pinned: true,
      notify: 'mentions',
    })
    expect(settings).toMatchObject({ archived: true, pinned: true, notify: 'mentions', muted_until: null })
    expect(await totals()).toEqual({ unread_count: 2, mention_count: 1, unread_conversations: 1 })
    const inbox = async (input: { unread?: boolean; archived?: boolean }) =>
      (await fay.client.conversations.inbox(input)).data.length
    expect(await inbox({ archived: true })).toBe(1)
    expect(await inbox({ unread: true })).toBe(3)
    expect(await inbox({ unread: false })).toBe(0)
  })
})
