import { describe, expect, test } from 'bun:test'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

let now = new Date()
let uptime = 1_000
const server = sharedServer({
  settings: { PARLEY_ALLOWED_ORIGINS: 'https://chat.example.com' },
  overrides: { clock: () => now, monotonic: () => uptime },
})

const later = (ms: number) => {
  tokensAge(ms)
  uptime += ms
}

/** Tokens expire by the clock; that a socket is silent is measured by the other one. */
function tokensAge(ms: number): void {
  now = new Date(now.getTime() + ms)
}

describe('signing in', () => {
  test('signing in begins with hello and ends with ready', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    expect(socket.frames).toEqual([
      { type: 'hello', protocol: 1, feature_level: FEATURE_LEVEL, heartbeat_ms: 25_000, max_frame_bytes: 65_536 },
      {
        type: 'ready',
        user: await ada.client.users.get({ user_id: ada.id }),
        session_id: ada.session_id,
        unread: { unread_count: 0, mention_count: 0, unread_conversations: 0 },
        epoch: server.running.storage.epoch,
        change: 0,
      },
    ])
  })

  test('signing in by a header or a ticket needs no auth frame; a ticket works once and for 30 seconds', async () => {
    const ada = await register(server, 'ada')
    using byHeader = await openSocket(server.url, { headers: { authorization: `Bearer ${ada.access_token}` } })
    await byHeader.find('ready')
    const { ticket } = await ada.client.auth.wsTicket({})
    using byTicket = await openSocket(server.url, { query: `?ticket=${ticket}` })
    await byTicket.find('ready')
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    }
    const again = await fetch(`${server.url}/ws?ticket=${ticket}`, { headers: upgrade })
    expect(again.status).toBe(401)
    const old = await ada.client.auth.wsTicket({})
    later(31_000)
    expect((await fetch(`${server.url}/ws?ticket=${old.ticket}`, { headers: upgrade })).status).toBe(401)
    expect(
      (await fetch(`${server.url}/ws`, { headers: { ...upgrade, authorization: 'Bearer nonsense' } })).status,
    ).toBe(401)
  })

  test('signing in with a wrong token, or not within 5 seconds, closes 4401', async () => {
    using wrong = await openSocket(server.url)
    wrong.send({ type: 'auth', token: 'nonsense' })
    expect(await wrong.closed()).toBe(4401)
    using silent = await openSocket(server.url)
    later(6_000)
    expect(await silent.closed()).toBe(4401)
  })

  test('signing in again as the same user gives ready again, as another user closes 4403', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    using socket = await openSocket(server.url, { token: ada.access_token })
    socket.send({ type: 'auth', token: ada.access_token })
    await until(() => socket.frames.filter(frame => frame.type === 'ready').length === 2, 'a second ready')
    socket.send({ type: 'auth', token: bob.access_token })
    expect(await socket.closed()).toBe(4403)
  })

  test('a socket lives until 60 seconds after its token has expired', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    tokensAge(15 * 60_000 + 30_000)
    socket.send({ type: 'call', id: 1, op: 'users.me' })
    await socket.find('result')
    tokensAge(31_000)
    expect(await socket.closed()).toBe(4401)
  })

  test('signing in on an eleventh socket closes 4430', async () => {
    const ada = await register(server, 'ada')
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => openSocket(server.url, { token: ada.access_token })),
    )
    using eleventh = await openSocket(server.url)
    eleventh.send({ type: 'auth', token: ada.access_token })
    expect(await eleventh.closed()).toBe(4430)
    sockets[0]?.[Symbol.dispose]()
    for (const socket of sockets) expect(socket.code === null || socket === sockets[0]).toBe(true)
    await until(() => sockets[0]?.code !== null, 'one is closed')
    using next = await openSocket(server.url, { token: ada.access_token })
    expect(next.code).toBeNull()
    for (const socket of sockets) socket[Symbol.dispose]()
  })
})

describe('the upgrade', () => {
  test('the upgrade is refused to foreign origins', async () => {
    const { host } = new URL(server.url)
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    }
    const status = async (origin: string) =>
      (await fetch(`${server.url}/ws`, { headers: { ...upgrade, origin } })).status
    for (const origin of [
      'https://evil.example',
      'null',
      'https://chat.example.com.evil.example',
      'http://chat.example.com',
      'https://chat.example.com:444',
      `http://${host}.evil.example`,
    ])
      expect([origin, await status(origin)]).toEqual([origin, 403])
    for (const origin of ['https://chat.example.com', `http://${host}`]) {
      using socket = await openSocket(server.url, { headers: { origin } })
      expect(socket.frames[0]?.type).toBe('hello')
    }
    expect((await fetch(`${server.url}/ws`)).status).toBe(426)
  })
})

describe('frames', () => {
  test('invalid frames close 4400, frames that are too large 1009', async () => {
    const ada = await register(server, 'ada')
    for (const raw of [
      '',
      'hello',
      '[]',
      'null',
      '{}',
      '{"type":"unknown"}',
      '{"type":"call"}',
      '{"type":"call","id":""}',
      '{"type":"auth"}',
    ]) {
      using socket = await openSocket(server.url, { token: ada.access_token })
      socket.raw(raw)
      expect([raw, await socket.closed()]).toEqual([raw, 4400])
    }
    using large = await openSocket(server.url, { token: ada.access_token })
    large.raw('x'.repeat(65_537))
    expect(await large.closed()).toBe(1009)
  })

  test('calls with a bad operation or input get an error, and the socket stays open', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    const calls = [
      { id: 'a', op: 'nothing.here', code: 'not_found' },
      { id: 'b', op: 'toString', code: 'not_found' },
      { id: 'c', op: '__proto__.x', code: 'not_found' },
      { id: 'l', op: 'x'.repeat(200), code: 'not_found' },
      { id: 'd', op: 'messages.get', input: { message_id: 'x' }, code: 'validation_failed' },
      { id: 'e', op: 'messages.get', input: [], code: 'validation_failed' },
      { id: 'f', op: 'messages.get', input: 'text', code: 'validation_failed' },
      { id: 7, op: 'users.me', input: { extra: 1 }, code: 'validation_failed' },
    ]
    for (const { id, op, input } of calls)
      socket.send({ type: 'call', id, op, ...(input === undefined ? {} : { input }) })
    for (const { id, code } of calls) {
      const { error } = await socket.find('error', frame => frame.id === id)
      expect([id, error.code]).toEqual([id, code])
    }
    expect(socket.frames).toHaveLength(2 + calls.length)
  })

  test('calls before signing in may only register, sign in and refresh', async () => {
    using socket = await openSocket(server.url)
    const username = `early-${crypto.randomUUID().slice(0, 8)}`
    const account = { username, email: `${username}@example.com`, password: 'a fine long passphrase' }
    socket.send({ type: 'call', id: 1, op: 'users.me' })
    expect(await socket.find('error')).toMatchObject({ id: 1, error: { code: 'unauthenticated' } })
    socket.send({ type: 'call', id: 2, op: 'auth.register', input: account })
    const { data } = await socket.find('result')
    socket.send({ type: 'auth', token: (data as { access_token: string }).access_token })
    await socket.find('ready')
  })

  test('calls are answered once each and in order', async () => {
    const ada = await register(server, 'ada')
    const { id: conversation_id } = await groupOf(ada, [])
    using socket = await openSocket(server.url, { token: ada.access_token })
    const ids = Array.from({ length: 100 }, (_, index) => index)
    for (const id of ids)
      socket.send({ type: 'call', id, op: 'messages.send', input: { conversation_id, content: `${id}` } })
    await socket.find('result', frame => frame.id === 99)
    const results = socket.frames.flatMap(frame => (frame.type === 'result' ? [frame] : []))
    expect(results.map(({ id }) => id)).toEqual(ids)
    expect(results.map(({ data }) => (data as { seq: number }).seq)).toEqual(ids.map(id => id + 1))
  })

  test('a ping is answered', async () => {
    using socket = await openSocket(server.url)
    socket.send({ type: 'ping' })
    await socket.find('pong')
  })

  test('the server pings, and closes a socket that does not answer', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    later(26_000)
    await socket.find('ping')
    later(30_000)
    expect(await socket.closed()).toBe(4410)
  })
})

describe('limits', () => {
  test('a flood of frames closes the socket', async () => {
    const ada = await register(server, 'ada')
    using socket = await openSocket(server.url, { token: ada.access_token })
    const { id: conversation_id } = await groupOf(ada, [])
    const input = { conversation_id, content: 'x' }
    // Each waits for its commit, so that the frames behind it wait, too.
    for (let id = 0; id < 2_000; id += 1) socket.send({ type: 'call', id, op: 'messages.send', input })
    // 1006 where the peer is still sending when the socket goes.
    expect([4429, 1006]).toContain(await socket.closed())
  })

  test('the limit of calls holds over all transports, and five times that many close the socket', async () => {
    await using limited = await startTestServer({ settings: { PARLEY_RATE_CALLS: '10' } })
    const ada = await register(limited, 'ada')
    using socket = await openSocket(limited.url, { token: ada.access_token })
    const get = () => fetch(`${limited.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    for (let index = 0; index < 10; index += 1) expect((await get()).status).toBe(200)
    const refused = await get()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit-policy')).toBe('"calls";q=10;w=60')
    socket.send({ type: 'call', id: 0, op: 'users.me' })
    expect((await socket.find('error')).error).toMatchObject({ code: 'rate_limited', retry_after: expect.any(Number) })
    for (let id = 1; id < 60; id += 1) socket.send({ type: 'call', id, op: 'users.me' })
    expect(await socket.closed()).toBe(4429)
    expect((await get()).status).toBe(429)
  })

  test('the limit of sign-ins holds per account and per address, also for a batch', async () => {
    await using limited = await startTestServer({ settings: { PARLEY_RATE_AUTH: '5' } })
    const login = JSON.stringify(
      Object.fromEntries(Array.from({ length: 10 }, (_, index) => [index, { username: 'root', password: 'wrong' }])),
    )
    const batch = await fetch(`${limited.url}/trpc/${Array(10).fill('auth.login').join(',')}?batch=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: login,
    })
    const answers = (await batch.json()) as { error: { data: { problem: { code: string } } } }[]
    expect(answers.filter(answer => answer.error.data.problem.code === 'invalid_credentials')).toHaveLength(5)
    expect(answers.filter(answer => answer.error.data.problem.code === 'rate_limited')).toHaveLength(5)
    const more = await fetch(`${limited.url}/trpc/${Array(11).fill('auth.login').join(',')}?batch=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: login,
    })
    expect(more.status).toBe(400)
  })
})
