import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { ConnectionLost, memoryTokens, type TokenStore, type Tokens } from '../../src/sdk/index.ts'
import { refusal } from '../../src/sdk/errors.ts'
import { TokenKeeper, type TokenOptions } from '../../src/sdk/tokens.ts'
import { channelsOfTabs, locksOfTabs } from './environment-stand-in.ts'
import { ADA, signedIn, tokensOf } from './scripted-server.ts'

const BOB = { ...ADA, id: '01890000-0000-7000-8000-00000000000b' }
const bobs = { ...signedIn('token-of-bob', BOB), session_id: BOB.id }

function keeperOf(options: Partial<TokenOptions> = {}): TokenKeeper {
  const store = memoryTokens(tokensOf())
  return new TokenKeeper({
    store,
    refresh: async () => signedIn('token-2'),
    now: Date.now,
    random: () => 1,
    environment: {},
    url: 'http://parley.test',
    ...options,
  })
}

/** A refresh that the test settles. */
function slowRefresh() {
  const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof signedIn>>()
  return { refresh: () => promise, resolve, reject }
}

describe('a token that is kept fresh', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  /** The seconds at which the server is asked while it always answers `failure`. */
  async function askedAt(failure: Error, seconds: number, stopAt = Number.POSITIVE_INFINITY): Promise<number[]> {
    const asked: number[] = []
    let second = 0
    const refresh = async () => {
      asked.push(second)
      throw failure
    }
    const stop = keeperOf({ store: memoryTokens(tokensOf(ADA.id, 'token-1', 0)), refresh }).keepFresh()
    for (second = 1; second <= seconds; second += 1) {
      jest.advanceTimersByTime(1_000)
      if (second === stopAt) stop()
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    }
    stop()
    return asked
  }

  test('a new token is requested less and less often while the server is down', async () => {
    expect(await askedAt(new ConnectionLost('down'), 100)).toEqual([1, 2, 3, 5, 9, 17, 33, 63, 93])
  })

  test('a new token is not requested before the server allows it', async () => {
    expect(await askedAt(refusal('unavailable', { retry_after: 7 }), 20)).toEqual([1, 8, 15])
  })

  test('a new token is no longer requested once nothing needs it, also when the last attempt fails after that', async () => {
    expect(await askedAt(new ConnectionLost('down'), 100, 3)).toEqual([1, 2, 3])
  })
})

describe('somebody who signs in while another’s token is refreshed', () => {
  test('a user who signs in during another user’s refresh does not give the other a token', async () => {
    const { refresh, resolve } = slowRefresh()
    const keeper = keeperOf({ refresh })
    const renewed = keeper.renew('token-1')
    keeper.keep(bobs)
    resolve(signedIn('token-2'))
    expect(await renewed).toBeNull()
    expect(keeper.current).toMatchObject({ access_token: 'token-of-bob', user_id: BOB.id })
  })

  test('a user who signs in during another user’s refresh gets a refresh of their own, and stays signed in when the other’s session ends', async () => {
    const { refresh, reject } = slowRefresh()
    const ofBob = async () => ({ ...bobs, access_token: 'token-2-of-bob' })
    const keeper = keeperOf({ refresh: token => (token === 'refresh-token-1' ? refresh() : ofBob()) })
    const adas = keeper.renew('token-1')
    keeper.keep(bobs)
    expect(await keeper.renew('token-of-bob')).toBe('token-2-of-bob')
    reject(refusal('invalid_refresh_token'))
    expect(await adas).toBeNull()
    expect(keeper.current).toMatchObject({ access_token: 'token-2-of-bob' })
  })
})

describe('two tabs with one store', () => {
  /** A store as in a browser: each tab reads a copy. */
  function shared(): TokenStore {
    let text = JSON.stringify(tokensOf())
    return { load: () => JSON.parse(text) as Tokens | null, save: tokens => void (text = JSON.stringify(tokens)) }
  }

  test('two tabs share a session: the second takes the token that the first was given', async () => {
    const store = shared()
    let now = Date.now()
    let refreshes = 0
    const refresh = async () => signedIn(`token-${(refreshes += 1) + 1}`)
    const [one, two] = [keeperOf({ store, refresh, now: () => now }), keeperOf({ store, refresh, now: () => now })]
    now += 1_000
    expect([await one.renew('token-1'), await two.renew('token-1')]).toEqual(['token-2', 'token-2'])
    now += 1_000
    expect([await two.renew('token-2'), await one.renew('token-2')]).toEqual(['token-3', 'token-3'])
    expect(refreshes).toBe(2)
  })

  test('a tab that has waited for the refresh of another one takes its token, though the browser shows it a moment later', async () => {
    let text = JSON.stringify(tokensOf())
    const load = () => JSON.parse(text) as Tokens | null
    const own = memoryTokens(tokensOf())
    const save = (tokens: Tokens | null) => {
      own.save(tokens)
      setTimeout(() => (text = JSON.stringify(tokens)), 30)
    }
    let refreshes = 0
    const refresh = async () => signedIn(`token-${(refreshes += 1) + 1}`)
    const environment = { locks: locksOfTabs() }
    const one = keeperOf({ store: { load: own.load, save }, refresh, environment })
    const two = keeperOf({ store: { load, save: () => undefined }, refresh, environment })
    expect(await Promise.all([one.renew('token-1'), two.renew('token-1')])).toEqual(['token-2', 'token-2'])
    expect(refreshes).toBe(1)
  })

  test('two tabs keep the user who signed in last, whatever happens to the session of the other tab', async () => {
    const store = shared()
    const refresh = async (token: string | null) => {
      if (token !== 'refresh-token-1') throw refusal('invalid_refresh_token')
      return signedIn('token-2')
    }
    const [one, two] = [keeperOf({ store, refresh }), keeperOf({ store, refresh })]
    two.keep(bobs)
    expect(await one.renew('token-1')).toBe('token-2')
    expect(store.load()).toMatchObject({ user_id: BOB.id })
    expect(await one.renew('token-2')).toBeNull()
    expect(one.current).toBeNull()
    expect(store.load()).toMatchObject({ user_id: BOB.id })
  })

  test('two tabs stay signed out at the next start when one has signed out', async () => {
    const store = shared()
    const [one, two] = [keeperOf({ store }), keeperOf({ store })]
    two.forget()
    expect(await one.renew('token-1')).toBe('token-2')
    expect(store.load()).toBeNull()
  })
})

test('a store that cannot save new tokens fails a call, not the session', async () => {
  const store = memoryTokens(tokensOf())
  const full = () => {
    throw new Error('quota')
  }
  const keeper = keeperOf({ store: { load: store.load, save: full } })
  expect(await keeper.renew('token-1').catch(String)).toBe('Error: quota')
  expect(await keeper.renew('token-1')).toBe('token-2')
})

describe('a session that a token of the app’s own users begins', () => {
  /** A keeper whose sessions end when the test says so; `begun` counts sign-ins by a token of the app. */
  function own(options: Partial<TokenOptions> = {}) {
    const state = { begun: 0, ended: false, failure: null as Error | null }
    const exchange = async () => {
      if (state.failure) throw state.failure
      state.begun += 1
      return { ...signedIn(`own-${state.begun}`), session_id: `session-${state.begun}` }
    }
    const refresh = async () => {
      if (state.ended) throw refusal('invalid_refresh_token')
      return { ...signedIn('refreshed'), session_id: `session-${state.begun}` }
    }
    return { keeper: keeperOf({ store: memoryTokens(), exchange, refresh, ...options }), state }
  }

  test('the app is asked once at the first call, however many there are', async () => {
    const { keeper, state } = own()
    expect(await Promise.all([keeper.fresh(), keeper.fresh(), keeper.restore()])).toMatchObject(['own-1', 'own-1', {}])
    expect(state.begun).toBe(1)
  })

  test('the app is asked again when the session has ended, and not for a refresh', async () => {
    const { keeper, state } = own()
    await keeper.fresh()
    expect(await keeper.renew('own-1')).toBe('refreshed')
    state.ended = true
    expect(await keeper.renew('refreshed')).toBe('own-2')
    expect(state.begun).toBe(2)
  })

  test('the app is not asked again after a sign-out until it says so', async () => {
    const { keeper, state } = own()
    await keeper.fresh()
    keeper.forget()
    expect(await keeper.fresh()).toBeNull()
    expect(state.begun).toBe(1)
    expect(await keeper.restore()).toMatchObject({ session_id: 'session-2' })
  })

  test('the app is asked again after it could not answer, and after the server refused its token', async () => {
    const { keeper, state } = own()
    for (const failure of [new ConnectionLost('down'), refusal('unauthenticated')]) {
      state.failure = failure
      expect(await keeper.fresh().catch((error: unknown) => error)).toBe(failure)
    }
    state.failure = null
    expect(await keeper.fresh()).toBe('own-1')
  })

  test('the app’s user is signed out when the session has ended and the server refuses another', async () => {
    const { keeper, state } = own()
    await keeper.fresh()
    Object.assign(state, { ended: true, failure: refusal('account_disabled') })
    expect(await keeper.renew('own-1')).toBeNull()
    expect(keeper.current).toBeNull()
  })

  test('the app’s user stays signed in in other tabs when one begins another session', async () => {
    const environment = { channel: channelsOfTabs() }
    const store = memoryTokens()
    const [one, two] = [own({ environment, store }), own({ environment, store })]
    await one.keeper.fresh()
    await two.keeper.fresh()
    expect(two.keeper.current?.session_id).toBe('session-1')
    one.state.ended = true
    expect(await one.keeper.renew('own-1')).toBe('own-2')
    await Promise.resolve()
    expect(two.keeper.current?.session_id).toBe('session-1')
    expect(await two.keeper.fresh()).toBe('own-1')
  })
})
