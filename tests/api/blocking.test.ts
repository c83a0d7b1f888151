import { describe, expect, test } from 'bun:test'
import type { Problem } from '../../contracts/errors.ts'
import type { OperationName } from '../../contracts/index.ts'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { transportsOf, type Transport } from '../support/transports.ts'

const server = sharedServer()

/** Ada has blocked Bob, who had her among his contacts. They share a direct conversation and the group of Cy. */
interface Scene {
  ada: Person
  bob: Person
  cy: Person
  direct: string
  group: string
  /** By user: a message and a reaction of theirs in the direct conversation, and a group of theirs without the other. */
  messages: Map<string, string>
  groups: Map<string, string>
}

async function people(): Promise<[Person, Person, Person]> {
  // One after the other: lists are ordered by id.
  return [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
}

async function blocked(): Promise<Scene> {
  const [ada, bob, cy] = await people()
  const [direct, group] = [(await directOf(ada, bob)).id, (await groupOf(cy, [ada, bob])).id]
  const messages = new Map<string, string>()
  const groups = new Map<string, string>()
  for (const person of [ada, bob]) {
    const { id } = await say(person, direct, `from ${person.name}`)
    await person.client.messages.react({ message_id: id, emoji: 'old' })
    messages.set(person.id, id)
    groups.set(person.id, (await groupOf(person, [])).id)
  }
  await bob.client.contacts.add({ user_id: ada.id })
  await ada.client.contacts.block({ contact_id: bob.id })
  return { ada, bob, cy, direct, group, messages, groups }
}

interface Cell {
  operation: OperationName
  input: (scene: Scene, me: Person, other: Person) => Record<string, unknown>
  /** A status, an error code, or what the answer lists of the other one. */
  by_blocked: string
  by_blocker: string
  shows?: (body: never, other: Person) => unknown
}

const lists = (body: { data: { id?: string; contact_id?: string }[] }, { id }: Person) =>
  body.data.some(each => each.id === id || each.contact_id === id) ? 'listed' : 'not listed'
const own = (scene: Scene, { id }: Person) => ({ message_id: scene.messages.get(id) ?? '' })
const place = (scene: Scene, { id }: Person) => ({ conversation_id: scene.groups.get(id) ?? '' })

/** In an order in which no cell spoils a later one. Those who share no conversation come last. */
const MATRIX: Readonly<Record<string, Cell>> = {
  'sending in the direct conversation': {
    operation: 'messages.send',
    input: ({ direct }) => ({ conversation_id: direct, content: 'hello' }),
    by_blocked: 'cannot_message_user',
    by_blocker: 'user_blocked',
  },
  'editing a message there': {
    operation: 'messages.update',
    input: (scene, me) => ({ ...own(scene, me), content: 'something else' }),
    by_blocked: 'cannot_message_user',
    by_blocker: 'user_blocked',
  },
  'reacting there': {
    operation: 'messages.react',
    input: (scene, _me, other) => ({ ...own(scene, other), emoji: 'new' }),
    by_blocked: 'cannot_message_user',
    by_blocker: 'user_blocked',
  },
  'taking a reaction back there': {
    operation: 'messages.unreact',
    input: (scene, me) => ({ ...own(scene, me), emoji: 'old' }),
    by_blocked: '204',
    by_blocker: '204',
  },
  'opening the direct conversation': {
    operation: 'conversations.create',
    input: (_scene, _me, other) => ({ type: 'direct', participant_ids: [other.id] }),
    by_blocked: 'cannot_message_user',
    by_blocker: 'user_blocked',
  },
  'reading the direct conversation': {
    operation: 'messages.list',
    input: ({ direct }) => ({ conversation_id: direct }),
    by_blocked: '200',
    by_blocker: '200',
  },
  'marking it as read': {
    operation: 'conversations.read',
    input: ({ direct }) => ({ conversation_id: direct, seq: 1 }),
    by_blocked: '200',
    by_blocker: '200',
  },
  'deleting an own message there': {
    operation: 'messages.delete',
    input: own,
    by_blocked: '204',
    by_blocker: '204',
  },
  'writing in a shared group, with a mention': {
    operation: 'messages.send',
    input: ({ group }, _me, other) => ({ conversation_id: group, content: 'hello', mentions: [other.id] }),
    by_blocked: '201',
    by_blocker: '201',
  },
  'creating a conversation with the other': {
    operation: 'conversations.create',
    input: (_scene, _me, other) => ({ type: 'group', name: 'Us', participant_ids: [other.id] }),
    by_blocked: 'cannot_message_user',
    by_blocker: '201',
  },
  'creating a group with the other': {
    operation: 'groups.create',
    input: (_scene, _me, other) => ({ name: 'Us', member_ids: [other.id] }),
    by_blocked: 'cannot_message_user',
    by_blocker: '201',
  },
  'making the other a participant': {
    operation: 'conversations.update',
    input: (scene, me, other) => ({ ...place(scene, me), participant_ids: [other.id] }),
    by_blocked: 'cannot_message_user',
    by_blocker: '200',
  },
  'removing the other again': {
    operation: 'conversations.update',
    input: (scene, me) => ({ ...place(scene, me), participant_ids: [] }),
    by_blocked: '200',
    by_blocker: '200',
  },
  'adding the other to a group': {
    operation: 'groups.add-members',
    input: (scene, me, other) => ({ ...place(scene, me), user_ids: [other.id] }),
    by_blocked: 'skipped',
    by_blocker: 'added',
    shows: (body: { added: string[]; skipped: string[] }, { id }) =>
      body.skipped.includes(id) ? 'skipped' : body.added.includes(id) ? 'added' : 'neither',
  },
  'finding the other by name': {
    operation: 'users.list',
    input: (_scene, _me, other) => ({ q: other.name }),
    by_blocked: 'not listed',
    by_blocker: 'listed',
    shows: lists,
  },
  'listing contacts': {
    operation: 'contacts.list',
    input: () => ({}),
    by_blocked: 'not listed',
    by_blocker: 'not listed',
    shows: lists,
  },
  'listing whom one has blocked': {
    operation: 'contacts.list',
    input: () => ({ blocked: true }),
    by_blocked: 'not listed',
    by_blocker: 'listed',
    shows: lists,
  },
  'adding the other to the contacts': {
    operation: 'contacts.add',
    input: (_scene, _me, other) => ({ user_id: other.id }),
    by_blocked: 'not_found',
    by_blocker: '201',
  },
  'adding the other by name': {
    operation: 'contacts.add',
    input: (_scene, _me, other) => ({ username: other.name }),
    by_blocked: 'not_found',
    by_blocker: '200',
  },
  'removing the other from the contacts': {
    operation: 'contacts.remove',
    input: (_scene, _me, other) => ({ contact_id: other.id }),
    by_blocked: '204',
    by_blocker: '204',
  },
  'seeing the profile of somebody in a shared conversation': {
    operation: 'users.get',
    input: (_scene, _me, other) => ({ user_id: other.id }),
    by_blocked: '200',
    by_blocker: '200',
  },
}

/** What a call shows to its caller: the status of a success (tRPC has one for all), an error code, or what the cell looks for. */
async function outcome(cell: Cell, transport: Transport, scene: Scene, me: Person, other: Person): Promise<string> {
  const { status, body } = await transport(cell.operation, cell.input(scene, me, other), me.access_token)
  if (status >= 400) return (body as Problem).code
  return String(cell.shows ? cell.shows(body as never, other) : status)
}

describe('the matrix of blocking', () => {
  for (const name of ['rest', 'trpc', 'socket'] as const)
    test(`each cell of the matrix holds for both sides by ${name}`, async () => {
      const transport = transportsOf(server.url)[name]
      const scene = await blocked()
      const { ada, bob } = scene
      // tRPC does not tell 200 from 201.
      const plain = (text: string) => (name === 'trpc' ? text.replace(/^20[01]$/, '2xx') : text)
      for (const [question, cell] of Object.entries(MATRIX)) {
        const by_blocked = await outcome(cell, transport, scene, bob, ada)
        const by_blocker = await outcome(cell, transport, scene, ada, bob)
        expect([question, plain(by_blocked), plain(by_blocker)]).toEqual([
          question,
          plain(cell.by_blocked),
          plain(cell.by_blocker),
        ])
      }
    })

  test('a profile is shown by id only while both are in a conversation, or to an ADMIN', async () => {
    const [ada, bob] = await people()
    const root = await withRole(server, 'ADMIN')
    for (const { id } of [bob, root]) await ada.client.contacts.block({ contact_id: id })
    await refused(bob.client.users.get({ user_id: ada.id }), 'not_found')
    expect(await ada.client.users.get({ user_id: bob.id })).toMatchObject({ id: bob.id })
    expect(await root.client.users.get({ user_id: ada.id })).toMatchObject({ id: ada.id })
    expect((await root.client.users.list({ q: ada.name })).data).toHaveLength(1)
    await refused(directOf(root, ada), 'cannot_message_user')
    const { id: conversation_id } = await groupOf(ada, [bob])
    expect(await bob.client.users.get({ user_id: ada.id })).toMatchObject({ id: ada.id })
    await bob.client.groups.removeMember({ conversation_id, user_id: 'me' })
    await refused(bob.client.users.get({ user_id: ada.id }), 'not_found')
  })

  test('a refusal is the same as for an account that is disabled, or for nobody at all', async () => {
    const { ada, bob, direct } = await blocked()
    const dee = await register(server, 'dee')
    const root = await withRole(server, 'ADMIN')
    const other = (await directOf(bob, dee)).id
    await root.client.users.update({ user_id: dee.id, disabled: true })
    const problem = async (call: Promise<unknown>, code: Parameters<typeof refused>[1]) => {
      const { request_id: _request_id, ...rest } = await refused(call, code)
      return rest
    }
    const alike = async (
      code: Parameters<typeof refused>[1],
      ...calls: readonly [() => Promise<unknown>, () => Promise<unknown>]
    ) => expect(await problem(calls[0](), code)).toEqual(await problem(calls[1](), code))
    await alike(
      'cannot_message_user',
      () => say(bob, direct, 'x'),
      () => say(bob, other, 'x'),
    )
    await alike(
      'cannot_message_user',
      () => directOf(bob, ada),
      () => directOf(bob, dee),
    )
    await alike(
      'cannot_message_user',
      () => groupOf(bob, [ada]),
      () => groupOf(bob, [dee]),
    )
    await alike(
      'not_found',
      () => bob.client.contacts.add({ user_id: ada.id }),
      () => bob.client.contacts.add({ user_id: Bun.randomUUIDv7() }),
    )
    await alike(
      'not_found',
      () => bob.client.contacts.add({ username: ada.name }),
      () => bob.client.contacts.add({ username: dee.name }),
    )
  })

  test('where both have blocked each other, each is told of the own block only', async () => {
    const { ada, bob, direct } = await blocked()
    await bob.client.contacts.block({ contact_id: ada.id })
    for (const person of [ada, bob]) await refused(say(person, direct, 'x'), 'user_blocked')
    await ada.client.contacts.unblock({ contact_id: bob.id })
    await refused(say(bob, direct, 'x'), 'user_blocked')
    await refused(say(ada, direct, 'x'), 'cannot_message_user')
    await bob.client.contacts.unblock({ contact_id: ada.id })
    expect(await say(ada, direct, 'again')).toMatchObject({ content: 'again' })
  })

  test('a refusal comes after a repeated send and before a disabled conversation', async () => {
    const [ada, bob] = await people()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await directOf(ada, bob)
    const once = { conversation_id, content: 'once', client_id: 'c1' }
    const sent = await bob.client.messages.send(once)
    await ada.client.contacts.block({ contact_id: bob.id })
    await root.client.conversations.update({ conversation_id, disabled: true })
    expect(await bob.client.messages.send(once)).toEqual(sent)
    await refused(bob.client.messages.send({ ...once, content: 'other' }), 'client_id_reused')
    await refused(say(bob, conversation_id, 'x'), 'cannot_message_user')
    await refused(say(ada, conversation_id, 'x'), 'user_blocked')
    await refused(bob.client.messages.update({ message_id: sent.id, content: 'x' }), 'cannot_message_user')
    await refused(bob.client.messages.react({ message_id: sent.id, emoji: 'x' }), 'cannot_message_user')
    await ada.client.contacts.unblock({ contact_id: bob.id })
    await refused(say(bob, conversation_id, 'x'), 'conversation_disabled')
  })
})

describe('mentions and receipts', () => {
  test('a mention counts unless its sender was blocked when the message was stored', async () => {
    const [ada, bob, cy] = await people()
    const { id: conversation_id } = await groupOf(cy, [ada, bob])
    const mention = (person: Person) =>
      person.client.messages.send({ conversation_id, content: 'hey', mentions: [ada.id, cy.id] })
    const counts = async (person: Person) => {
      const { me } = await person.client.conversations.get({ conversation_id })
      return [me?.unread_count, me?.mention_count]
    }
    await mention(bob)
    await ada.client.contacts.block({ contact_id: bob.id })
    expect(await counts(ada)).toEqual([1, 1])
    const { id: message_id } = await mention(bob)
    expect(await counts(ada)).toEqual([2, 1])
    expect(await counts(cy)).toEqual([2, 2])
    await ada.client.contacts.unblock({ contact_id: bob.id })
    expect(await counts(ada)).toEqual([2, 1])
    await mention(bob)
    expect(await counts(ada)).toEqual([3, 2])
    await bob.client.messages.delete({ message_id })
    expect(await counts(ada)).toEqual([2, 2])
    await ada.client.conversations.unread({ conversation_id, seq: 1 })
    expect(await counts(ada)).toEqual([2, 2])
    await server.restart()
    expect(await counts(ada)).toEqual([2, 2])
    expect((await ada.client.users.me({})).unread.mention_count).toBe(2)
  })

  test('receipts stay as they were when the block began, for both sides, and go on when it ends', async () => {
    const [ada, bob, cy] = await people()
    const { id: conversation_id } = await groupOf(cy, [ada, bob])
    for (let n = 0; n < 6; n += 1) await say(cy, conversation_id, `message ${n}`)
    const read = (person: Person, seq: number) => person.client.conversations.read({ conversation_id, seq })
    const seen = async (viewer: Person, member: Person) => {
      const { data } = await viewer.client.conversations.receipts({ conversation_id, limit: 100 })
      return data.find(({ user_id }) => user_id === member.id)
    }
    await read(ada, 2)
    await read(bob, 3)
    const [of_ada, of_bob] = [await seen(bob, ada), await seen(ada, bob)]
    expect([of_ada?.last_read_seq, of_bob?.last_read_seq]).toEqual([2, 3])
    await ada.client.contacts.block({ contact_id: bob.id })
    await read(ada, 4)
    await read(bob, 5)
    expect([await seen(bob, ada), await seen(ada, bob)]).toEqual([of_ada, of_bob])
    expect([(await seen(cy, ada))?.last_read_seq, (await seen(cy, bob))?.last_read_seq]).toEqual([4, 5])
    // A block of the other side begins with what it sees, and keeps that when the first one ends.
    await bob.client.contacts.block({ contact_id: ada.id })
    await ada.client.contacts.unblock({ contact_id: bob.id })
    await read(ada, 5)
    expect([await seen(bob, ada), await seen(ada, bob)]).toEqual([of_ada, of_bob])
    const { seq } = await say(ada, conversation_id, 'who writes has read')
    expect(await seen(bob, ada)).toMatchObject({ last_read_seq: seq })
    expect(await seen(ada, bob)).toEqual(of_bob)
    await bob.client.contacts.unblock({ contact_id: ada.id })
    expect([(await seen(bob, ada))?.last_read_seq, (await seen(ada, bob))?.last_read_seq]).toEqual([seq, 5])
  })

  test('in a conversation in which the two meet later, the receipt is the one of joining', async () => {
    const [ada, bob, cy] = await people()
    await ada.client.contacts.block({ contact_id: bob.id })
    const { id: conversation_id } = await groupOf(cy, [bob])
    for (let n = 0; n < 3; n += 1) await say(cy, conversation_id, `message ${n}`)
    await cy.client.groups.addMembers({ conversation_id, user_ids: [ada.id] })
    const { data } = await bob.client.conversations.receipts({ conversation_id })
    const receipt = data.find(({ user_id }) => user_id === ada.id)
    await ada.client.conversations.read({ conversation_id, seq: 4 })
    const { seq } = await say(cy, conversation_id, 'one more')
    await ada.client.conversations.read({ conversation_id, seq })
    const after = (await bob.client.conversations.receipts({ conversation_id })).data
    expect(after.find(({ user_id }) => user_id === ada.id)).toEqual({ user_id: ada.id, last_read_seq: 4, at: null })
    expect(receipt).toEqual({ user_id: ada.id, last_read_seq: 4, at: null })
  })
})

describe('races', () => {
  test('of sends during a block those that begin after its answer are refused, and no other is lost', async () => {
    const [ada, bob] = await people()
    const { id: conversation_id } = await directOf(ada, bob)
    let answered = false
    let sent = 0
    let late = 0
    const sending = async () => {
      for (let n = 0; n < 20; n += 1) {
        const after = answered
        const stored = await say(bob, conversation_id, 'hello').then(
          () => true,
          () => false,
        )
        if (stored) sent += 1
        if (stored && after) late += 1
      }
    }
    const block = async () => {
      await say(bob, conversation_id, 'first')
      await ada.client.contacts.block({ contact_id: bob.id })
      answered = true
    }
    await Promise.all([sending(), sending(), sending(), block()])
    expect(late).toBe(0)
    const { last_seq } = await ada.client.conversations.get({ conversation_id })
    expect(last_seq).toBe(sent + 1)
    await refused(say(bob, conversation_id, 'x'), 'cannot_message_user')
  })

  test('ten blocks and ten adds at once leave one row, and one event for each change', async () => {
    const [ada, bob] = await people()
    const before = (await server.running.storage.log.lastChanges([ada.id])).get(ada.id) ?? 0
    await Promise.all(
      Array.from({ length: 10 }, () => [
        ada.client.contacts.block({ contact_id: bob.id }),
        ada.client.contacts.add({ user_id: bob.id }),
      ]).flat(),
    )
    const { data } = await ada.client.contacts.list({})
    expect(data).toMatchObject([{ contact_id: bob.id, added_at: expect.any(String), blocked_at: expect.any(String) }])
    const events = await server.running.storage.log.read(ada.id, before, 100)
    expect(events.map(({ event }) => event as string).toSorted()).toEqual(['contact.added', 'contact.updated'])
  })
})
