import { afterEach, beforeEach, expect, test } from 'bun:test'
import { ConnectionLost, createClient, memoryTokens } from '../../src/sdk/index.ts'
import { ROOM, nothing, startScripted, type ScriptedServer } from '../sdk/scripted-server.ts'

/** Wrong use of the client is an error of its own, and never looks like a network that fails. */
let heard = 0
let server: ScriptedServer

beforeEach(() => {
  heard = 0
  server = startScripted(() => {
    heard += 1
    return nothing()
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const failureOf = (call: Promise<unknown>) => call.then(() => null).catch((error: unknown) => error)
const message = { conversation_id: ROOM, content: '' }

test.each(['parley.example', 'ftp://parley.example', '//parley.example', '/chat', 'https://'])(
  'a client of the url %s is a TypeError at once',
  url => {
    expect(() => createClient({ url })).toThrow(new TypeError('url must begin with http:// or https://'))
  },
)

test('a call that needs a user is refused before sign-in, and sends nothing', async () => {
  const client = server.clientOf({ tokens: memoryTokens() })
  const calls = [client.users.me(), client.messages.send(message), client.live.open()]
  for (const error of await Promise.all(calls.map(failureOf))) expect(error).toMatchObject({ code: 'unauthenticated' })
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
  const failures = await Promise.all(wrong.map(([call]) => failureOf(call)))
  for (const [index, [, text]] of wrong.entries()) {
    expect(failures[index]).toBeInstanceOf(TypeError)
    expect(String(failures[index])).toContain(text)
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

function tokensWith(access_token: string) {
  return { access_token, refresh_token: 'r', expires_at: Date.now() + 900_000, user_id: ROOM, session_id: ROOM }
}
