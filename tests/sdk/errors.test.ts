import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ConnectionLost, ParleyError, createClient, memoryTokens, refusalOf } from '../../src/sdk/index.ts'
import { ROOM, nothing, problem, startScripted, type ScriptedServer } from './scripted-server.ts'

let answer: () => Response | Promise<Response> = nothing
let heard = 0
let server: ScriptedServer

beforeEach(() => {
  heard = 0
  answer = nothing
  server = startScripted(() => {
    heard += 1
    return answer()
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const failureOf = (call: Promise<unknown>) => call.then(() => null).catch((error: unknown) => error)
const message = { conversation_id: ROOM, content: '' }

describe('an error of the server', () => {
  test('its message names the operation and the wrong fields, and it has all of the problem document', async () => {
    const errors = [{ path: 'content', message: 'must not be empty without attachments' }]
    answer = () => problem('validation_failed', 422, { detail: 'The input is not valid', errors, request_id: 'r1' })
    const error = await failureOf(server.clientOf().messages.send(message))
    expect(error).toBeInstanceOf(ParleyError)
    expect(error).toMatchObject({
      message:
        'messages.send: validation_failed: The input is not valid; content: must not be empty without attachments',
      operation: 'messages.send',
      code: 'validation_failed',
      status: 422,
      errors,
      request_id: 'r1',
      retryable: false,
    })
  })

  test('over the socket its message names the operation too', async () => {
    const client = server.clientOf({ calls: 'socket' })
    const opening = client.live.open()
    const socket = await server.socket(0)
    await socket.welcome()
    await opening
    const failure = failureOf(client.users.get({ user_id: ROOM }))
    const { id } = await socket.frame('call')
    const error = {
      type: '',
      title: '',
      status: 404,
      code: 'not_found',
      detail: 'Not found',
      errors: [],
      request_id: 'r',
    }
    socket.send({ type: 'error', id, error })
    expect(await failure).toMatchObject({ message: 'users.get: not_found: Not found', operation: 'users.get' })
  })

  test('refusalOf gives the codes of one operation as a closed union', async () => {
    answer = () => problem('client_id_reused', 409)
    const error = await failureOf(server.clientOf().messages.send(message))
    const refused = refusalOf(error, 'messages.send')
    // Compiles only if the code is one of the operation's.
    const code: 'client_id_reused' | null = refused?.code === 'client_id_reused' ? refused.code : null
    expect(code).toBe('client_id_reused')
    // @ts-expect-error: no call of this operation has that code
    expect(refused?.code === 'username_taken').toBe(false)
    expect(refusalOf(error, 'messages.get')).toBeNull()
    expect(refusalOf(new Error('other'), 'messages.send')).toBeNull()
    answer = () => problem('moon_phase', 409)
    expect(refusalOf(await failureOf(server.clientOf().messages.send(message)), 'messages.send')).toBeNull()
  })
})

describe('wrong use', () => {
  test.each(['parley.example', 'ftp://parley.example', '//parley.example', '/chat', 'https://'])(
    'a client of the url %s is a TypeError at once',
    url => {
      expect(() => createClient({ url })).toThrow(new TypeError('url must begin with http:// or https://'))
    },
  )

  test('a call that needs a user is refused before sign-in, and sends nothing', async () => {
    const client = server.clientOf({ tokens: memoryTokens() })
    for (const call of [client.users.me(), client.messages.send(message), client.live.open()]) {
      const error = await failureOf(call)
      expect(error).toMatchObject({ code: 'unauthenticated' })
    }
    expect(heard).toBe(0)
  })

  test('a missing path field, an unknown operation and a file that is none are TypeErrors, and send nothing', async () => {
    const client = server.clientOf()
    const wrong: [call: Promise<unknown>, text: string][] = [
      [client.messages.get({} as never), 'messages.get: message_id is missing'],
      [client.call('messages.sent' as never, {} as never), 'messages.sent is no operation'],
      [client.files.upload({ file: 'hello' } as never), 'files.upload: file must be a Blob'],
      [client.presence.subscribe({ user_ids: [] }), 'presence.subscribe needs the live connection: call live.open()'],
    ]
    for (const [call, text] of wrong) {
      const error = await failureOf(call)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).toContain(text)
    }
    expect(heard).toBe(0)
  })

  test('an input that JSON cannot have, and a token that no header can have, do not look like a bad network', async () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    const failures = [
      await failureOf(server.clientOf().messages.send({ ...message, metadata: loop as never })),
      await failureOf(server.clientOf({ tokens: memoryTokens({ ...tokensWith('a\nb') }) }).users.me()),
    ]
    for (const error of failures) {
      expect(error).toBeInstanceOf(TypeError)
      expect(error).not.toBeInstanceOf(ConnectionLost)
    }
    expect(heard).toBe(0)
  })
})

function tokensWith(access_token: string) {
  return { access_token, refresh_token: 'r', expires_at: Date.now() + 900_000, user_id: ROOM, session_id: ROOM }
}
