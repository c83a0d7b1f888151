import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ConnectionLost, memoryTokens, type Client, type ClientOptions } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { ADA, ROOM, nothing, signedIn, startScripted, tokensOf, type ScriptedServer } from './scripted-server.ts'

let answer: (request: Request) => Response | Promise<Response> = nothing
let heard = 0
let server: ScriptedServer

beforeEach(() => {
  heard = 0
  answer = () => new Promise(() => undefined)
  server = startScripted(request => {
    heard += 1
    return answer(request)
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const clientOf = (options?: Partial<ClientOptions>) => server.clientOf(options)
const failureOf = (call: Promise<unknown>) => call.then(() => null).catch((error: unknown) => error)
const message = { conversation_id: ROOM, content: 'hi' }

async function onSocket(): Promise<{ client: Client; socket: Awaited<ReturnType<ScriptedServer['socket']>> }> {
  const client = clientOf({ calls: 'socket' })
  const opening = client.live.open()
  const socket = await server.socket(0)
  await socket.welcome()
  await opening
  return { client, socket }
}

describe('a call with a signal', () => {
  const WAYS: [name: string, call: (client: Client, signal: AbortSignal) => Promise<unknown>][] = [
    ['a method', (client, signal) => client.messages.send(message, { signal })],
    ['call', (client, signal) => client.call('messages.send', message, { signal })],
    ['request', (client, signal) => client.request('messages.send', message, { signal })],
    ['a download', (client, signal) => client.files.download({ file_id: ROOM }, { signal })],
  ]
  test.each(WAYS)('aborting %s over HTTP rejects with an AbortError and ends the request', async (_name, call) => {
    let ended = false
    answer = request => {
      request.signal.addEventListener('abort', () => (ended = true))
      return new Promise(() => undefined)
    }
    const controller = new AbortController()
    const failure = failureOf(call(clientOf(), controller.signal))
    await until(() => heard === 1, 'the request')
    controller.abort()
    expect(await failure).toMatchObject({ name: 'AbortError' })
    await until(() => ended, 'the server to see the end of the request')
  })

  test('a call whose signal is aborted already sends nothing', async () => {
    const reason = new Error('not any more')
    const client = clientOf()
    expect(await failureOf(client.users.me({}, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(heard).toBe(0)
  })

  test('a call that is aborted while the token is refreshed sends nothing', async () => {
    let refresh: (response: Response) => void = () => undefined
    answer = () => new Promise(resolve => (refresh = resolve))
    const client = clientOf({ tokens: memoryTokens(tokensOf(ADA.id, 'token-1', 0)) })
    const controller = new AbortController()
    const failure = failureOf(client.users.me({}, { signal: controller.signal }))
    await until(() => heard === 1, 'the refresh')
    controller.abort()
    expect(await failure).toMatchObject({ name: 'AbortError' })
    answer = () => Response.json(ADA)
    refresh(Response.json(signedIn('token-2')))
    await client.users.me()
    expect(heard).toBe(2)
  })

  test('a call over the socket that is aborted is forgotten, and the others are answered', async () => {
    const { client, socket } = await onSocket()
    const controller = new AbortController()
    const { signal } = controller
    const aborted = failureOf(client.messages.send(message, { signal }))
    const other = client.users.me()
    await socket.frame('call', 2)
    controller.abort()
    expect(await aborted).toMatchObject({ name: 'AbortError' })
    socket.send({ type: 'result', id: 1, status: 201, data: null }, { type: 'result', id: 2, status: 200, data: ADA })
    expect((await other).id).toBe(ADA.id)
  })

  test('a call over the socket that waits for others is not sent after it was aborted', async () => {
    const { client, socket } = await onSocket()
    const sent = Array.from({ length: 200 }, () => client.users.me())
    await socket.frame('call', 200)
    const controller = new AbortController()
    const aborted = failureOf(client.messages.send(message, { signal: controller.signal }))
    const last = client.users.get({ user_id: 'me' })
    // The call is made in a microtask.
    await Promise.resolve()
    controller.abort()
    expect(await aborted).toMatchObject({ name: 'AbortError' })
    for (let id = 1; id <= 200; id += 1) socket.send({ type: 'result', id, status: 200, data: ADA })
    await Promise.all(sent)
    const next = await socket.frame('call', 201)
    expect(next).toMatchObject({ op: 'users.get' })
    socket.send({ type: 'result', id: next.id, status: 200, data: ADA })
    expect((await last).id).toBe(ADA.id)
  })
})

describe('a call with a timeout', () => {
  test('a call over HTTP without an answer in time fails with ConnectionLost', async () => {
    const error = await failureOf(clientOf().users.me({}, { timeout_ms: 20 }))
    expect(error).toBeInstanceOf(ConnectionLost)
    expect(String(error)).toContain('20 ms')
  })

  test('a call over the socket without an answer in time fails with ConnectionLost', async () => {
    const { client } = await onSocket()
    expect(await failureOf(client.users.me({}, { timeout_ms: 20 }))).toBeInstanceOf(ConnectionLost)
  })

  test('the timeout of a call replaces that of the client', async () => {
    const answers: ((response: Response) => void)[] = []
    answer = () => new Promise(resolve => answers.push(resolve))
    const client = clientOf({ timeout_ms: 20 })
    const slow = client.users.me({}, { timeout_ms: 60_000 })
    await until(() => heard === 1, 'the first request')
    expect(await failureOf(client.users.me())).toBeInstanceOf(ConnectionLost)
    answers[0]?.(Response.json(ADA))
    expect((await slow).id).toBe(ADA.id)
  })
})
