import { afterAll, describe, expect, test } from 'bun:test'
import type { Status } from '../../contracts/entities.ts'
import { startNodes } from '../support/nodes.ts'
import { groupOf, refused, register, say, signIn, type Person } from '../support/people.ts'
import { ADMIN } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket, type TestSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

/** Milliseconds that the clocks of both nodes are ahead. */
const time = { ahead: 0 }
const nodes = shared(() =>
  startNodes({
    overrides: { monotonic: () => performance.now() + time.ahead, clock: () => new Date(Date.now() + time.ahead) },
  }),
)
afterAll(() => nodes()[Symbol.asyncDispose]())
const GRACE = 5_000

const person = (name: string, node = nodes().here) => register(node, name)
const socketOf = ({ access_token }: Person, node = nodes().here) => openSocket(node.url, { token: access_token })

let calls = 0
async function subscribe(socket: TestSocket, user_ids: readonly string[]): Promise<Status[]> {
  const id = `subscribe ${(calls += 1)}`
  socket.send({ type: 'call', id, op: 'presence.subscribe', input: { user_ids } })
  const { data } = await socket.find('result', frame => frame.id === id)
  return (data as { data: Status[] }).data
}
/** The statuses of a user that a socket was told, oldest first. */
const told = ({ frames }: TestSocket, user_id: string): Status[] =>
  frames.flatMap(frame =>
    frame.type === 'event' && frame.event === 'presence.updated' && frame.data['user_id'] === user_id
      ? [frame.data as Status]
      : [],
  )
const presences = (socket: TestSocket, { id }: Person) => told(socket, id).map(({ presence }) => presence)
const statusOf = async (viewer: Person, { id }: Person) => viewer.client.presence.status({ user_id: id })

/** When it resolves, what was due before has been told: a user of whom the socket is told comes and is told of. */
async function settled(viewer: Person, socket: TestSocket, others: readonly string[]): Promise<void> {
  const mark = await person('mark')
  await subscribe(socket, [...others, mark.id])
  await mark.client.presence.setStatus({ user_id: 'me', text: 'here' })
  await until(() => told(socket, mark.id).length > 0, `${viewer.name} is told of the mark`)
}

describe('a status', () => {
  test('a status merges what is given, null clears, and online ends the override', async () => {
    const [ada, ben] = [await person('ada'), await person('ben', nodes().there)]
    const set = ada.client.presence.setStatus
    expect(await statusOf(ben, ada)).toEqual({
      user_id: ada.id,
      presence: 'offline',
      text: null,
      emoji: null,
      expires_at: null,
      last_active_at: null,
    })
    expect(await set({ user_id: 'me', presence: 'dnd', text: 'In a meeting' })).toMatchObject({ presence: 'dnd' })
    expect(await set({ user_id: ada.id, emoji: '📅' })).toMatchObject({
      presence: 'dnd',
      text: 'In a meeting',
      emoji: '📅',
    })
    expect(await statusOf(ben, ada)).toMatchObject({ presence: 'dnd', text: 'In a meeting', emoji: '📅' })
    expect(await set({ user_id: 'me', presence: 'online', text: null })).toMatchObject({
      presence: 'offline',
      text: null,
      emoji: '📅',
    })
    const { data } = await ben.client.presence.list({ ids: [ben.id, ada.id, ada.id, Bun.randomUUIDv7()].join(',') })
    expect(data.map(({ presence, emoji }) => [presence, emoji])).toEqual([
      ['offline', null],
      ['offline', '📅'],
      ['offline', null],
    ])
  })

  test('only the user sets a status, an unknown user has none, and what is wrong is named', async () => {
    const [ada, ben] = [await person('ada'), await person('ben')]
    const admin = await signIn(nodes().here, ADMIN.username, ADMIN.password)
    for (const caller of [ben, admin])
      await refused(caller.client.presence.setStatus({ user_id: ada.id, text: 'no' }), 'forbidden')
    const nobody = Bun.randomUUIDv7()
    await refused(ada.client.presence.setStatus({ user_id: nobody, text: 'no' }), 'not_found')
    await refused(ada.client.presence.status({ user_id: nobody }), 'not_found')
    const past = new Date(Date.now() + time.ahead - 1_000).toISOString()
    const wrong = await refused(ada.client.presence.setStatus({ user_id: 'me', expires_at: past }), 'validation_failed')
    expect(wrong.errors).toEqual([{ path: 'expires_at', message: 'has passed' }])
    await refused(ada.client.presence.setStatus({ user_id: 'me', text: 'x'.repeat(101) }), 'validation_failed')
    const many = Array.from({ length: 101 }, () => Bun.randomUUIDv7())
    await refused(ada.client.presence.list({ ids: many.join(',') }), 'validation_failed')
    await refused(ada.client.presence.list({ ids: 'me' }), 'validation_failed')
    const headers = { authorization: `Bearer ${ada.access_token}` }
    expect((await fetch(`${nodes().here.url}/ws`, { headers })).status).toBe(426)
  })

  test('the export of a user contains the status, and a deleted account has none', async () => {
    const [ada, ben] = [await person('ada'), await person('ben')]
    await ada.client.presence.setStatus({ user_id: 'me', presence: 'away', text: 'lunch' })
    expect((await ada.client.users.export()).status).toMatchObject({ presence: 'away', text: 'lunch' })
    const admin = await signIn(nodes().here, ADMIN.username, ADMIN.password)
    await admin.client.users.delete({ user_id: ada.id })
    expect(await statusOf(ben, ada)).toMatchObject({ presence: 'offline', text: null })
  })

  test('subscribers are told that a deleted account has no status, and the end of its connections stores none', async () => {
    const [ada, ben, cy] = [await person('ada'), await person('ben', nodes().there), await person('cy')]
    for (const { client } of [ada, cy]) await client.presence.setStatus({ user_id: 'me', text: 'here' })
    using bens = await socketOf(ben, nodes().there)
    await subscribe(bens, [ada.id, cy.id])
    using cys = await socketOf(cy)
    await until(() => presences(bens, cy).at(-1) === 'online', 'he is online')
    const admin = await signIn(nodes().here, ADMIN.username, ADMIN.password)
    for (const user of [ada, cy]) await admin.client.users.delete({ user_id: user.id })
    await until(() => told(bens, ada.id).at(-1)?.text === null, 'her text ends')
    await until(() => cys.code !== null, 'his socket is closed')
    time.ahead += GRACE + 1_000
    await until(() => presences(bens, cy).at(-1) === 'offline', 'he is offline')
    expect(await statusOf(ben, cy)).toMatchObject({ presence: 'offline', text: null, last_active_at: null })
  })
})

describe('presence', () => {
  test('a user is online while any device is connected to any node, and for 5 seconds after the last one', async () => {
    const { here, there } = nodes()
    const [ada, ben] = [await person('ada'), await person('ben')]
    using bens = await socketOf(ben)
    expect((await subscribe(bens, [ada.id])).map(({ presence }) => presence)).toEqual(['offline'])
    const phone = await socketOf(ada, there)
    await until(() => presences(bens, ada).at(-1) === 'online', 'the phone on the other node makes her online')
    const laptop = await socketOf(ada, here)
    phone[Symbol.dispose]()
    await until(() => there.running.sockets() === 0, 'the phone is gone')
    time.ahead += GRACE + 1_000
    await settled(ben, bens, [ada.id])
    expect(presences(bens, ada)).toEqual(['online'])
    laptop[Symbol.dispose]()
    await until(() => here.running.sockets() === 1, 'the laptop is gone')
    await settled(ben, bens, [ada.id])
    expect([(await statusOf(ben, ada)).presence, presences(bens, ada).length]).toEqual(['online', 1])
    time.ahead += GRACE + 1_000
    await until(() => presences(bens, ada).at(-1) === 'offline', 'the grace ends')
    expect(told(bens, ada.id).at(-1)?.last_active_at).not.toBeNull()
    expect(await (await person('cy', there)).client.presence.status({ user_id: ada.id })).toMatchObject({
      presence: 'offline',
      last_active_at: expect.any(String),
    })
  })

  test('an invisible user looks offline, and whether they come or go is told to nobody but themselves', async () => {
    const [ada, ben] = [await person('ada'), await person('ben', nodes().there)]
    const { id: room } = await groupOf(ada, [ben])
    await ada.client.presence.setStatus({ user_id: 'me', presence: 'invisible', text: 'secret' })
    using bens = await socketOf(ben, nodes().there)
    await subscribe(bens, [ada.id])
    using adas = await socketOf(ada)
    expect((await subscribe(adas, [ada.id]))[0]).toMatchObject({ presence: 'invisible', text: 'secret' })
    await ada.client.typing.start({ conversation_id: room })
    await ada.client.presence.setStatus({ user_id: 'me', text: 'another secret' })
    await until(() => told(adas, ada.id).at(-1)?.text === 'another secret', 'she is told herself')
    await settled(ben, bens, [ada.id])
    expect(told(bens, ada.id)).toEqual([])
    expect(bens.frames.some(frame => frame.type === 'event' && frame.event === 'typing.started')).toBe(false)
    expect(await statusOf(ben, ada)).toMatchObject({ presence: 'offline', text: null, last_active_at: null })
    expect(await statusOf(ada, ada)).toMatchObject({ presence: 'invisible', text: 'another secret' })
    await ada.client.presence.setStatus({ user_id: 'me', presence: 'online' })
    await until(() => presences(bens, ada).at(-1) === 'online', 'she becomes visible')
  })

  test('when a block begins the other one sees the user go offline, and then nothing, from both sides', async () => {
    const [ada, ben] = [await person('ada'), await person('ben', nodes().there)]
    await groupOf(ada, [ben])
    using adas = await socketOf(ada)
    using bens = await socketOf(ben, nodes().there)
    await subscribe(adas, [ben.id])
    await subscribe(bens, [ada.id])
    await until(() => [...presences(adas, ben), 'online'].at(-1) === 'online', 'both are online')
    await ada.client.presence.setStatus({ user_id: 'me', text: 'hello' })
    await until(() => told(bens, ada.id).at(-1)?.text === 'hello', 'the text is told')
    await ada.client.contacts.block({ contact_id: ben.id })
    await until(() => presences(bens, ada).at(-1) === 'offline', 'she looks offline')
    await until(() => presences(adas, ben).at(-1) === 'offline', 'he looks offline')
    expect(told(bens, ada.id).at(-1)).toMatchObject({ text: null, last_active_at: null })
    const before = told(bens, ada.id).length
    await ada.client.presence.setStatus({ user_id: 'me', text: 'not for ben' })
    await settled(ben, bens, [ada.id])
    expect(told(bens, ada.id).length).toBe(before)
    expect([(await statusOf(ben, ada)).presence, (await statusOf(ada, ben)).presence]).toEqual(['offline', 'offline'])
    await ada.client.contacts.unblock({ contact_id: ben.id })
    await until(() => told(bens, ada.id).at(-1)?.text === 'not for ben', 'the end of the block shows her again')
  })

  test('whose profile is not seen any more after a removal has no presence for the removed member, on either node', async () => {
    const { here, there } = nodes()
    const [ada, ben, cy] = [await person('ada', here), await person('ben', there), await person('cy', here)]
    const { id: room } = await groupOf(ada, [ben, cy])
    using bens = await socketOf(ben, there)
    using cys = await socketOf(cy, here)
    await subscribe(bens, [ada.id, cy.id])
    await ada.client.contacts.block({ contact_id: ben.id })
    const status = () => ben.client.presence.status({ user_id: ada.id })
    const profile = () => ben.client.users.get({ user_id: ada.id })
    // In a group that both are in the profile stays; what ada does is hidden.
    expect([(await profile()).id, (await status()).presence]).toEqual([ada.id, 'offline'])
    await until(async () => (await statusOf(ben, cy)).presence === 'online', 'cy is online')
    const before = told(bens, ada.id).length
    await ada.client.groups.removeMember({ conversation_id: room, user_id: ben.id })
    await ada.client.presence.setStatus({ user_id: 'me', text: 'hidden from ben' })
    await cy.client.presence.setStatus({ user_id: 'me', text: 'for everybody' })
    await until(() => told(bens, cy.id).at(-1)?.text === 'for everybody', 'who hides nothing is shown as before')
    await settled(ben, bens, [ada.id, cy.id])
    expect(told(bens, ada.id).length).toBe(before)
    await refused(profile(), 'not_found')
    await refused(status(), 'not_found')
    const { data } = await ben.client.presence.list({ ids: [ada.id, cy.id].join(',') })
    expect(data.map(({ presence, text }) => [presence, text])).toEqual([
      ['offline', null],
      ['online', 'for everybody'],
    ])
    expect([(await ben.client.users.get({ user_id: cy.id })).id, cys.code]).toEqual([cy.id, null])
  })

  test('override, text and emoji end at expires_at, which is told', async () => {
    const [ada, ben] = [await person('ada'), await person('ben', nodes().there)]
    using bens = await socketOf(ben, nodes().there)
    await subscribe(bens, [ada.id])
    const expires_at = new Date(Date.now() + time.ahead + 10_000).toISOString()
    await ada.client.presence.setStatus({ user_id: 'me', presence: 'away', text: 'lunch', expires_at })
    await until(() => presences(bens, ada).at(-1) === 'away', 'it is told')
    time.ahead += 11_000
    await until(() => presences(bens, ada).at(-1) === 'offline', 'it ends')
    expect(told(bens, ada.id).at(-1)).toMatchObject({ text: null, expires_at: null })
    await ada.client.presence.setStatus({ user_id: 'me', emoji: '🌮' })
    expect(await statusOf(ben, ada)).toMatchObject({ presence: 'offline', text: null, emoji: '🌮', expires_at: null })
  })

  test('changes of one user are told at most once a second, and the latest always is', async () => {
    const [ada, ben] = [await person('ada'), await person('ben')]
    using bens = await socketOf(ben)
    await subscribe(bens, [ada.id])
    const clock = () => performance.now() + time.ahead
    const start = clock()
    const CHANGES = 40
    for (let n = 1; n <= CHANGES; n += 1) {
      await ada.client.presence.setStatus({ user_id: 'me', text: `text ${n}` })
    }
    time.ahead += 1_000
    await until(() => told(bens, ada.id).at(-1)?.text === `text ${CHANGES}`, 'the latest is told')
    const seconds = (clock() - start) / 1_000
    expect(told(bens, ada.id).length).toBeLessThanOrEqual(seconds + 1)
  })

  test('a subscription is replaced by the next one, ends with an empty one, and names at most 200 users', async () => {
    const [ada, ben, cy] = [await person('ada'), await person('ben'), await person('cy')]
    using bens = await socketOf(ben)
    await subscribe(bens, [ada.id])
    await subscribe(bens, [cy.id])
    await ada.client.presence.setStatus({ user_id: 'me', text: 'nobody is told' })
    await settled(ben, bens, [cy.id])
    expect(told(bens, ada.id)).toEqual([])
    expect(await subscribe(bens, [])).toEqual([])
    const many = Array.from({ length: 200 }, () => Bun.randomUUIDv7())
    expect((await subscribe(bens, [...many.slice(1), ada.id])).at(-1)).toMatchObject({ text: 'nobody is told' })
    bens.send({ type: 'call', id: 'too many', op: 'presence.subscribe', input: { user_ids: [...many, ada.id] } })
    expect((await bens.find('error', frame => frame.id === 'too many')).error).toMatchObject({
      code: 'validation_failed',
    })
  })

  test('a user who is blocked, or invisible, does not show by events which ones there are', async () => {
    const { here } = nodes()
    const [ada, ben] = [await person('ada'), await person('ben')]
    using bens = await socketOf(ben)
    const { id: room } = await groupOf(ada, [ben])
    await subscribe(bens, [ada.id])
    await ada.client.contacts.block({ contact_id: ben.id })
    using adas = await openSocket(here.url, { token: ada.access_token })
    await settled(ben, bens, [ada.id])
    await say(ada, room, 'seen all the same')
    await bens.find('event', frame => frame.event === 'message.created')
    expect([told(bens, ada.id), adas.code]).toEqual([[], null])
  })
})
