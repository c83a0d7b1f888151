import { describe, expect, test } from 'bun:test'
import { directOf, groupOf, refused, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { observer, type Observer } from '../support/observer.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

/** What a random scenario does in all. */
const STEPS = 20
const SEED = 2

/** The same people and rooms twice: in one world Ada has blocked Bob, in the other nobody has blocked anybody. */
interface World extends AsyncDisposable {
  readonly blocked: boolean
  readonly ada: Person
  readonly bob: Person
  readonly cy: Person
  readonly dee: Person
  /** Of Ada and Bob. */
  readonly direct: string
  /** Of all four, led by Cy and Ada. */
  readonly group: string
  /** Bob's connection. */
  readonly live: Observer
  /** A message of each in the group. */
  readonly messages: Map<Person, string>
  /** By which id stands for which name, in the order in which Bob came to know them. */
  readonly known: Map<string, string>
}

async function world(blocked: boolean): Promise<World> {
  // One after the other: lists are ordered by id.
  const ada = await register(server, 'ada')
  const bob = await register(server, 'bob')
  const cy = await register(server, 'cy')
  const dee = await register(server, 'dee')
  const [direct, group] = [(await directOf(ada, bob)).id, (await groupOf(cy, [ada, bob, dee])).id]
  await cy.client.groups.updateMember({ conversation_id: group, user_id: ada.id, role: 'admin' })
  const messages = new Map<Person, string>()
  for (const person of [ada, bob, cy]) messages.set(person, (await say(person, group, `by ${nameOf(person)}`)).id)
  for (const person of [ada, bob]) await say(person, direct, `by ${nameOf(person)}`)
  await ada.client.conversations.read({ conversation_id: group, seq: 2 })
  const live = await observer(server, bob)
  if (blocked) await ada.client.contacts.block({ contact_id: bob.id })
  const known = new Map<string, string>()
  return {
    blocked,
    ada,
    bob,
    cy,
    dee,
    direct,
    group,
    live,
    messages,
    known,
    async [Symbol.asyncDispose]() {
      await live[Symbol.asyncDispose]()
    },
  }
}

const nameOf = ({ name }: Person) => name.split('-')[0] ?? ''

/** What Bob sees, without what differs between two worlds by nature: ids, random parts of names, times. */
function plain(value: unknown, { known, ada, bob, cy, dee }: World): unknown {
  let text = JSON.stringify(value)
  for (const person of [ada, bob, cy, dee]) text = text.replaceAll(person.name, nameOf(person))
  text = text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, id => {
    if (!known.has(id)) known.set(id, `id ${known.size}`)
    return known.get(id) ?? ''
  })
  return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'then'))
}

/** Everything that Bob can read, and every event that he has got, apart from what the specification says a block hides. */
async function viewOf(all: World): Promise<unknown> {
  const { bob, ada, cy, direct, group, live } = all
  const { id } = await say(cy, group, 'the end of this step')
  const arrived = () => live.events.some(({ event, data }) => event === 'message.created' && data['id'] === id)
  await until(arrived, 'Bob has the events of this step')
  const { client } = bob
  const rooms = [direct, group]
  const answers = await Promise.all([
    client.users.me({}),
    client.users.get({ user_id: ada.id }),
    client.conversations.inbox({}),
    client.contacts.list({}),
    client.contacts.list({ blocked: true }),
    client.groups.get({ conversation_id: group }),
    ...rooms.flatMap(conversation_id => [
      client.conversations.members({ conversation_id }),
      client.conversations.receipts({ conversation_id }),
      client.messages.list({ conversation_id, limit: 100 }),
      client.messages.pins({ conversation_id }),
    ]),
  ])
  return plain({ events: live.events, answers }, all)
}

/**
 * `anybody`: done in both worlds. Only in the world with the block: what Ada does and the block hides from Bob (`hidden`), and
 * what the block refuses Bob (`refused`).
 */
interface Step {
  does: 'anybody' | 'hidden' | 'refused'
  run: (world: World) => Promise<unknown>
}
const own = ({ messages }: World, person: Person) => ({ message_id: messages.get(person) ?? '' })

const STEP: Readonly<Record<string, Step>> = {
  'ada writes to the group': { does: 'anybody', run: ({ ada, group }) => say(ada, group, 'hello all') },
  'ada mentions bob': {
    does: 'anybody',
    run: ({ ada, bob, group }) =>
      ada.client.messages.send({ conversation_id: group, content: 'hello', mentions: [bob.id] }),
  },
  'ada edits': {
    does: 'anybody',
    run: all => all.ada.client.messages.update({ ...own(all, all.ada), content: 'edited' }),
  },
  'ada reacts to bob': {
    does: 'anybody',
    run: all => all.ada.client.messages.react({ ...own(all, all.bob), emoji: '👍' }),
  },
  'ada pins a message of bob': { does: 'anybody', run: all => all.ada.client.messages.pin(own(all, all.bob)) },
  'ada renames the group': {
    does: 'anybody',
    run: ({ ada, group }) => ada.client.groups.update({ conversation_id: group, name: 'Looms' }),
  },
  'bob writes to the group': { does: 'anybody', run: ({ bob, group }) => say(bob, group, 'hello') },
  'bob mentions ada and cy': {
    does: 'anybody',
    run: ({ ada, bob, cy, group }) =>
      bob.client.messages.send({ conversation_id: group, content: 'hello', mentions: [ada.id, cy.id] }),
  },
  'bob types in the group': {
    does: 'anybody',
    run: ({ bob, group }) => bob.client.typing.start({ conversation_id: group }),
  },
  'bob types in the direct conversation': {
    does: 'anybody',
    run: ({ bob, direct }) => bob.client.typing.start({ conversation_id: direct }),
  },
  'bob replies to ada': {
    does: 'anybody',
    run: all =>
      all.bob.client.messages.send({
        conversation_id: all.group,
        content: 'indeed',
        reply_to: all.messages.get(all.ada) ?? null,
      }),
  },
  'bob reacts to ada': {
    does: 'anybody',
    run: all => all.bob.client.messages.react({ ...own(all, all.ada), emoji: '🎉' }),
  },
  'bob marks the group as read': {
    does: 'anybody',
    run: ({ bob, group }) => bob.client.conversations.read({ conversation_id: group, seq: 3 }),
  },
  'bob marks the direct conversation as unread': {
    does: 'anybody',
    run: ({ bob, direct }) => bob.client.conversations.unread({ conversation_id: direct, seq: 1 }),
  },
  'bob archives the direct conversation': {
    does: 'anybody',
    run: ({ bob, direct }) => bob.client.conversations.membership({ conversation_id: direct, archived: true }),
  },
  'bob adds cy to his contacts': { does: 'anybody', run: ({ bob, cy }) => bob.client.contacts.add({ user_id: cy.id }) },
  'bob blocks dee': { does: 'anybody', run: ({ bob, dee }) => bob.client.contacts.block({ contact_id: dee.id }) },
  'bob unblocks dee': { does: 'anybody', run: ({ bob, dee }) => bob.client.contacts.unblock({ contact_id: dee.id }) },
  'bob removes ada from his contacts': {
    does: 'anybody',
    run: ({ bob, ada }) => bob.client.contacts.remove({ contact_id: ada.id }),
  },

  'ada reads the group': {
    does: 'hidden',
    run: async ({ ada, group }) => {
      const { last_seq } = await ada.client.conversations.get({ conversation_id: group })
      // What Ada has written tells that she has read so far.
      return ada.client.conversations.read({ conversation_id: group, seq: last_seq })
    },
  },
  'ada reads the direct conversation': {
    does: 'hidden',
    run: ({ ada, direct }) => ada.client.conversations.read({ conversation_id: direct, seq: 2 }),
  },
  'ada types in the group': {
    does: 'hidden',
    run: ({ ada, group }) => ada.client.typing.start({ conversation_id: group }),
  },
  'ada types in the direct conversation': {
    does: 'hidden',
    run: ({ ada, direct }) => ada.client.typing.start({ conversation_id: direct }),
  },
  'ada blocks bob again': { does: 'hidden', run: ({ ada, bob }) => ada.client.contacts.block({ contact_id: bob.id }) },
  'ada adds bob to her contacts': {
    does: 'hidden',
    run: ({ ada, bob }) => ada.client.contacts.add({ user_id: bob.id }),
  },
  'ada removes bob from her contacts': {
    does: 'hidden',
    run: ({ ada, bob }) => ada.client.contacts.remove({ contact_id: bob.id }),
  },
  'ada is online': {
    does: 'hidden',
    run: async ({ ada }) => {
      using socket = await openSocket(server.url, { token: ada.access_token })
      await socket.find('ready')
    },
  },

  'bob writes to ada': {
    does: 'refused',
    run: ({ bob, direct }) => refused(say(bob, direct, 'hello'), 'cannot_message_user'),
  },
  'bob opens the direct conversation': {
    does: 'refused',
    run: ({ ada, bob }) => refused(directOf(bob, ada), 'cannot_message_user'),
  },
  'bob makes a group with ada': {
    does: 'refused',
    run: ({ ada, bob }) => refused(groupOf(bob, [ada]), 'cannot_message_user'),
  },
  'bob adds ada to his contacts': {
    does: 'refused',
    run: ({ ada, bob }) => refused(bob.client.contacts.add({ user_id: ada.id }), 'not_found'),
  },
}

/** Ends when both worlds have done the step, as far as they do it. */
async function play(worlds: readonly World[], name: string): Promise<void> {
  const step = STEP[name]
  for (const all of worlds) if (step?.does === 'anybody' || all.blocked) await step?.run(all)
}

async function expectAlike(worlds: readonly [World, World], after: string): Promise<void> {
  const [one, other] = [await viewOf(worlds[0]), await viewOf(worlds[1])]
  expect({ after, view: one }).toEqual({ after, view: other })
}

/** Numbers from 0 to 1 that are the same in each run with this seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('the blocked side sees what somebody sees whom nobody has blocked', () => {
  test('answers and events are alike after each thing that a block hides or refuses', async () => {
    await using one = await world(true)
    await using other = await world(false)
    await expectAlike([one, other], 'the block')
    for (const [name, { does }] of Object.entries(STEP)) {
      await play([one, other], name)
      if (does !== 'anybody') await expectAlike([one, other], name)
    }
  })

  test(`answers and events are alike after ${STEPS} random steps`, async () => {
    await using one = await world(true)
    await using other = await world(false)
    const next = random(SEED)
    const names = Object.keys(STEP)
    for (let n = 1; n <= STEPS; n += 1) {
      const name = names[Math.floor(next() * names.length)] ?? ''
      await play([one, other], name)
      if (n % 10 === 0) await expectAlike([one, other], `step ${n}, ${name}`)
    }
    await one.ada.client.contacts.unblock({ contact_id: one.bob.id })
    expect(await say(one.bob, one.direct, 'again')).toMatchObject({ content: 'again' })
  })
})
