import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { memoryTokens, type ClientOptions, type LiveStatus } from '../../src/sdk/index.ts'
import { refusal } from '../../src/sdk/errors.ts'
import { until } from '../support/until.ts'
import { standIn } from './environment-stand-in.ts'
import { ADA, ROOM, event, nothing, problem, startScripted, tokensOf, type ScriptedServer } from './scripted-server.ts'

let answer: (request: Request) => Response | Promise<Response> = nothing
let server: ScriptedServer
beforeEach(() => {
  answer = nothing
  server = startScripted(request => answer(request))
})
afterEach(() => server[Symbol.asyncDispose]())

/** A client that is ready on the first socket, with every status since its `open`. */
async function connected(options: Partial<ClientOptions> = {}) {
  const environment = standIn()
  const client = server.clientOf({ environment, ...options })
  const told: LiveStatus[] = []
  client.live.on('status', status => told.push(status))
  const opening = client.live.open()
  const socket = await server.socket(0)
  await socket.welcome()
  await opening
  const is = (state: LiveStatus['state']) => until(() => client.live.status.state === state, `it is ${state}`)
  return { client, live: client.live, environment, socket, told, is }
}

describe('the status of a connection', () => {
  test('the status is closed before `open` and after `close`, and is the same object until it changes', async () => {
    const { live, told } = await connected()
    expect(server.clientOf().live.status).toEqual({ state: 'closed', reason: null })
    expect(live.status).toBe(live.status)
    expect(told.map(({ state }) => state)).toEqual(['connecting', 'up_to_date'])
    expect(told.at(-1)).toBe(live.status)
    live.close()
    expect(live.status).toEqual({ state: 'closed', reason: null })
  })

  test('the status says catching_up until each replay has ended, also one of missing events', async () => {
    const { live, socket, told, is } = await connected()
    live.track(ROOM, 3)
    socket.send(event(7))
    await is('catching_up')
    socket.send(event(4), { type: 'resumed' })
    await is('up_to_date')
    socket.close(4408)
    const next = await server.socket(1)
    await next.welcome()
    await is('catching_up')
    next.send({ type: 'resumed' })
    await is('up_to_date')
    const states = ['connecting', 'up_to_date', 'catching_up', 'up_to_date', 'waiting', 'connecting', 'catching_up']
    expect(told.map(({ state }) => state)).toEqual([...states, 'up_to_date'] as LiveStatus['state'][])
  })

  test('the status has the time of the next attempt, and says offline while the platform has no network', async () => {
    const { live, environment, socket, is } = await connected({ random: () => 100, now: () => 1_000_000 })
    socket.close(1012)
    await is('waiting')
    expect(live.status).toEqual({ state: 'waiting', retry_at: 1_300_000 })
    environment.sense('offline')
    expect(live.status).toEqual({ state: 'offline', retry_at: 1_300_000 })
    environment.sense('online')
    await (await server.socket(1)).welcome()
    await is('catching_up')
  })

  test('the status says until when the server refuses connections, and `retry` does not shorten that', async () => {
    const { live, environment, socket, is } = await connected({ now: () => 0 })
    socket.close(4429)
    await is('rate_limited')
    live.retry()
    environment.sense('online')
    environment.sense('wake')
    expect(live.status).toEqual({ state: 'rate_limited', retry_at: 10_000 })
  })

  test('the status says until when the server gives no tokens', async () => {
    answer = () => problem('rate_limited', 429, { retry_after: 60 })
    const client = server.clientOf({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 0)), now: () => 2e12 })
    void client.live.open().catch(() => null)
    await until(() => client.live.status.state === 'rate_limited', 'it says so')
    expect(client.live.status).toEqual({ state: 'rate_limited', retry_at: 2e12 + 60_000 })
  })

  test('the status of an open connection says until when the server refuses calls', async () => {
    const { client, live, is } = await connected()
    answer = () => problem('rate_limited', 429, { retry_after: 1 })
    const error: unknown = await client.users.me().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'rate_limited' })
    expect(live.status.state).toBe('rate_limited')
    await is('up_to_date')
  })

  test('a connection that is not open waits for the end of no limit, which would keep a process alive', () => {
    const { live } = server.clientOf()
    jest.useFakeTimers()
    try {
      live.noteRefusal(refusal('rate_limited', { retry_after: 60 }))
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })

  test('the status says closed with the reason, or signed out', async () => {
    const { client, live, socket, is } = await connected()
    socket.close(4430)
    await is('closed')
    expect(live.status).toMatchObject({ reason: { name: 'ConnectionLost' } })
    const again = live.open().catch((reason: unknown) => reason)
    client.tokens.forget()
    expect(live.status).toEqual({ state: 'signed_out' })
    expect(await again).toMatchObject({ code: 'unauthenticated' })
  })

  test('opening a connection before anybody signs in is refused as unauthenticated, without a socket', async () => {
    const client = server.clientOf({ tokens: memoryTokens() })
    const error: unknown = await client.live.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ParleyError', code: 'unauthenticated' })
    expect(client.live.status).toEqual({ state: 'signed_out' })
    expect(server.sockets).toEqual([])
  })
})

test('events come by their names too, each to the listeners of its own', async () => {
  const { live, socket } = await connected()
  const heard: unknown[] = []
  live.on('typing.started', frame => heard.push(frame.data.user_id))
  live.on('message.unpinned', frame => heard.push(frame.change, frame.data.message_id))
  socket.send(event(1))
  const at = new Date(0).toISOString()
  const data = { conversation_id: ROOM, user_id: ADA.id, expires_at: at }
  socket.send({ type: 'event', event: 'typing.started', data, at })
  await until(() => heard.length === 3, 'both events')
  expect(heard).toEqual([1, ROOM, ADA.id])
})
