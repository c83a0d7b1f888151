import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { SignedIn } from '../../contracts/entities.ts'
import { contract, restOperations } from '../../contracts/index.ts'
import { fieldsIn, pathNames } from '../../contracts/kit.ts'
import { ConnectionLost, ParleyError, createClient, isRefusal, memoryTokens } from '../../src/sdk/index.ts'
import type { Client, ClientOptions, TokenStore } from '../../src/sdk/index.ts'
import { checkedFetch } from '../support/checked.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { ADA, nothing, problem, signedIn, startScripted, tokensOf, type ScriptedServer } from './scripted-server.ts'

interface ExpectedVersion {
  request: string
  token: string | null
  body: unknown
}

let answer: (seen: ExpectedVersion) => Response | Promise<Response> = nothing
let seen: ExpectedVersion[] = []
let scripted: ScriptedServer

beforeEach(() => {
  seen = []
  answer = nothing
  scripted = startScripted(async request => {
    const { pathname, search } = new URL(request.url)
    const type = request.headers.get('content-type') ?? ''
    const form = type.startsWith('multipart/') ? Object.fromEntries(await request.formData()) : null
    const text = form ? '' : await request.text()
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null
    const one = {
      request: `${request.method} ${pathname}${search}`,
      token,
      body: form ?? (text === '' ? null : JSON.parse(text)),
    }
    seen.push(one)
    return answer(one)
  })
})
afterEach(() => scripted[Symbol.asyncDispose]())

const clientOf = (options: Partial<ClientOptions> = {}) =>
  createClient({ url: `${scripted.url}/`, tokens: memoryTokens(tokensOf()), ...options })

const capitalized = (word: string, index: number) => (index ? word.slice(0, 1).toUpperCase() + word.slice(1) : word)

const failureOf = (call: Promise<unknown>) => call.then(() => null).catch((error: unknown) => error)

describe('a call', () => {
  test('a call of every operation is the REST request of the contract', async () => {
    const client = clientOf()
    answer = () => new Response(null, { status: 204 })
    for (const [name, operation] of restOperations()) {
      if (operation.output === SignedIn) continue
      const { input } = operation.example
      const file = fieldsIn(operation) === 'form' ? { file: new File(['hello'], 'hello.txt') } : {}
      const bytes = operation.body === 'bytes' ? { body: new Blob([]) } : {}
      // Cast: the example is the input of this operation, and a form has a file besides.
      await client.request(name, { ...input, ...file, ...bytes })
      const last = seen.at(-1)
      const inPath = pathNames(operation)
      const rest = Object.fromEntries(Object.entries(input).filter(([key]) => !inPath.includes(key)))
      const path = inPath.reduce((text, key) => text.replace(`{${key}}`, String(input[key])), operation.path as string)
      const query = Object.entries(rest)
        .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
        .join('&')
      if (fieldsIn(operation) === 'query')
        expect(last).toMatchObject({ request: `${operation.method} ${path}${query && `?${query}`}`, body: null })
      else {
        const bare = operation.method === 'DELETE' && Object.keys(rest).length === 0
        expect(last).toMatchObject({ request: `${operation.method} ${path}`, body: bare ? null : rest })
        expect(Object.keys(last?.body ?? {})).toEqual([...Object.keys(rest), ...Object.keys(file)])
      }
      if (name === 'auth.logout') client.tokens.keep(signedIn('token-1'))
    }
  })

  test('every operation is a method in camelCase, and has no other name', () => {
    const client = clientOf()
    const methods: Record<string, unknown> = { ...client }
    for (const [group, verbs] of Object.entries(contract)) {
      const names = Object.keys(verbs).map(verb => verb.split('-').map(capitalized).join(''))
      const more = [
        ...('list' in verbs && group !== 'presence' ? ['pages'] : []),
        ...(group === 'files' ? ['download', 'url'] : []),
      ]
      expect(Object.keys(methods[group] ?? {}).toSorted()).toEqual([...names, ...more].toSorted())
    }
    const { addMembers }: { addMembers: unknown } = client.groups
    expect(addMembers).toBeFunction()
  })

  test('a client is closed at the end of its scope', async () => {
    let kept: Client
    {
      await using client = clientOf()
      void client.live.open().catch(() => undefined)
      kept = client
      expect(kept.live.status.state).toBe('connecting')
    }
    expect(kept.live.status.state).toBe('closed')
  })

  test('a call leaves out undefined fields, repeats lists, and encodes path parameters', async () => {
    answer = () => Response.json({})
    const client = clientOf()
    const input = { user_id: 'a/b?c', q: ['x', 'y'], role: undefined } as never
    await client.request('users.get', input)
    expect(seen[0]?.request).toBe('GET /users/a%2Fb%3Fc?q=x&q=y')
  })

  test('a call that is refused gives the error code', async () => {
    answer = () => problem('rate_limited', 429, { retry_after: 7 })
    const error = await failureOf(clientOf().messages.send({ conversation_id: ADA.id, content: 'hi' }))
    expect(error).toBeInstanceOf(ParleyError)
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retry_after: 7, retryable: true })
    expect(isRefusal(error, 'messages.send', 'rate_limited', 'not_found')).toBe(true)
    expect(isRefusal(error, 'messages.send', 'not_found')).toBe(false)
  })

  test('a call that is refused with an unknown code is still refused', async () => {
    answer = () => problem('moon_phase', 409)
    expect(await failureOf(clientOf().users.me())).toMatchObject({ code: 'moon_phase', status: 409, retryable: false })
  })

  test('a call that a proxy answers is not taken as answered by the server', async () => {
    const page = (status: number) => new Response('<h1>proxy</h1>', { status, headers: { 'retry-after': '3' } })
    answer = () => page(502)
    expect(await failureOf(clientOf().users.me())).toMatchObject({ code: 'unavailable', status: 502, retry_after: 3 })
    answer = () => page(413)
    expect(await failureOf(clientOf().users.me())).toMatchObject({ code: 'too_large', retryable: false })
    for (const status of [200, 401, 403, 404, 405, 408, 421]) {
      answer = () => page(status)
      expect(await failureOf(clientOf().users.me())).toBeInstanceOf(ConnectionLost)
    }
  })

  test('a call without an answer ends with an unknown outcome', async () => {
    answer = () => new Promise(() => undefined)
    expect(await failureOf(clientOf({ timeout_ms: 30 }).users.me())).toBeInstanceOf(ConnectionLost)
    await scripted[Symbol.asyncDispose]()
    expect(await failureOf(clientOf().users.me())).toBeInstanceOf(ConnectionLost)
  })
})

describe('an expired token', () => {
  /** Takes `good` only, and gives it for any refresh token. */
  const only = (good: string) => (one: ExpectedVersion) => {
    if (one.request === 'POST /auth/refresh-token') return Response.json(signedIn(good))
    return one.token === good ? Response.json({ id: 'me' }) : problem('unauthenticated', 401)
  }
  const refreshes = () => seen.filter(({ request }) => request === 'POST /auth/refresh-token').length

  test('an expired token is refreshed once for any number of calls', async () => {
    answer = only('token-2')
    const client = clientOf()
    await Promise.all(Array.from({ length: 10 }, () => client.users.me()))
    expect(refreshes()).toBe(1)
    expect(client.tokens.current).toMatchObject({ access_token: 'token-2', refresh_token: 'refresh-token-2' })
  })

  test('an expired token is not sent at all', async () => {
    answer = only('token-2')
    await clientOf({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 10_000)) }).users.me()
    expect(seen.map(({ token }) => token)).toEqual([null, 'token-2'])
  })

  test('a token that is still refused after a refresh is reported to the caller', async () => {
    answer = only('never')
    const client = clientOf()
    answer = one =>
      one.request === 'POST /auth/refresh-token' ? Response.json(signedIn('token-2')) : problem('unauthenticated', 401)
    expect(await failureOf(client.users.me())).toMatchObject({ code: 'unauthenticated' })
    expect(seen.map(({ token }) => token)).toEqual(['token-1', null, 'token-2'])
  })

  test('a token of a session that has ended signs out', async () => {
    answer = ({ request }) =>
      request === 'POST /auth/refresh-token' ? problem('invalid_refresh_token', 401) : problem('unauthenticated', 401)
    const client = clientOf()
    expect(await failureOf(client.users.me())).toMatchObject({ code: 'unauthenticated' })
    expect(client.tokens.current).toBeNull()
  })

  test.each([401, 404, 503])('a token stays when a proxy answers %i in place of the server', async status => {
    answer = ({ request }) =>
      request === 'POST /auth/refresh-token' ? new Response('proxy', { status }) : problem('unauthenticated', 401)
    const client = clientOf()
    await failureOf(client.users.me())
    expect(client.tokens.current?.access_token).toBe('token-1')
  })

  test('a token that another tab has replaced is taken from the store', async () => {
    answer = only('token-2')
    let stored = tokensOf()
    const tokens: TokenStore = { load: () => stored, save: next => void (stored = next ?? stored) }
    const client = clientOf({ tokens })
    stored = { ...tokensOf(ADA.id, 'token-2'), expires_at: stored.expires_at + 1_000 }
    await client.users.me()
    expect(refreshes()).toBe(0)
    expect(seen.map(({ token }) => token)).toEqual(['token-1', 'token-2'])
  })

  test('a token that is refreshed while the user signs out does not sign in again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = async ({ request }) => {
      if (request !== 'POST /auth/refresh-token') return problem('unauthenticated', 401)
      await promise
      return Response.json(signedIn('token-2'))
    }
    const client = clientOf()
    const call = failureOf(client.users.me())
    await until(() => refreshes() === 1, 'the refresh is on its way')
    client.tokens.forget()
    resolve()
    expect(await call).toMatchObject({ code: 'unauthenticated' })
    expect(client.tokens.current).toBeNull()
  })

  test('the token of a call is not replaced by that of another user', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = async ({ token }) => {
      if (token !== 'token-1') return Response.json({})
      await promise
      return problem('unauthenticated', 401)
    }
    const client = clientOf()
    const call = failureOf(client.messages.delete({ message_id: ADA.id }))
    await until(() => seen.length === 1, 'the call is on its way')
    client.tokens.keep(signedIn('token-of-bob', { ...ADA, id: Bun.randomUUIDv7() }))
    resolve()
    expect(await call).toMatchObject({ code: 'unauthenticated' })
    expect(seen).toHaveLength(1)
  })
})

describe('against the server', () => {
  const server = sharedServer()

  test.each(['http', 'socket'] as const)('over %s the status tells a new message from a repeat', async calls => {
    const ada = await register(server, 'ada')
    const { id: conversation_id } = await groupOf(ada, [])
    const tokens = memoryTokens(ada.client.tokens.current)
    await using client = createClient({ url: server.url, fetch: checkedFetch, tokens, calls })
    await client.live.open()
    const message = { conversation_id, content: 'hello', client_id: 'first' }
    const first = await client.request('messages.send', message)
    const second = await client.request('messages.send', message)
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.data.id).toBe(first.data.id)
    const other = await failureOf(client.messages.send({ ...message, content: 'other' }))
    expect(other).toMatchObject({ code: 'client_id_reused', status: 409 })
    expect(await client.messages.delete({ message_id: first.data.id })).toBeNull()
  })

  test.each(['http', 'socket'] as const)('over %s signing out ends the session and forgets the tokens', async calls => {
    const ada = await register(server, 'ada')
    const tokens = memoryTokens(ada.client.tokens.current)
    await using client = createClient({ url: server.url, fetch: checkedFetch, tokens, calls })
    await client.live.open()
    await client.auth.logout()
    expect(client.tokens.current).toBeNull()
    expect(client.live.status.state).toBe('signed_out')
    expect(await failureOf(ada.client.users.me())).toMatchObject({ status: 401 })
  })
})
