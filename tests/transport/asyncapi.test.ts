import { describe, expect, test } from 'bun:test'
import { Parser } from '@asyncapi/parser'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { EVENTS } from '../../contracts/events.ts'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { isCallable, operations } from '../../contracts/index.ts'
import { CLOSE_CODES } from '../../contracts/socket.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { shared } from '../support/shared.ts'

interface Message {
  name: string
  payload: { $ref: string }
}
interface Document {
  info: Record<string, unknown>
  channels: { socket: { messages: Record<string, Message>; 'x-close-codes': object } }
  operations: Record<string, { action: string }>
  components: { schemas: Record<string, object> }
}

const server = sharedServer()
const get = async (path: string) => (await fetch(server.url + path)).text()
const published = shared(async () => JSON.parse(await get('/asyncapi.json')) as Document)

/** Validates by a schema of `/schemas/frames.json`; the errors of a value that does not fit. */
const frames = shared(async () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats(ajv)
  ajv.addSchema(JSON.parse(await get('/schemas/frames.json')) as object)
  return (name: string, value: unknown) =>
    ajv.validate(`urn:parley:frames#/$defs/${name}`, value) ? null : `${JSON.stringify(value)}: ${ajv.errorsText()}`
})

/** The name of the schema of an operation's result. */
const resultOf = (op: string) =>
  published().channels.socket.messages[`result.${op}`]?.payload.$ref.split('/').at(-1) ?? ''

describe('/asyncapi.json', () => {
  test('/asyncapi.json is valid by the parser of AsyncAPI, its examples too', async () => {
    const { diagnostics, document } = await new Parser().parse(await get('/asyncapi.json'))
    // 0 is an error, 1 a warning; the rest is advice.
    const told = diagnostics.map(({ severity, message }) => `${severity} ${message}`)
    expect(told.filter(each => /^[01]/.test(each))).toEqual([])
    expect(document?.version()).toBe('3.0.0')
  }, 120_000)

  test('/asyncapi.json has every call, its result, every event, every close code and the feature level', () => {
    const { info, channels, operations: described, components } = published()
    const callable = operations().flatMap(([name]) => (isCallable(name) ? [name] : []))
    expect(callable.filter(name => described[name]?.action !== 'receive')).toEqual([])
    const expected = [
      ...callable.flatMap(name => [`call.${name}`, `result.${name}`]),
      ...Object.keys(EVENTS).map(name => `event.${name}`),
      ...['auth', 'resume', 'ping', 'pong'].map(type => `client.${type}`),
      ...['hello', 'ready', 'error', 'resync', 'resumed', 'ping', 'pong'].map(type => `server.${type}`),
      'result',
    ]
    expect(Object.keys(channels.socket.messages).toSorted()).toEqual(expected.toSorted())
    expect(Object.keys(channels.socket['x-close-codes'])).toEqual(Object.keys(CLOSE_CODES))
    expect(info['x-feature-level']).toBe(FEATURE_LEVEL)
    expect(Object.keys(components.schemas).filter(name => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([])
  })
})

describe('the schemas of frames', () => {
  test('the schemas of frames take what clients send and what the server answers', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    const sent: Record<string, unknown>[] = [{ type: 'auth', token: ada.access_token }, { type: 'ping' }]
    using socket = await openSocket(server.url, { token: ada.access_token })
    const { epoch, change } = await socket.find('ready')
    const message = await say(bob, room, 'hello')
    const calls: [op: string, input: Record<string, unknown>][] = [
      ['users.me', {}],
      ['presence.subscribe', { user_ids: [bob.id] }],
      ['conversations.list', {}],
      ['conversations.read', { conversation_id: room, seq: message.seq }],
      ['messages.send', { conversation_id: room, content: 'hi', metadata: { deep: [{ a: null }] } }],
      ['messages.react', { message_id: message.id, emoji: '👍' }],
      ['messages.pin', { message_id: message.id }],
      ['conversations.membership', { conversation_id: room, pinned: true }],
      ['contacts.add', { user_id: bob.id }],
      ['messages.get', { message_id: room }],
    ]
    for (const [at, [op, input]] of calls.entries()) sent.push({ type: 'call', id: at, op, input })
    sent.push({ type: 'resume', epoch, positions: { [ada.id]: change, [room]: 1 } })
    sent.push({ type: 'resume', epoch: 'another', positions: { [room]: 1 } }, { type: 'pong' })
    for (const frame of sent.slice(1)) socket.send(frame)
    await bob.client.typing.start({ conversation_id: room })
    await socket.find('resync')
    await socket.find('pong')
    await socket.find('event', ({ event }) => event === 'typing.started')
    for (const at of calls.keys()) {
      const answer = socket.frames.some(frame => 'id' in frame && frame.id === at)
      if (!answer)
        await Promise.race([socket.find('result', ({ id }) => id === at), socket.find('error', ({ id }) => id === at)])
    }
    for (const frame of sent) expect(frames()('ClientFrame', frame)).toBeNull()
    const kinds = new Set<string>()
    for (const frame of socket.frames) {
      kinds.add(frame.type === 'event' ? frame.event : frame.type)
      expect(frames()('ServerFrame', frame)).toBeNull()
      const [op = ''] = frame.type === 'result' ? (calls[Number(frame.id)] ?? []) : []
      if (frame.type === 'result') expect(frames()(resultOf(op), frame)).toBeNull()
    }
    const expected =
      'hello ready result error pong resync resumed message.created message.reacted message.pinned read.updated'
    for (const kind of [...expected.split(' '), 'membership.updated', 'contact.added', 'typing.started'])
      expect([...kinds]).toContain(kind)
  })

  test('the schemas of frames refuse what the server would refuse, and what it never sends', () => {
    const wrong = [
      {},
      { type: 'x' },
      { type: 'call', id: 1, op: 'no.such' },
      { type: 'call', op: 'users.me' },
      { type: 'auth' },
    ]
    for (const frame of wrong) expect(frames()('ClientFrame', frame)).not.toBeNull()
    for (const frame of [{}, { type: 'event', event: 'message.created', data: {} }, { type: 'hello', protocol: 'x' }])
      expect(frames()('ServerFrame', frame)).not.toBeNull()
  })
})
