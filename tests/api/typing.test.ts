import { afterAll, describe, expect, test } from 'bun:test'
import type { Person } from '../support/people.ts'
import { startNodes } from '../support/nodes.ts'
import { directOf, groupOf, refused, register, say, signIn } from '../support/people.ts'
import { ADMIN } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket, type TestSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

/** Milliseconds that the monotonic clock of both nodes is ahead. */
const time = { ahead: 0 }
const nodes = shared(() =>
  startNodes({
    settings: { PARLEY_TYPING_MOST_MEMBERS: '4' },
    overrides: { monotonic: () => performance.now() + time.ahead },
  }),
)
afterAll(() => nodes()[Symbol.asyncDispose]())

/** What the socket was told of typing in a conversation, oldest first. */
const told = ({ frames }: TestSocket, conversation_id: string) =>
  frames.flatMap(frame =>
    frame.type === 'event' && frame.event.startsWith('typing.') && frame.data['conversation_id'] === conversation_id
      ? [`${frame.event} ${String(frame.data['user_id'])}`]
      : [],
  )
const started = ({ id }: Person) => `typing.started ${id}`
const stopped = ({ id }: Person) => `typing.stopped ${id}`

/** Ada and Cy are on one node, Ben on the other; each has a socket there. */
async function people() {
  const { here, there } = nodes()
  const [ada, ben, cy] = [await register(here, 'ada'), await register(there, 'ben'), await register(here, 'cy')]
  return { ada, ben, cy }
}
const socketOf = ({ access_token }: Person, node = nodes().here) => openSocket(node.url, { token: access_token })

/** What is told before this has been told when it resolves. */
async function settled(speaker: Person, room: string, ...sockets: TestSocket[]): Promise<void> {
  const { change } = await say(speaker, room, 'a mark')
  await until(() => sockets.every(socket => socket.changes(room).includes(change)), 'the mark comes')
}

describe('typing', () => {
  test('the other members on every node are told that somebody types, and not the typist', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben, cy])
    using adas = await socketOf(ada)
    using bens = await socketOf(ben, nodes().there)
    using cys = await socketOf(cy)
    const before = Date.now()
    await ada.client.typing.start({ conversation_id: room })
    const { data } = await bens.find('event', frame => frame.event === 'typing.started')
    const lasts = Date.parse(String(data['expires_at'])) - before
    expect(data).toMatchObject({ conversation_id: room, user_id: ada.id })
    expect(lasts).toBeGreaterThanOrEqual(8_000)
    expect(lasts).toBeLessThan(60_000)
    await cys.find('event', frame => frame.event === 'typing.started')
    await ada.client.typing.stop({ conversation_id: room })
    await until(() => [bens, cys].every(socket => told(socket, room).length === 2), 'both are told that it ended')
    expect([told(adas, room), told(bens, room), told(cys, room)]).toEqual([
      [],
      [started(ada), stopped(ada)],
      [started(ada), stopped(ada)],
    ])
  })

  test('a start that is repeated within 3 seconds is not told again, and typing ends 8 seconds after the last one', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben, cy])
    using bens = await socketOf(ben, nodes().there)
    await ada.client.typing.start({ conversation_id: room })
    await bens.find('event', frame => frame.event === 'typing.started')
    time.ahead += 2_000
    await ada.client.typing.start({ conversation_id: room })
    await settled(cy, room, bens)
    expect(told(bens, room)).toEqual([started(ada)])
    time.ahead += 2_000
    await ada.client.typing.start({ conversation_id: room })
    await until(() => told(bens, room).length === 2, 'it is told again')
    time.ahead += 7_000
    await settled(cy, room, bens)
    expect(told(bens, room)).toEqual([started(ada), started(ada)])
    time.ahead += 2_000
    await until(() => told(bens, room).length === 3, 'it ends')
    expect(told(bens, room).at(-1)).toBe(stopped(ada))
  })

  test('a message of the typist ends the typing, and that of another member does not', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben, cy])
    using bens = await socketOf(ben, nodes().there)
    await ada.client.typing.start({ conversation_id: room })
    await bens.find('event', frame => frame.event === 'typing.started')
    await settled(cy, room, bens)
    expect(told(bens, room)).toEqual([started(ada)])
    await say(ada, room, 'done')
    await until(() => told(bens, room).length === 2, 'it ends')
    await ada.client.typing.stop({ conversation_id: room })
    await settled(cy, room, bens)
    expect(told(bens, room)).toEqual([started(ada), stopped(ada)])
  })

  test('leaving the group and losing the last connection end the typing', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben, cy])
    using bens = await socketOf(ben, nodes().there)
    const adas = await socketOf(ada)
    for (const person of [ada, cy]) await person.client.typing.start({ conversation_id: room })
    await until(() => told(bens, room).length === 2, 'both are told')
    adas[Symbol.dispose]()
    await until(() => told(bens, room).includes(stopped(ada)), 'a lost connection ends it')
    await cy.client.groups.removeMember({ conversation_id: room, user_id: 'me' })
    await until(() => told(bens, room).includes(stopped(cy)), 'leaving ends it')
  })

  test('in a group of more members than the setting nobody is told', async () => {
    const { ada, ben, cy } = await people()
    const { here } = nodes()
    const others = [await register(here, 'dee'), await register(here, 'eve')]
    const { id: large } = await groupOf(ada, [ben, cy, ...others])
    const { id: small } = await groupOf(ada, [ben, cy, ...others.slice(1)])
    using bens = await socketOf(ben, nodes().there)
    await ada.client.typing.start({ conversation_id: large })
    await ada.client.typing.start({ conversation_id: small })
    await until(() => told(bens, small).length === 1, 'the small group is told')
    expect(told(bens, large)).toEqual([])
  })

  test('a user who is no member, a member of a disabled group, and an ADMIN who is no member cannot type', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben])
    const admin = await signIn(nodes().here, ADMIN.username, ADMIN.password)
    for (const call of ['start', 'stop'] as const) {
      await refused(cy.client.typing[call]({ conversation_id: room }), 'not_found')
      await refused(admin.client.typing[call]({ conversation_id: room }), 'forbidden')
    }
    await ada.client.conversations.update({ conversation_id: room, disabled: true })
    await refused(ada.client.typing.start({ conversation_id: room }), 'conversation_disabled')
  })

  test('a user who blocks another, or is blocked, neither sees the other type nor is seen', async () => {
    const { ada, ben, cy } = await people()
    const { id: room } = await groupOf(ada, [ben, cy])
    const { id: pair } = await directOf(ada, ben)
    using adas = await socketOf(ada)
    using bens = await socketOf(ben, nodes().there)
    using cys = await socketOf(cy)
    const blocked = { event: 'contact.updated' as const, blocked: true }
    const user = await ada.client.users.get({ user_id: ben.id })
    await nodes().here.running.storage.log.appendToUser(ada.id, { ...blocked, user })
    for (const conversation_id of [room, pair]) {
      await ada.client.typing.start({ conversation_id })
      await ben.client.typing.start({ conversation_id })
    }
    await until(() => told(cys, room).length === 2, 'the third member is told of both')
    await settled(cy, room, adas, bens)
    expect([adas, bens].flatMap(socket => [...told(socket, room), ...told(socket, pair)])).toEqual([])
  })
})
