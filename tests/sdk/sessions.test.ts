import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { memoryTokens, storedTokens, type ClientOptions, type TokenStore, type Tokens } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { channelsOfTabs, locksOfTabs, standIn } from './environment-stand-in.ts'
import { ADA, nothing, problem, signedIn, startScripted, tokensOf, type ScriptedServer } from './scripted-server.ts'

interface Seen {
  path: string
  token: string | null
  asked: string | null
  body: unknown
}

const BOB = { ...ADA, id: '01890000-0000-7000-8000-00000000000b', username: 'bob' }

let answer: (seen: Seen) => Response | Promise<Response> = nothing
let seen: Seen[] = []
let server: ScriptedServer

beforeEach(() => {
  seen = []
  answer = nothing
  server = startScripted(async request => {
    const text = await request.text()
    const one = {
      path: new URL(request.url).pathname,
      token: request.headers.get('authorization')?.replace('Bearer ', '') ?? null,
      asked: request.headers.get('parley-refresh'),
      body: text === '' ? null : (JSON.parse(text) as unknown),
    }
    seen.push(one)
    return answer(one)
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const clientOf = (options: Partial<ClientOptions> = {}) => server.clientOf(options)
const refreshes = () => seen.filter(({ path }) => path === '/auth/refresh-token').length

/** A store as IndexedDB is one: everything is a copy and comes later. */
function later(tokens: Tokens | null) {
  let text = JSON.stringify(tokens)
  const store: TokenStore = {
    load: async () => JSON.parse(text) as Tokens | null,
    save: async next => void (text = JSON.stringify(next)),
  }
  return { store, kept: () => JSON.parse(text) as Tokens | null }
}

/** Tabs of one browser, with one store. */
function browser(tokens: Tokens | null = tokensOf(), options: Partial<ClientOptions> = {}) {
  const parts = { locks: locksOfTabs(), channel: channelsOfTabs() }
  const { store, kept } = later(tokens)
  const tab = () => clientOf({ tokens: store, environment: standIn(parts), ...options })
  return { tab, kept, ...parts }
}

describe('a store that answers later', () => {
  test('calls and the connection of a client wait for a store that answers later', async () => {
    answer = ({ token }) => Response.json({ by: token })
    const client = clientOf({ tokens: later(tokensOf()).store })
    expect(client.tokens.current).toBeNull()
    expect((await client.users.me()) as unknown).toEqual({ by: 'token-1' })
    const other = clientOf({ tokens: later(tokensOf()).store })
    const opening = other.live.open()
    expect((await (await server.socket(0)).welcome()).token).toBe('token-1')
    await opening
  })

  test('a client gives the session of the last start, or says that there is none', async () => {
    expect(await clientOf({ tokens: later(tokensOf()).store }).tokens.restore()).toMatchObject({ user_id: ADA.id })
    expect(await clientOf({ tokens: later(null).store }).tokens.restore()).toBeNull()
    expect(seen).toEqual([])
  })

  test('a user who signs in while the store is read stays signed in', async () => {
    const client = clientOf({ tokens: later(tokensOf()).store })
    client.tokens.keep(signedIn('token-of-bob', BOB))
    await client.tokens.restore()
    expect(client.tokens.current?.user_id).toBe(BOB.id)
  })

  test('a store that cannot be read is as one that is empty, and is reported', async () => {
    const reported: unknown[] = []
    const before = globalThis.reportError
    globalThis.reportError = error => void reported.push(error)
    try {
      const blocked = new Error('blocked')
      const client = clientOf({ tokens: { load: () => Promise.reject(blocked), save: () => undefined } })
      expect(await client.tokens.restore()).toBeNull()
      expect(reported).toEqual([blocked])
    } finally {
      globalThis.reportError = before
    }
  })
})

describe('tabs with one session', () => {
  test('tabs that need a new token at the same time refresh once', async () => {
    answer = ({ path, token }) =>
      path === '/auth/refresh-token' ? Response.json(signedIn('token-2')) : Response.json({ by: token })
    const { tab, kept } = browser(tokensOf(ADA.id, 'token-1', 0))
    const answers = await Promise.all(Array.from({ length: 5 }, () => tab().users.me()))
    expect(answers as unknown[]).toEqual(answers.map(() => ({ by: 'token-2' })))
    expect(refreshes()).toBe(1)
    expect(kept()).toMatchObject({ access_token: 'token-2', generation: 1 })
  })

  test('tabs whose new access token is the same text as the old one, of the same second, refresh once', async () => {
    answer = ({ path }) => Response.json(path === '/auth/refresh-token' ? signedIn('token-1') : {})
    const { tab } = browser(tokensOf(ADA.id, 'token-1', 0))
    await Promise.all([tab().users.me(), tab().users.me()])
    expect(refreshes()).toBe(1)
  })

  test('tabs are given the token that another one has fetched', async () => {
    answer = () => Response.json(signedIn('token-2'))
    const { tab } = browser()
    const [one, two] = [tab(), tab()]
    await Promise.all([one.tokens.restore(), two.tokens.restore()])
    await one.tokens.renew('token-1')
    await until(() => two.tokens.current?.access_token === 'token-2', 'the other has it')
  })

  test('tabs are signed out together, and their connections end', async () => {
    answer = () => new Response(null, { status: 204 })
    const { tab, kept } = browser()
    const [one, two] = [tab(), tab()]
    const opening = two.live.open()
    await (await server.socket(0)).welcome()
    await opening
    await one.auth.logout()
    await until(() => two.live.status.state === 'signed_out', 'the other is signed out')
    expect([one.tokens.current, two.tokens.current, kept()]).toEqual([null, null, null])
  })

  test('tabs are not signed out with the session of another user', async () => {
    answer = () => new Response(null, { status: 204 })
    const { tab } = browser()
    const [one, two] = [tab(), tab()]
    await Promise.all([one.tokens.restore(), two.tokens.restore()])
    two.tokens.keep({ ...signedIn('token-of-bob', BOB), session_id: BOB.id })
    await one.auth.logout()
    await one.tokens.restore()
    expect(two.tokens.current?.user_id).toBe(BOB.id)
  })

  test('tabs that are closed are told nothing', async () => {
    answer = () => new Response(null, { status: 204 })
    const { tab } = browser()
    const [one, two] = [tab(), tab()]
    await Promise.all([one.tokens.restore(), two.tokens.restore()])
    two.close()
    await one.auth.logout()
    await one.tokens.restore()
    expect(two.tokens.current).not.toBeNull()
  })

  test('tabs whose platform refuses locks refresh without them', async () => {
    answer = () => Response.json(signedIn('token-2'))
    const locks = { request: () => Promise.reject(new Error('SecurityError')) }
    const client = clientOf({ environment: standIn({ locks }) })
    expect(await client.tokens.renew('token-1')).toBe('token-2')
  })
})

describe('a session whose refresh token is in a cookie', () => {
  /** As the server answers then. `user` is whose cookie the browser has; null: nobody's. */
  function cookies(user: typeof ADA | null = ADA) {
    const jar = { user, refreshes: 0 }
    answer = ({ path, asked, token }) => {
      const { refresh_token: _, ...rest } = signedIn(`token-${jar.refreshes + 1}`, jar.user ?? ADA)
      if (path === '/auth/logout') jar.user = null
      if (asked === null || path === '/auth/logout') return Response.json({ by: token })
      if (path !== '/auth/refresh-token') return Response.json(rest)
      if (!jar.user) return problem('invalid_refresh_token', 401)
      jar.refreshes += 1
      return Response.json({ ...rest, access_token: `token-${jar.refreshes + 1}` })
    }
    return jar
  }
  const session = { session: 'cookie' } as const

  test('signing in, refreshing and signing out say that the cookie is wanted; no other call does', async () => {
    const jar = cookies()
    const tokens = memoryTokens()
    const client = clientOf({ ...session, tokens })
    await client.auth.login({ username: 'ada', password: 'a fine long phrase' })
    expect(client.tokens.current).toMatchObject({ access_token: 'token-1', refresh_token: null })
    await client.tokens.renew('token-1')
    await client.users.me()
    await client.auth.logout()
    expect(seen.map(({ path, asked }) => [path, asked])).toEqual([
      ['/auth/login', 'cookie'],
      ['/auth/refresh-token', 'cookie'],
      ['/users/me', null],
      ['/auth/logout', 'cookie'],
    ])
    expect(seen[1]?.body).toEqual({})
    expect(jar.refreshes).toBe(1)
    expect(tokens.load()).toBeNull()
  })

  test('signing in, refreshing and signing out send the cookie, and other calls do not', async () => {
    cookies()
    const sent: unknown[] = []
    const spy = (input: string, init?: RequestInit) => {
      sent.push([new URL(input).pathname, init?.credentials])
      return fetch(input, init)
    }
    const client = clientOf({ ...session, fetch: spy as unknown as typeof fetch })
    await client.users.me()
    expect(sent).toEqual([
      ['/auth/refresh-token', 'include'],
      ['/users/me', undefined],
    ])
  })

  test('a client that starts finds its session by one refresh, for all calls and the connection', async () => {
    const jar = cookies()
    const client = clientOf(session)
    const opening = client.live.open()
    const calls = Array.from({ length: 3 }, () => client.users.me())
    await (await server.socket(0)).welcome()
    await opening
    expect((await Promise.all(calls)) as unknown[]).toEqual(calls.map(() => ({ by: 'token-2' })))
    expect(jar.refreshes).toBe(1)
  })

  test('a client that starts without a session asks once', async () => {
    cookies(null)
    const client = clientOf(session)
    expect(await client.tokens.restore()).toBeNull()
    expect(await client.users.list({}).catch((reason: unknown) => reason)).toMatchObject({ code: 'unauthenticated' })
    const error: unknown = await client.live.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unauthenticated' })
    expect(refreshes()).toBe(1)
  })

  test('a client that starts while the server is away says so, and asks again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = () => new Response('down', { status: 503 })
    const client = clientOf({ ...session, random: () => 0 })
    const error: unknown = await client.tokens.restore().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unavailable' })
    const opening = client.live.open().then(() => resolve())
    await until(() => refreshes() > 1, 'it asks again')
    cookies()
    await (await server.socket(0)).welcome()
    await Promise.all([opening, promise])
  })

  test('a client that has signed out does not look for a session again', async () => {
    cookies()
    const client = clientOf(session)
    await client.users.me()
    await client.auth.logout()
    const before = refreshes()
    expect(await client.users.list({}).catch((reason: unknown) => reason)).toMatchObject({ code: 'unauthenticated' })
    expect(refreshes()).toBe(before)
  })

  test('a client is signed out when another tab has signed another user in', async () => {
    const jar = cookies()
    const client = clientOf(session)
    await client.users.me()
    jar.user = BOB
    expect(await client.tokens.renew('token-2')).toBeNull()
    expect(client.tokens.current).toBeNull()
  })

  test('tabs refresh one after the other, because they share the cookie', async () => {
    const jar = cookies()
    let together = 0
    const inner = answer
    answer = async one => {
      if (one.path !== '/auth/refresh-token') return inner(one)
      together += 1
      expect(together).toBe(1)
      await new Promise(resolve => setImmediate(resolve))
      together -= 1
      return inner(one)
    }
    const { tab } = browser(null, session)
    const tabs = Array.from({ length: 4 }, tab)
    await Promise.all(tabs.map(client => client.users.me()))
    expect(jar.refreshes).toBe(4)
  })
})

test('tokens in the storage of a browser are one item, and none after a sign-out', () => {
  const items = new Map<string, string>()
  const store = storedTokens({
    getItem: key => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: key => void items.delete(key),
  })
  expect(store.load()).toBeNull()
  store.save(tokensOf())
  expect(store.load()).toMatchObject({ user_id: ADA.id })
  store.save(null)
  expect([store.load(), items.size]).toEqual([null, 0])
})
