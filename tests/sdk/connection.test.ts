import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { memoryTokens, type ClientOptions } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { ADA, ROOM, event, nothing, signedIn, startScripted, tokensOf, type ScriptedServer } from './scripted-server.ts'

let answer: (request: Request) => Response | Promise<Response> = nothing
let server: ScriptedServer

beforeEach(() => {
  answer = nothing
  server = startScripted(request => answer(request))
})
afterEach(() => server[Symbol.asyncDispose]())

const clientOf = (options: Partial<ClientOptions> = {}) => server.clientOf(options)

/** A client that is ready, on the first socket. */
async function connected(options: Partial<ClientOptions> = {}) {
  const client = clientOf(options)
  const opening = client.live.open()
  const socket = await server.socket(0)
  await socket.welcome()
  await opening
  const changes: (number | undefined)[] = []
  client.live.on('event', frame => changes.push(frame.change))
  return { client, socket, changes }
}

describe('a closed socket', () => {
  test.each([1009, 4400, 4403, 4430])('a socket that was closed %i stays closed', async code => {
    const { client, socket } = await connected()
    socket.close(code)
    await until(() => client.live.status.state === 'closed', 'it gives up')
    expect(server.sockets).toHaveLength(1)
  })

  test.each([1000, 1001, 1006, 1011, 1012, 4408, 4410])('a socket that was closed %i is replaced', async code => {
    const { client, socket } = await connected()
    // 1006 cannot be said; a client that hears nothing at all says it to itself.
    if (code === 1006) client.live.drop()
    else socket.close(code)
    const { token } = await (await server.socket(1)).welcome()
    expect(token).toBe('token-1')
    await until(() => client.live.status.state === 'catching_up', 'it is back')
  })

  test('a socket that was closed 4401 is replaced by one with a new token', async () => {
    const { client, socket } = await connected()
    answer = async request => {
      expect(await request.json()).toEqual({ refresh_token: 'refresh-token-1' })
      return Response.json(signedIn('token-2'))
    }
    socket.close(4401)
    expect((await (await server.socket(1)).welcome()).token).toBe('token-2')
    expect(client.tokens.current?.access_token).toBe('token-2')
  })

  test('after 4401 the client continues to ask for a new token while the server cannot give one', async () => {
    const { socket } = await connected()
    let asked = 0
    answer = () => {
      asked += 1
      return asked < 3 ? new Response('down', { status: 503 }) : Response.json(signedIn('token-2'))
    }
    socket.close(4401)
    for (const nth of [1, 2]) {
      const next = await server.socket(nth)
      next.send({ type: 'hello', protocol: 1 })
      expect((await next.frame('auth')).token).toBe('token-1')
      next.close(4401)
    }
    expect((await (await server.socket(3)).welcome()).token).toBe('token-2')
    expect(asked).toBe(3)
  })

  test('a socket that is closed for good before the first ready makes `open` fail', async () => {
    const client = clientOf()
    const opening = client.live.open().catch((error: unknown) => error)
    const socket = await server.socket(0)
    socket.send({ type: 'hello', protocol: 1 })
    await socket.frame('auth')
    socket.close(4403)
    expect(await opening).toMatchObject({ name: 'ConnectionLost', message: 'the server closed the socket: 4403' })
  })
})

describe('a stream', () => {
  test('events of a stream are given once and in order; known changes are dropped, missing ones are requested once', async () => {
    const { client, socket, changes } = await connected()
    client.live.track(ROOM, 3)
    socket.send(event(2), event(3), event(4), event(7), event(8))
    expect(await socket.frame('resume')).toEqual({ type: 'resume', epoch: 'first', positions: { [ROOM]: 4 } })
    expect(changes).toEqual([4])
    socket.send(event(9), event(5), event(6), event(7), event(8), event(9), { type: 'resumed' }, event(10))
    await until(() => changes.includes(10), 'it goes on')
    expect(changes).toEqual([4, 5, 6, 7, 8, 9, 10])
    expect(socket.frames.filter(frame => frame.type === 'resume')).toHaveLength(1)
    socket.send(event(13))
    expect(await socket.frame('resume', 2)).toMatchObject({ positions: { [ROOM]: 10 } })
  })

  test('a stream continues after a break from its position, the user stream too', async () => {
    const { client, socket, changes } = await connected()
    client.live.track(ROOM, 3)
    socket.send(event(4), event(1, ADA.id))
    await until(() => changes.length === 2, 'two events')
    socket.close(4408)
    const next = await server.socket(1)
    const { resume } = await next.welcome()
    expect(resume).toEqual({ epoch: 'first', positions: { [ROOM]: 4, [ADA.id]: 1 } })
    // What comes live before its replay is not lost by it.
    next.send(event(7), event(5), event(6), event(7), { type: 'resumed' }, event(8))
    await until(() => changes.includes(8), 'it goes on')
    expect(changes).toEqual([4, 1, 5, 6, 7, 8])
  })

  test('a resume frame names at most 1,000 streams', async () => {
    const { client, socket } = await connected()
    for (let index = 0; index < 2_499; index += 1) client.live.track(Bun.randomUUIDv7(), 1)
    socket.close(1012)
    const next = await server.socket(1)
    const { resume } = await next.welcome()
    const others = [await next.frame('resume', 1), await next.frame('resume', 2)]
    const parts = [resume, ...others].map(each => Object.keys(each?.positions ?? {}))
    expect(parts.map(part => part.length)).toEqual([1_000, 1_000, 500])
    expect(new Set(parts.flat()).size).toBe(2_500)
  })

  test('a stream that cannot be replayed continues from the change of its resync', async () => {
    const { client, socket, changes } = await connected()
    const resyncs: unknown[] = []
    client.live.on('resync', resync => resyncs.push(resync))
    client.live.track(ROOM, 3)
    socket.send({ type: 'resync', stream: ROOM, change: 50 }, event(51))
    await until(() => changes.length === 1, 'it goes on')
    expect(changes).toEqual([51])
    expect(resyncs).toEqual([{ stream: ROOM, change: 50 }])
  })

  test('a stream of another epoch starts again at a lower change', async () => {
    const { client, socket, changes } = await connected()
    client.live.track(ROOM, 90)
    socket.close(1012)
    const next = await server.socket(1)
    await next.welcome({ epoch: 'restored', change: 2 })
    // The room is not answered: nobody here was a member when the backup was made, and joins now.
    next.send({ type: 'resync', stream: ADA.id, change: 2 }, { type: 'resumed' }, event(5), event(3, ADA.id))
    await until(() => changes.length === 2, 'both streams')
    expect(changes).toEqual([5, 3])
    expect(Object.fromEntries(client.live.positions)).toEqual({ [ROOM]: 5, [ADA.id]: 3 })
  })

  test('positions are not used by another user who signs in', async () => {
    const { client, socket } = await connected()
    client.live.track(ROOM, 3)
    const bob = { ...ADA, id: Bun.randomUUIDv7() }
    client.tokens.keep(signedIn('token-of-bob', bob))
    const { token, resume } = await (await server.socket(1)).welcome({ user: bob })
    expect(token).toBe('token-of-bob')
    expect(resume).toBeUndefined()
    await until(() => socket.closed, 'the old socket is closed')
  })
})

describe('the connection', () => {
  test('the connection answers each ping', async () => {
    const { socket } = await connected()
    socket.send({ type: 'ping' }, { type: 'ping' })
    await socket.frame('pong', 2)
  })

  test('the connection closes a socket on which nothing is received for two heartbeats', async () => {
    const client = clientOf()
    void client.live.open()
    const first = await server.socket(0)
    await first.welcome({}, { heartbeat_ms: 20 })
    const next = await server.socket(1)
    await until(() => first.closed, 'the silent socket is closed')
    await next.welcome()
    await until(() => client.live.status.state === 'catching_up', 'it is back')
  })

  test('the connection authenticates again on the open socket when its token is replaced, also after it was closed and opened again', async () => {
    const { client, socket } = await connected()
    client.tokens.keep(signedIn('token-2'))
    expect((await socket.frame('auth', 2)).token).toBe('token-2')
    client.live.close()
    void client.live.open()
    const next = await server.socket(1)
    expect((await next.welcome()).token).toBe('token-2')
    client.tokens.keep(signedIn('token-3'))
    expect((await next.frame('auth', 2)).token).toBe('token-3')
    expect(server.sockets).toHaveLength(2)
  })

  test('the connection renews a token before it expires, and tries again when that fails', async () => {
    let refused = 0
    answer = () => {
      refused += 1
      return refused === 1 ? new Response('down', { status: 503 }) : Response.json(signedIn('token-2'))
    }
    const { socket } = await connected({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 60_500)) })
    expect((await socket.frame('auth', 2)).token).toBe('token-2')
    expect(refused).toBe(2)
  })

  test('the connection ends when the user signs out, and rejects what waits for it', async () => {
    const client = clientOf()
    const opening = client.live.open().catch((error: unknown) => error)
    await server.socket(0)
    client.tokens.forget()
    expect(await opening).toMatchObject({ code: 'unauthenticated' })
    expect(client.live.status.state).toBe('signed_out')
  })

  test('the connection names what is missing on a platform without WebSocket', async () => {
    const global = globalThis.WebSocket
    Reflect.deleteProperty(globalThis, 'WebSocket')
    try {
      const error = await clientOf()
        .live.open()
        .catch((reason: unknown) => reason)
      expect(String(error)).toContain('give its constructor as an option')
    } finally {
      globalThis.WebSocket = global
    }
  })
})

describe('calls over the socket', () => {
  test('calls over the socket are sent in order, at most 200 at once', async () => {
    const { client, socket } = await connected({ calls: 'socket' })
    const calls = Array.from({ length: 450 }, (_, index) => client.users.list({ limit: 1 + (index % 100) }))
    await socket.frame('call', 200)
    for (let answered = 0; answered < 450; answered += 1) {
      const { id } = await socket.frame('call', answered + 1)
      expect(socket.frames.filter(frame => frame.type === 'call').length - answered).toBeLessThanOrEqual(200)
      socket.send({ type: 'result', id, status: 200, data: { answered } })
    }
    expect((await Promise.all(calls)) as unknown[]).toEqual(calls.map((_, answered) => ({ answered })))
  })

  test('calls that are too large for a frame use HTTP, and the socket stays open', async () => {
    const { client, socket } = await connected({ calls: 'socket' })
    answer = request => Response.json({ by: new URL(request.url).pathname }, { status: 201 })
    const participant_ids = Array.from({ length: 2_000 }, () => ROOM)
    const created: unknown = await client.conversations.create({ type: 'group', name: 'all', participant_ids })
    expect(created).toEqual({ by: '/conversations' })
    expect(socket.frames.filter(frame => frame.type === 'call')).toEqual([])
    expect(client.live.status.state).toBe('up_to_date')
  })

  test('calls without an answer when the socket closes fail with ConnectionLost', async () => {
    const { client, socket } = await connected({ calls: 'socket' })
    const call = client.users.me().catch((error: unknown) => error)
    await socket.frame('call')
    socket.close(1012)
    expect(await call).toMatchObject({ name: 'ConnectionLost' })
  })
})
