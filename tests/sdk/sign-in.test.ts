import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { memoryOutbox, memoryTokens, type ClientOptions, type Kept } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import {
  ADA,
  ROOM,
  nothing,
  problem,
  signedIn,
  startScripted,
  tokensOf,
  type ScriptedServer,
} from './scripted-server.ts'

const BOB = { ...ADA, id: '01890000-0000-7000-8000-00000000000b', username: 'bob' }
const bobs = { ...signedIn('token-of-bob', BOB), session_id: BOB.id }

interface ExpectedVersion {
  path: string
  token: string | null
  content?: string
}

let answer: (seen: ExpectedVersion) => Response | Promise<Response> = nothing
let seen: ExpectedVersion[] = []
let server: ScriptedServer

beforeEach(() => {
  seen = []
  answer = nothing
  server = startScripted(async request => {
    const text = await request.text()
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null
    const one = { path: new URL(request.url).pathname, token, ...(text === '' ? {} : JSON.parse(text)) }
    seen.push(one)
    return answer(one)
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const clientOf = (options: Partial<ClientOptions> = {}) => server.clientOf(options)

/** Ada’s token has expired; the answer to her refresh is held until `release`. */
function refreshing(options: Partial<ClientOptions> = {}) {
  const { promise, resolve: release } = Promise.withResolvers<void>()
  answer = async ({ path, token, content }) => {
    if (path !== '/auth/refresh-token') return Response.json({ by: token, content }, { status: 201 })
    await promise
    return Response.json(signedIn('token-2'))
  }
  const client = clientOf({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 0)), ...options })
  const asked = () => until(() => seen.length === 1, 'the refresh is on its way')
  return { client, asked, release }
}

const sends = () => seen.filter(({ path }) => path.endsWith('/messages'))

describe('while somebody else signs in', () => {
  test('a message that waits for a new token while another user signs in is sent as its author, or not at all', async () => {
    const { client, asked, release } = refreshing()
    client.outbox.add({ conversation_id: 'room', content: 'from ada' })
    await asked()
    client.tokens.keep(bobs)
    release()
    await client.outbox.send({ conversation_id: 'room', content: 'from bob' })
    expect(sends()).toMatchObject([{ token: 'token-of-bob', content: 'from bob' }])
    client.tokens.keep(signedIn('token-3'))
    await until(() => client.outbox.entries().length === 0, 'hers goes out')
    expect(sends().slice(1)).toMatchObject([{ token: 'token-3', content: 'from ada' }])
  })

  test('a call that waits for a new token while another user signs in is refused', async () => {
    const { client, asked, release } = refreshing()
    const call = client.messages.delete({ message_id: ADA.id }).catch((error: unknown) => error)
    await asked()
    client.tokens.keep(bobs)
    release()
    expect(await call).toMatchObject({ code: 'unauthenticated' })
    expect(seen).toHaveLength(1)
  })

  test('signing out while another user signs in ends the session that asked for it, and no other', async () => {
    const client = clientOf()
    answer = () => {
      client.tokens.keep(bobs)
      return new Response(null, { status: 204 })
    }
    await client.auth.logout()
    expect(client.tokens.current).toMatchObject({ user_id: BOB.id })
  })

  test('messages of one user are not sent over the socket of another', async () => {
    const draft = { conversation_id: ROOM, content: 'from bob' }
    const kept: Kept[] = [
      { client_id: 'c', user_id: BOB.id, draft, order: 1, state: 'waiting', owner: 'a tab that has ended' },
    ]
    const client = clientOf({ calls: 'socket', outbox: { ...memoryOutbox(), load: () => kept } })
    answer = () => Response.json({}, { status: 201 })
    const opening = client.live.open()
    const adas = await server.socket(0)
    await adas.welcome()
    await opening
    client.tokens.keep(bobs)
    await until(() => client.outbox.entries().length === 0, 'it is stored')
    await until(() => adas.closed, 'her socket is closed')
    expect(adas.frames.map(({ type }) => type)).toEqual(['auth'])
    expect(sends()).toMatchObject([{ token: 'token-of-bob', content: 'from bob' }])
  })

  test('the connection opens for the user who signs in, however late the other’s token comes', async () => {
    const { client, asked, release } = refreshing()
    const opening = client.live.open()
    await asked()
    client.tokens.keep(bobs)
    release()
    const { token } = await (await server.socket(0)).welcome({ user: BOB })
    expect(token).toBe('token-of-bob')
    expect((await opening).user.username).toBe('bob')
  })
})

describe('opening a connection that is open', () => {
  test('opening an open connection gives the user who is signed in now', async () => {
    const client = clientOf()
    const opening = client.live.open()
    await (await server.socket(0)).welcome()
    expect((await opening).user.username).toBe('ada')
    client.tokens.keep(bobs)
    const again = client.live.open()
    await (await server.socket(1)).welcome({ user: BOB })
    expect((await again).user.username).toBe('bob')
  })

  test('opening an open connection gives the latest ready', async () => {
    const client = clientOf()
    const opening = client.live.open()
    const socket = await server.socket(0)
    await socket.welcome()
    await opening
    const ready = new Promise(resolve => client.live.on('ready', resolve))
    socket.send({ type: 'ready', user: { ...ADA, role: 'USER' }, session_id: ROOM, epoch: 'first', change: 0 })
    await ready
    expect((await client.live.open()).user.role).toBe('USER')
  })
})

describe('a connection that cannot be opened', () => {
  test('opening a connection that cannot be opened rejects with the reason', async () => {
    // As a browser does on a page that was loaded by https.
    function Refusing() {
      throw new SyntaxError('insecure')
    }
    const client = clientOf({ WebSocket: Refusing as never })
    const told: string[] = []
    client.live.on('closed', ({ message }) => told.push(message))
    const error: unknown = await client.live.open().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toContain(`no socket can be opened to ${server.url}: `)
    expect(told).toEqual([(error as Error).message])
    expect(client.live.status.state).toBe('closed')
  })

  test('a connection waits as long as the server asks before it requests another token', async () => {
    const at: number[] = []
    answer = () => {
      at.push(performance.now())
      return at.length === 1 ? problem('unavailable', 503, { retry_after: 1 }) : Response.json(signedIn('token-2'))
    }
    const client = clientOf({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 0)) })
    const opening = client.live.open()
    await (await server.socket(0)).welcome()
    await opening
    const [first = 0, second = 0] = at
    // Timers of a loaded machine may fire early by what the event loop was late.
    expect(second - first).toBeGreaterThanOrEqual(700)
  })
})
