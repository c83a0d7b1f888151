import { afterAll, beforeEach, expect, test } from 'bun:test'
import { groupOf, directOf, refused, register, say, signIn, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import { openPushService, readVapid, type Subscription } from '../support/web-push.ts'

const web = openPushService()
afterAll(() => web[Symbol.dispose]())
/** Milliseconds that the server's clock is ahead. */
let ahead = 0
const server = sharedServer({
  settings: { PARLEY_PUSH_ALLOW: web.host },
  overrides: { clock: () => new Date(Date.now() + ahead) },
})
beforeEach(() => {
  web.answer = () => new Response(null, { status: 201 })
})

/** Registers a browser of the person. */
async function browserOf(person: Person): Promise<Subscription> {
  const browser = web.subscribe()
  await person.client.notifications.registerDevice({ platform: 'web', subscription: browser.subscription })
  return browser
}
const pushesTo = (browser: Subscription) => web.payloads(browser)
const messagesTo = (browser: Subscription) =>
  pushesTo(browser)
    .filter(({ type }) => type === 'message')
    .map(({ message_id }) => message_id)

async function pushed(browser: Subscription, ...message_ids: string[]): Promise<void> {
  const [last] = message_ids.slice(-1)
  await until(
    () => messagesTo(browser).includes(last),
    'the push of the last message',
    () => JSON.stringify(pushesTo(browser)),
  )
  expect(messagesTo(browser)).toEqual(message_ids)
}

test('a message is pushed to the members who are away: ids, badge, one topic for the conversation', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [own, his, hers] = [await browserOf(ada), await browserOf(bob), await browserOf(cy)]
  using socket = await openSocket(server.url, { token: cy.access_token })
  const { id: room } = await groupOf(ada, [bob, cy])
  const first = await say(ada, room, 'a secret of the house')
  await pushed(his, first.id)
  const second = await say(ada, room, 'and another')
  await pushed(his, first.id, second.id)
  const ids = { type: 'message', conversation_id: room, sender_id: ada.id }
  expect(pushesTo(his)).toEqual([
    { ...ids, message_id: first.id, seq: 1, badge: 1 },
    { ...ids, message_id: second.id, seq: 2, badge: 2 },
  ])
  const requests = web.requests.filter(({ path }) => his.subscription.endpoint.endsWith(path))
  const topics = new Set(requests.map(({ headers }) => headers.get('topic')))
  expect([...topics]).toEqual([room.replaceAll('-', '')])
  const { public_key } = await bob.client.notifications.vapidPublicKey({})
  expect((await readVapid(requests[0]?.headers.get('authorization') ?? null)).key).toBe(public_key)
  expect([...pushesTo(own), ...pushesTo(hers)]).toEqual([])
  expect(socket.code).toBeNull()
})

test('with preview a push carries the sender and the text', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const his = await browserOf(bob)
  await bob.client.notifications.updatePreferences({ preview: true })
  const { id: room } = await directOf(ada, bob)
  const { id } = await say(ada, room, 'hello 👋')
  await pushed(his, id)
  expect(pushesTo(his)).toMatchObject([{ title: ada.name, body: 'hello 👋' }])
})

test('levels, mentions, muting and blocking decide what is pushed', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [his, hers] = [await browserOf(bob), await browserOf(cy)]
  const { id: conversation_id } = await groupOf(ada, [bob, cy])
  const { notifications, conversations } = bob.client
  /** Sends, and waits for Cy's push: then it is decided for Bob too. */
  const send = async (mentions: string[]) => {
    const { id } = await ada.client.messages.send({ conversation_id, content: 'hey', mentions })
    await until(() => messagesTo(hers).includes(id), 'the push of another member')
    return id
  }
  const [plainly, mentioning] = [() => send([]), () => send([bob.id])]
  const expected: string[] = []

  await notifications.updatePreferences({ level: 'mentions' })
  await plainly()
  expected.push(await mentioning())
  await pushed(his, ...expected)
  await notifications.updatePreferences({ level: 'none' })
  await mentioning()
  await notifications.updatePreferences({ level: 'all' })
  expected.push(await plainly())
  await pushed(his, ...expected)
  await conversations.membership({ conversation_id, notify: 'none' })
  await mentioning()
  await conversations.membership({ conversation_id, notify: 'all', muted_until: '2099-01-01T00:00:00Z' })
  await mentioning()
  await conversations.membership({ conversation_id, muted_until: null })
  await notifications.updatePreferences({ muted_until: '2099-01-01T00:00:00Z' })
  await mentioning()
  await notifications.updatePreferences({ muted_until: null })
  await bob.client.contacts.block({ contact_id: ada.id })
  await mentioning()
  await bob.client.contacts.unblock({ contact_id: ada.id })
  expected.push(await plainly())
  await pushed(his, ...expected)
})

test('quiet hours end when the clock says so', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const his = await browserOf(bob)
  const { id: room } = await groupOf(ada, [bob])
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
  const day = (minutes: number) =>
    (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[new Date(Date.now() + minutes * 60_000).getUTCDay()] ??
    'sun'
  const quiet_hours = [{ days: [day(-2)], from: at(-2), to: at(3), tz: 'Etc/UTC' }]
  await bob.client.notifications.updatePreferences({ quiet_hours })
  await say(ada, room, 'psst')
  // Pushed, so that the one before was decided on.
  const other = await register(server, 'cy')
  const theirs = await browserOf(other)
  await ada.client.groups.addMembers({ conversation_id: room, user_ids: [other.id] })
  const { id: second } = await say(ada, room, 'psst')
  await pushed(theirs, second)
  ahead = 5 * 60_000
  try {
    const { id: third } = await say(ada, room, 'good morning')
    await pushed(his, third)
  } finally {
    ahead = 0
  }
})

test('what is read elsewhere corrects badge and notification on every device that shows it', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const [phone, tablet] = [await browserOf(bob), await browserOf(bob)]
  const { id: conversation_id } = await groupOf(ada, [bob])
  const { id } = await say(ada, conversation_id, 'hello')
  await Promise.all([pushed(phone, id), pushed(tablet, id)])
  await until(async () => (await shown(bob, conversation_id)).length === 2, 'both show it')
  await bob.client.conversations.read({ conversation_id, seq: 1 })
  for (const browser of [phone, tablet]) {
    await until(() => pushesTo(browser).length === 2, 'the correction')
    expect(pushesTo(browser)[1]).toEqual({ type: 'read', conversation_id, last_read_seq: 1, badge: 0 })
  }
  const silent = web.requests.filter(({ path }) => phone.subscription.endpoint.endsWith(path)).at(-1)
  expect(silent?.headers.get('urgency')).toBe('low')
  // Told once: reading what no device shows is not pushed.
  const { id: second } = await say(ada, conversation_id, 'more')
  await pushed(phone, id, second)
  await until(async () => (await shown(bob, conversation_id)).length === 2, 'both show it')
  await say(bob, conversation_id, 'an answer from elsewhere')
  await until(() => pushesTo(phone).length === 4, 'the correction by sending')
  expect(pushesTo(phone)[3]).toMatchObject({ type: 'read', badge: 0 })
})

async function shown(person: Person, conversation_id: string) {
  const { devices } = server.running.storage
  const ids = (await devices.ofUsers([person.id])).map(({ id }) => id)
  return (await devices.pushed(ids, conversation_id)).filter(({ shown_seq }) => shown_seq > 0)
}

test('a message that is deleted or read before it could be sent is not pushed', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const his = await browserOf(bob)
  const { id: conversation_id } = await groupOf(ada, [bob])
  web.answer = () => new Response(null, { status: 503 })
  const deleted = await say(ada, conversation_id, 'oops')
  await until(() => pushesTo(his).length > 0, 'an attempt')
  await ada.client.messages.delete({ message_id: deleted.id })
  await say(ada, conversation_id, 'read at once')
  await bob.client.conversations.read({ conversation_id, seq: 2 })
  const attempts = pushesTo(his).length
  web.answer = () => new Response(null, { status: 201 })
  const { id: third } = await say(ada, conversation_id, 'and this')
  await until(() => messagesTo(his).includes(third), 'the third one')
  expect(messagesTo(his).slice(attempts)).toEqual([third])
})

test('503 is tried again and collapses into the latest message, also over a restart', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const his = await browserOf(bob)
  const { id: room } = await groupOf(ada, [bob])
  web.answer = () => new Response(null, { status: 503 })
  const first = await say(ada, room, 'one')
  await until(() => messagesTo(his).length > 0, 'an attempt')
  await server.restart()
  const before = messagesTo(his).length
  web.answer = () => new Response(null, { status: 201 })
  await until(() => messagesTo(his).length > before, 'another attempt after the restart')
  expect(messagesTo(his).slice(before)).toEqual([first.id])
})

test('Retry-After is waited for', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const his = await browserOf(bob)
  const { id: room } = await groupOf(ada, [bob])
  let refusals = 0
  web.answer = () =>
    (refusals += 1) === 1 ? new Response(null, { status: 429, headers: { 'retry-after': '2' } }) : new Response(null)
  await say(ada, room, 'one')
  await until(() => messagesTo(his).length === 2, 'two attempts')
  const [first, second] = web.requests.filter(({ path }) => his.subscription.endpoint.endsWith(path))
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_900)
})

test('a device that the push service no longer knows is removed', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const [gone, stays] = [await browserOf(bob), await browserOf(bob)]
  web.answer = ({ path }) => new Response(null, { status: gone.subscription.endpoint.endsWith(path) ? 410 : 201 })
  const { id: room } = await groupOf(ada, [bob])
  const { id } = await say(ada, room, 'hello')
  await pushed(stays, id)
  await until(async () => (await bob.client.notifications.devices({})).data.length === 1, 'the device is removed')
})

test('after the end of its session, or once it is another user’s, a device gets nothing of the former user', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [first, second] = [await signIn(server, bob.name), await signIn(server, bob.name)]
  const [ended, moved, stays] = [await browserOf(first), await browserOf(second), await browserOf(bob)]
  await first.client.auth.logout({})
  await cy.client.notifications.registerDevice({ platform: 'web', subscription: moved.subscription })
  const { id: room } = await groupOf(ada, [bob])
  const { id } = await say(ada, room, 'hello')
  await pushed(stays, id)
  expect([...pushesTo(ended), ...pushesTo(moved)]).toEqual([])
})

test('a removed member gets no push', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [his, hers] = [await browserOf(bob), await browserOf(cy)]
  const { id: room } = await groupOf(ada, [bob, cy])
  await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
  const { id } = await say(ada, room, 'without Bob')
  await pushed(hers, id)
  expect(pushesTo(his)).toEqual([])
})

test('an ADMIN sends a notice to users, to a conversation or to all, and the job says how it went', async () => {
  const root = await withRole(server, 'ADMIN')
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [one, two, muted] = [await browserOf(ada), await browserOf(ada), await browserOf(cy)]
  await cy.client.notifications.updatePreferences({ level: 'none' })
  web.answer = ({ path }) => new Response(null, { status: two.subscription.endpoint.endsWith(path) ? 410 : 201 })
  const { id: room } = await groupOf(ada, [bob, cy])
  const notice = { title: 'Maintenance', body: 'at ten', data: { colour: 'red' } }
  const { send, job } = root.client.notifications
  const sent = await send({ user_ids: [ada.id, bob.id, cy.id, ada.id], ...notice })
  expect(sent).toMatchObject({ accepted: 1, skipped: 2 })
  const { job_id } = sent
  await until(async () => (await job({ job_id })).status === 'done', 'the job is done')
  expect(await job({ job_id })).toMatchObject({ ...sent, title: 'Maintenance', delivered: 1, failed: 1 })
  expect(pushesTo(one)).toEqual([{ type: 'notice', job_id, title: 'Maintenance', body: 'at ten', colour: 'red' }])
  expect(await send({ conversation_id: room, ...notice })).toMatchObject({ accepted: 1, skipped: 2 })
  const all = await send({ all: true, ...notice })
  expect(all.accepted).toBeGreaterThanOrEqual(1)
  expect(all.skipped).toBeGreaterThanOrEqual(2)
  await until(() => pushesTo(one).length === 3, 'all three notices')
  expect(pushesTo(muted)).toEqual([])
})

test('a notice whose device answers later than its job is claimed again comes once', async () => {
  const root = await withRole(server, 'ADMIN')
  const ada = await register(server, 'ada')
  const browser = await browserOf(ada)
  const [answer, { jobs }] = [Promise.withResolvers<void>(), server.running.storage]
  web.answer = () => answer.promise.then(() => new Response(null, { status: 201 }))
  const { send, job } = root.client.notifications
  const { job_id } = await send({ user_ids: [ada.id], title: 'Maintenance', body: 'at ten' })
  await until(() => pushesTo(browser).length === 1, 'the push')
  ahead = 30_000
  try {
    const due = async () => (await jobs.state('push', new Date(Date.now() + ahead).toISOString())).due
    await until(async () => (await due()) === 0, 'the second claim')
    answer.resolve()
    await until(async () => (await jobs.state('push', '9999')).due === 0, 'the end of the job')
  } finally {
    ahead = 0
  }
  expect(await job({ job_id })).toMatchObject({ status: 'done', delivered: 1, failed: 0 })
  expect(pushesTo(browser)).toHaveLength(1)
})

test('a notice without exactly one kind of recipients, or too long, is 422; an unknown conversation or job is 404', async () => {
  const root = await withRole(server, 'ADMIN')
  const { send, job } = root.client.notifications
  const text = { title: 'a', body: 'b' }
  const id = Bun.randomUUIDv7()
  await refused(send(text), 'validation_failed')
  await refused(send({ ...text, user_ids: [id], all: true }), 'validation_failed')
  await refused(send({ ...text, user_ids: [] }), 'validation_failed')
  await refused(send({ title: 'a', body: '👋'.repeat(999), all: true }), 'validation_failed')
  await refused(send({ ...text, conversation_id: id }), 'not_found')
  await refused(job({ job_id: id }), 'not_found')
  expect(await send({ ...text, user_ids: [id] })).toMatchObject({ accepted: 0, skipped: 1 })
})
