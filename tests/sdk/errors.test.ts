import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ParleyError, refusalOf } from '../../src/sdk/index.ts'
import { ROOM, nothing, problem, startScripted, type ScriptedServer } from './scripted-server.ts'

let answer: () => Response | Promise<Response> = nothing
let server: ScriptedServer

beforeEach(() => {
  answer = nothing
  server = startScripted(() => answer())
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
