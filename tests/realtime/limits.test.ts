import { describe, expect, test } from 'bun:test'
import type { SyncPage } from '../../src/ports/sync.ts'
import { groupOf, register, say, signIn, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const get = (server: TestServer, { access_token }: Person, path: string, headers = {}) =>
  fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${access_token}`, ...headers } })

const limitOf = ({ headers }: Response) => [headers.get('ratelimit-policy'), headers.get('ratelimit')?.split(';t=')[0]]

describe('every answer of a call that was counted says what is left', () => {
  const settings = { PARLEY_RATE_CALLS: '9', PARLEY_RATE_AUTH: '5' }

  test('by REST, by tRPC, of /sync, of errors, and across them', async () => {
    await using server = await startTestServer({ settings })
    const ada = await register(server, 'ada')
    const paths = ['/users/me', '/trpc/users.me', '/sync', '/users/nobody', '/trpc/users.me,users.me?batch=1']
    const limits: unknown[] = []
    for (const path of paths) {
      const answer = await get(server, ada, path)
      limits.push([answer.status, ...limitOf(answer)])
      expect(answer.headers.get('ratelimit')).toMatch(/^"calls";r=\d+;t=([1-9]|[1-5]\d|60)$/)
    }
    const policy = '"calls";q=9;w=60'
    expect(limits).toEqual([
      [200, policy, '"calls";r=8'],
      [200, policy, '"calls";r=7'],
      [200, policy, '"calls";r=6'],
      [422, policy, '"calls";r=5'],
      [200, policy, '"calls";r=3'],
    ])
    for (let left = 3; left > 0; left -= 1) await get(server, ada, '/users/me')
    const refused = await get(server, ada, '/users/me')
    expect([refused.status, ...limitOf(refused)]).toEqual([429, policy, '"calls";r=0'])
  })

  test('of the limits of a sign-in the one that leaves the fewest, and none where nothing is counted', async () => {
    await using server = await startTestServer({ settings })
    await register(server, 'ada')
    const login = (username: string) =>
      fetch(`${server.url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: 'wrong' }),
      })
    const [first, second] = [await login('somebody'), await login('somebody')]
    expect(limitOf(first)).toEqual(['"auth";q=5;w=60', '"auth";r=3'])
    expect(limitOf(second)).toEqual(['"auth";q=5;w=60', '"auth";r=2'])
    const uncounted = await fetch(`${server.url}/health/live`)
    expect(uncounted.headers.has('ratelimit')).toBe(false)
    await using unlimited = await startTestServer({ settings: { PARLEY_RATE_CALLS: '0' } })
    const bob = await register(unlimited, 'bob')
    expect((await get(unlimited, bob, '/users/me')).headers.has('ratelimit')).toBe(false)
  })
})

const FOLLOW = '/trpc/sync.follow?input=%7B%7D'
const SSE = { accept: 'text/event-stream' }

describe('what is no operation counts as a call too', () => {
  test('a page of /sync and a subscription count as calls', async () => {
    await using server = await startTestServer({ settings: { PARLEY_RATE_CALLS: '5' } })
    const ada = await register(server, 'ada')
    for (let index = 0; index < 5; index += 1) expect((await get(server, ada, '/sync')).status).toBe(200)
    const refused = await get(server, ada, '/sync')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('ratelimit-policy')).toBe('"calls";q=5;w=60')
    expect(await (await get(server, ada, FOLLOW, SSE)).text()).toContain('"code":"rate_limited"')
  })

  test('a resume and signing in again on the same socket count as calls', async () => {
    await using server = await startTestServer({ settings: { PARLEY_RATE_CALLS: '5' } })
    const { storage } = server.running
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    using resuming = await openSocket(server.url, { token: ada.access_token })
    for (let index = 0; index < 6; index += 1) resuming.send({ type: 'resume', epoch: storage.epoch, positions: {} })
    expect(await resuming.closed()).toBe(4429)
    expect(resuming.frames.filter(({ type }) => type === 'resumed')).toHaveLength(5)
    using again = await openSocket(server.url, { token: bob.access_token })
    for (let index = 0; index < 6; index += 1) again.send({ type: 'auth', token: bob.access_token })
    expect(await again.closed()).toBe(4429)
  })
})

test('subscriptions and sockets share the ten connections of a user', async () => {
  await using server = await startTestServer()
  const ada = await register(server, 'ada')
  const sockets = await Promise.all(
    Array.from({ length: 9 }, () => openSocket(server.url, { token: ada.access_token })),
  )
  const tenth = await get(server, ada, FOLLOW, SSE)
  const reader = tenth.body?.getReader()
  await reader?.read()
  const eleventh = await (await get(server, ada, FOLLOW, SSE)).text()
  expect(eleventh).toContain('"code":"rate_limited"')
  using refused = await openSocket(server.url)
  refused.send({ type: 'auth', token: ada.access_token })
  expect(await refused.closed()).toBe(4430)
  sockets[0]?.[Symbol.dispose]()
  await until(() => server.running.sockets() === 8, 'one is gone')
  using next = await openSocket(server.url, { token: ada.access_token })
  expect(next.code).toBeNull()
  await reader?.cancel()
  for (const socket of sockets) socket[Symbol.dispose]()
})

test('asking /sync for the present head again and again stores one cursor', async () => {
  await using server = await startTestServer()
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  const cursor = async () => ((await (await get(server, ada, '/sync')).json()) as SyncPage).cursor
  const first = await cursor()
  expect(await cursor()).toBe(first)
  await say(ada, room, 'hello')
  expect(await cursor()).not.toBe(first)
})

describe('a subscription', () => {
  test('a subscription from an old cursor does not change live delivery to others', async () => {
    await using server = await startTestServer()
    const [ada, bob, eve] = [
      await register(server, 'ada'),
      await register(server, 'bob'),
      await register(server, 'eve'),
    ]
    const { id: room } = await groupOf(ada, [bob, eve])
    const { cursor } = (await (await get(server, bob, '/sync')).json()) as SyncPage
    await say(ada, room, 'one')
    await ada.client.groups.removeMember({ conversation_id: room, user_id: eve.id })
    await ada.client.groups.addMembers({ conversation_id: room, user_ids: [eve.id] })
    await say(ada, room, 'two')
    const following = await get(
      server,
      bob,
      `/trpc/sync.follow?input=${encodeURIComponent(JSON.stringify({ cursor }))}`,
      SSE,
    )
    const reader = following.body?.getReader()
    let text = ''
    const reading = (async () => {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
        text += new TextDecoder().decode(part.value)
    })()
    using there = await openSocket(server.url, { token: ada.access_token })
    using back = await openSocket(server.url, { token: eve.access_token })
    const { change } = await say(ada, room, 'three')
    await until(() => text.includes('"three"') && back.changes(room).includes(change), 'both get it')
    expect(text).toContain('"one"')
    expect([there.changes(room), back.changes(room)]).toEqual([[change], [change]])
    await reader?.cancel()
    await reading
  })

  test('a subscription with wrong input is refused like every call', async () => {
    await using server = await startTestServer()
    const ada = await register(server, 'ada')
    for (const input of [{ cursor: 5 }, { cursor: 'x'.repeat(201) }, { cursor: '' }, 'text', []]) {
      const path = `/trpc/sync.follow?input=${encodeURIComponent(JSON.stringify(input))}`
      expect(await (await get(server, ada, path, SSE)).text()).toContain('"code":"validation_failed"')
    }
  })
})

test('a session that ends while its socket signs in leaves neither the socket nor a reader', async () => {
  // No time passes for the server: the socket is not closed for being silent.
  await using server = await startTestServer({ overrides: { monotonic: () => 1_000 } })
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  for (let round = 0; round < 10; round += 1) {
    const here = await signIn(server, ada.name)
    const socket = await openSocket(server.url)
    socket.send({ type: 'auth', token: here.access_token })
    await here.client.auth.logout({})
    expect(await socket.closed()).toBe(4401)
  }
  await say(ada, room, 'nobody is here')
  expect(server.running.sockets()).toBe(0)
})

test('sockets that do not sign in are bounded for each address, and leave room for others', async () => {
  await using server = await startTestServer({ settings: { PARLEY_TRUSTED_PROXIES: '1' } })
  const ada = await register(server, 'ada')
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  const many = await Promise.all(Array.from({ length: 256 }, () => openSocket(server.url, from('10.0.0.1'))))
  using refused = await openSocket(server.url, from('10.0.0.1'))
  expect([refused.frames, refused.code === null]).toEqual([[], false])
  using elsewhere = await openSocket(server.url, { ...from('10.0.0.2'), token: ada.access_token })
  expect(elsewhere.code).toBeNull()
  many[0]?.send({ type: 'auth', token: ada.access_token })
  await many[0]?.find('ready')
  using next = await openSocket(server.url, from('10.0.0.1'))
  expect(next.frames[0]?.type).toBe('hello')
  for (const socket of many) socket[Symbol.dispose]()
})
