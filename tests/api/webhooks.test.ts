import { afterAll, describe, expect, test } from 'bun:test'
import { groupOf, refused, register, say, signIn, type Person } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { until } from '../support/until.ts'
import { openWebhookReceiver, verifies, type WebhookReceiver } from '../support/webhook-receiver.ts'

const MINUTE = 60_000
const [receiver, other] = [openWebhookReceiver(), openWebhookReceiver()]
afterAll(() => {
  for (const each of [receiver, other]) each[Symbol.dispose]()
})
/** Milliseconds that the server's clock is ahead. */
let ahead = 0
const server = sharedServer({
  settings: { PARLEY_WEBHOOK_ALLOW: `${receiver.host}, ${other.host}`, PARLEY_RATE_CALLS: '0' },
  overrides: { clock: () => new Date(Date.now() + ahead) },
})
const people = shared(async () => ({
  root: await signIn(server, ADMIN.username, ADMIN.password),
  ada: await register(server, 'ada'),
  bob: await register(server, 'bob'),
}))
/** What receivers answer, by path; 204 unless set. */
const answers = new Map<string, () => Response | Promise<Response>>()
for (const each of [receiver, other])
  each.answer = ({ path }) => answers.get(path)?.() ?? new Response(null, { status: 204 })

type Wanted = Parameters<Person['client']['webhooks']['create']>[0]
let made = 0
/** A webhook with a path of its own. */
async function create(wanted: Partial<Wanted> = {}, at: WebhookReceiver = receiver) {
  const path = `/hook-${(made += 1)}`
  const webhook = await people().root.client.webhooks.create({ url: `${at.url}${path}`, ...wanted })
  const got = () => at.requests.filter(request => request.path === path)
  const texts = () =>
    got().flatMap(({ payload }) => (payload.type === 'message.created' ? [payload.data['content']] : []))
  const { secret, ...shown } = webhook
  const answer = (given: () => Response | Promise<Response>) => void answers.set(path, given)
  return { shown, secret, ref: { webhook_id: webhook.id }, got, texts, answer }
}
const api = () => people().root.client.webhooks

/** Waits until the server has read the webhooks again: it counts how often. */
async function seen(): Promise<void> {
  const count = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/^parley_job_duration_seconds_count\{job="webhooks"\} (\d+)$/m.exec(text)?.[1] ?? 0)
  }
  const before = await count()
  // The first of them may have begun before.
  await until(async () => (await count()) >= before + 2, 'the webhooks are read')
}

/** Gives the newest delivery of a webhook each time that the outcome of another attempt is stored. */
function outcomesOf(ref: { webhook_id: string }) {
  let last: string | null = null
  const newest = async () => (await api().deliveries(ref)).data[0]
  return async () => {
    await until(async () => ((await newest())?.attempted_at ?? null) !== last, 'the outcome of an attempt')
    const delivery = await newest()
    last = delivery?.attempted_at ?? null
    return delivery
  }
}

async function room(): Promise<string> {
  const { ada, bob } = people()
  return (await groupOf(ada, [bob])).id
}

describe('a webhook', () => {
  test('gets the events of conversations from its creation on, in the form of the log, signed', async () => {
    const { ada } = people()
    const before = await room()
    await say(ada, before, 'before')
    const hook = await create()
    const { id } = await say(ada, before, 'after')
    const created = await room()
    await ada.client.messages.update({ message_id: id, content: 'edited' })
    await ada.client.messages.delete({ message_id: id })
    await until(() => hook.got().some(({ payload }) => payload.type === 'message.deleted'), 'the deletion')
    const mine = hook.got().map(({ payload }) => payload)
    const sent = mine.find(({ conversation_id, type }) => conversation_id === before && type === 'message.created')
    // Deleted meanwhile or not: a deleted text is not sent any more.
    expect(['after', null]).toContain(sent?.data['content'] as string | null)
    expect(sent).toMatchObject({ change: 3, data: { id, seq: 2, sender_id: ada.id } })
    await until(() => hook.got().some(({ payload }) => payload.conversation_id === created), 'the new group')
    expect(hook.texts()).not.toContain('before')
    const [request] = hook.got()
    if (!request) throw new Error('no request')
    expect(request.headers.get('webhook-id')).toBe(request.payload.id)
    expect(hook.got().every(each => verifies(hook.secret, each))).toBe(true)
    expect(verifies(hook.secret, { ...request, text: `${request.text} ` })).toBe(false)
    expect(verifies(`whsec_${btoa('another secret of it')}`, request)).toBe(false)
  })

  test('gets the events and the conversation that it names only, and nothing of user streams', async () => {
    const { ada, bob } = people()
    const [one, two] = [await room(), await room()]
    const hook = await create({ events: ['message.created', 'message.pinned'], conversation_id: one })
    await say(ada, two, 'elsewhere')
    const { id, seq } = await say(ada, one, 'here')
    await bob.client.conversations.read({ conversation_id: one, seq })
    await ada.client.messages.react({ message_id: id, emoji: '👍' })
    await ada.client.messages.pin({ message_id: id })
    await until(() => hook.got().length === 2, 'two events')
    await say(ada, one, 'last')
    await until(() => hook.texts().includes('last'), 'the last message')
    const got = hook.got().toSorted((a, b) => a.payload.change - b.payload.change)
    expect(got.map(({ payload }) => [payload.conversation_id, payload.type])).toEqual([
      [one, 'message.created'],
      [one, 'message.pinned'],
      [one, 'message.created'],
    ])
    const all = await create()
    await say(ada, two, 'all')
    await until(() => all.texts().includes('all'), 'an event of another conversation')
    expect(all.got().every(({ payload }) => !payload.type.startsWith('read.'))).toBe(true)
  })

  test('shows its secret once, and two signatures after a rotation until the old secret ends', async () => {
    const { ada } = people()
    const hook = await create({ description: 'the shop' })
    expect(await api().get(hook.ref)).toEqual(hook.shown)
    expect(JSON.stringify(await api().list({ limit: 100 }))).not.toContain(hook.secret)
    const rotated = await api().rotate(hook.ref)
    expect(rotated.secret).not.toBe(hook.secret)
    const conversation_id = await room()
    await until(() => hook.got().length > 0, 'an event')
    for (const secret of [hook.secret, rotated.secret])
      await until(async () => {
        await say(ada, conversation_id, 'signed')
        return hook.got().some(request => verifies(secret, request))
      }, 'a signature')
    const last = await api().rotate({ ...hook.ref, overlap_hours: 0 })
    await until(async () => (await api().test(hook.ref)).delivered, 'a ping')
    const ping = hook.got().findLast(({ payload }) => payload.type === 'ping')
    if (!ping) throw new Error('no ping')
    expect([last.secret, rotated.secret, hook.secret].map(secret => verifies(secret, ping))).toEqual([
      true,
      false,
      false,
    ])
  })

  test('is tested by a ping that says what came back, and is no delivery', async () => {
    const hook = await create({ events: ['message.pinned'] })
    expect(await api().test(hook.ref)).toMatchObject({ delivered: true, status_code: 204, error: null })
    hook.answer(() => new Response('no', { status: 418 }))
    expect(await api().test(hook.ref)).toMatchObject({ delivered: false, status_code: 418, error: 'answered 418' })
    hook.answer(() => Response.redirect(other.url, 302))
    expect(await api().test(hook.ref)).toMatchObject({ delivered: false, status_code: 302 })
    expect(other.requests.filter(({ path }) => path === '/')).toEqual([])
    expect((await api().deliveries(hook.ref)).data).toEqual([])
  })

  test('is refused where the URL may lead into the network of the server', async () => {
    for (const url of [
      'http://127.0.0.1:1/',
      'https://localhost/',
      'https://10.0.0.1/',
      'ftp://example.com/',
      'https://a@example.com/',
    ]) {
      const problem = await refused(api().create({ url }), 'validation_failed')
      expect(problem.errors?.map(({ path }) => path)).toEqual(['url'])
    }
    const hook = await create()
    await refused(api().update({ ...hook.ref, url: 'https://169.254.169.254/' }), 'validation_failed')
    await refused(api().create({ url: receiver.url, conversation_id: hook.shown.id }), 'not_found')
  })
})

describe('a delivery', () => {
  test('that fails is tried again, later each time, with the same id, until it succeeds', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    hook.answer(() => new Response(null, { status: 503 }))
    await say(ada, conversation_id, 'tried')
    const outcome = outcomesOf(hook.ref)
    const first = await outcome()
    expect(first).toMatchObject({
      status: 'waiting',
      status_code: 503,
      error: 'answered 503',
      event: 'message.created',
    })
    expect(Date.parse(first?.next_attempt_at ?? '') - Date.parse(first?.attempted_at ?? '')).toBeGreaterThanOrEqual(
      5_000,
    )
    expect((await api().get(hook.ref)).failing_since).not.toBeNull()
    ahead += MINUTE
    expect(await outcome()).toMatchObject({ attempts: 2, status: 'waiting' })
    hook.answer(() => new Response(null, { status: 200 }))
    ahead += 5 * MINUTE
    expect(await outcome()).toMatchObject({ status: 'delivered', attempts: 3, error: null, next_attempt_at: null })
    expect(new Set(hook.got().map(({ headers }) => headers.get('webhook-id')))).toEqual(new Set([first?.id ?? '']))
    expect(await api().get(hook.ref)).toMatchObject({ failing_since: null, waiting: 0 })
  })

  test('waits as long as Retry-After says', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    hook.answer(() => new Response(null, { status: 429, headers: { 'retry-after': '3600' } }))
    await say(ada, conversation_id, 'later')
    const { next_attempt_at, attempted_at } = (await outcomesOf(hook.ref)()) ?? {}
    expect(Date.parse(next_attempt_at ?? '') - Date.parse(attempted_at ?? '')).toBe(3_600_000)
  })

  test('is given up after its attempts, listed by status, and replayed: one, or a range', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    hook.answer(() => new Response(null, { status: 500 }))
    // The store has a clock of its own.
    const since = new Date(Date.now() - 1_000).toISOString()
    const now = () => new Date(Date.now() + ahead).toISOString()
    let jumped = now()
    for (const text of ['one', 'two']) await say(ada, conversation_id, text)
    const of = async (status: 'waiting' | 'failed' | 'delivered') =>
      (await api().deliveries({ ...hook.ref, status })).data
    // The pauses with what is added to them at most; after the last attempt there is none.
    for (const minutes of [0.1, 0.6, 2.4, 12, 36, 72, 216, 432, 864, 0]) {
      const all = async () => (await api().deliveries(hook.ref)).data
      await until(
        async () => (await all()).filter(({ attempted_at }) => (attempted_at ?? '') >= jumped).length === 2,
        'an attempt of both',
      )
      ahead += minutes * MINUTE
      jumped = now()
    }
    expect((await of('failed')).length).toBe(2)
    hook.answer(() => new Response(null, { status: 204 }))
    const [newest] = await of('failed')
    expect(await api().replay({ ...hook.ref, delivery_id: newest?.id ?? '' })).toEqual({ replayed: 1 })
    await until(async () => (await of('delivered')).length === 1, 'the replay of one')
    expect(await api().replay({ ...hook.ref, since, status: 'failed' })).toEqual({ replayed: 1 })
    await until(async () => (await of('delivered')).length === 2, 'the replay of the rest')
    expect(await api().replay({ ...hook.ref, since, until: since })).toEqual({ replayed: 0 })
    await refused(api().replay({ ...hook.ref, delivery_id: hook.shown.id }), 'not_found')
    await refused(api().replay({ webhook_id: hook.shown.id }), 'validation_failed')
  })

  test('to a receiver that never answers does not delay another webhook', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const slow = await create({}, other)
    const hook = await create()
    const release = Promise.withResolvers<void>()
    slow.answer(async () => {
      await release.promise
      return new Response(null, { status: 204 })
    })
    for (let n = 0; n < 20; n += 1) await say(ada, conversation_id, `line ${n}`)
    await until(() => hook.texts().includes('line 19'), 'the last line')
    expect(slow.got().length).toBeLessThanOrEqual(8)
    release.resolve()
    await until(() => slow.texts().includes('line 19'), 'the rest')
  })

  test('is dropped if its conversation was purged before it was sent', async () => {
    const { ada, root } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    hook.answer(() => new Response(null, { status: 503 }))
    await say(ada, conversation_id, 'a secret')
    const outcome = outcomesOf(hook.ref)
    await outcome()
    await root.client.conversations.delete({ conversation_id, soft_delete: false })
    ahead += MINUTE
    expect(await outcome()).toMatchObject({ status: 'dropped' })
    expect(hook.texts()).toEqual(['a secret'])
  })
})

describe('a disabled webhook', () => {
  test('gets what it missed once it is enabled again, or begins anew', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    await say(ada, conversation_id, 'one')
    await until(() => hook.texts().length === 1, 'the first')
    const disabled = await api().update({ ...hook.ref, enabled: false })
    expect(disabled).toMatchObject({ enabled: false, disabled_reason: null })
    await seen()
    for (const text of ['two', 'three']) await say(ada, conversation_id, text)
    await seen()
    expect(hook.texts()).toEqual(['one'])
    await api().update({ ...hook.ref, enabled: true })
    await until(() => hook.texts().length === 3, 'what it missed')
    await api().update({ ...hook.ref, enabled: false })
    await seen()
    await say(ada, conversation_id, 'four')
    await api().update({ ...hook.ref, enabled: true, skip_missed: true })
    await say(ada, conversation_id, 'five')
    await until(() => hook.texts().includes('five'), 'what came after')
    // Requests run side by side.
    expect(new Set(hook.texts())).toEqual(new Set(['one', 'two', 'three', 'five']))
  })

  test('is one whose receiver answers 410, or that has failed for two days', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const gone = await create({ events: ['message.created'] })
    const failing = await create({ events: ['message.created'] }, other)
    gone.answer(() => new Response(null, { status: 410 }))
    failing.answer(() => new Response(null, { status: 500 }))
    await say(ada, conversation_id, 'hello')
    await until(async () => !(await api().get(gone.ref)).enabled, 'the one that is gone')
    expect(await api().get(gone.ref)).toMatchObject({ disabled_reason: 'gone' })
    await until(async () => (await api().get(failing.ref)).failing_since !== null, 'a failure')
    ahead += 49 * 60 * MINUTE
    await say(ada, conversation_id, 'two days later')
    await until(async () => !(await api().get(failing.ref)).enabled, 'the one that fails')
    expect(await api().get(failing.ref)).toMatchObject({ disabled_reason: 'failing' })
    server.expectComplaint('a webhook was disabled')
    failing.answer(() => new Response(null, { status: 204 }))
    expect(await api().update({ ...failing.ref, enabled: true })).toMatchObject({
      disabled_reason: null,
      failing_since: null,
    })
    await until(() => failing.texts().includes('two days later'), 'what waited')
  })

  test('deleted, it gets nothing any more, and its deliveries are gone', async () => {
    const { ada } = people()
    const conversation_id = await room()
    const hook = await create({ events: ['message.created'] })
    await say(ada, conversation_id, 'one')
    await until(() => hook.texts().length === 1, 'the first')
    await api().delete(hook.ref)
    await seen()
    await say(ada, conversation_id, 'two')
    const last = await create({ events: ['message.created'] })
    await say(ada, conversation_id, 'three')
    await until(() => last.texts().includes('three'), 'another webhook')
    expect(hook.texts()).toEqual(['one'])
    const calls = [api().get(hook.ref), api().deliveries(hook.ref), api().delete(hook.ref)]
    await Promise.all(calls.map(call => refused(call, 'not_found')))
  })
})
