import { ERRORS } from '../../contracts/errors.ts'
import { EVENTS, type EventName } from '../../contracts/events.ts'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { operationOf, type OperationName } from '../../contracts/index.ts'
import { errorsOf } from '../../contracts/kit.ts'
import { AUTH_DEADLINE_MS, CLOSE_CODES } from '../../contracts/socket.ts'
import { addFrames, type Frames } from './frame-schemas.ts'
import { EXAMPLES } from './frame-examples.ts'
import { INFO } from './openapi.ts'
import { Schemas, type Json } from './openapi-schemas.ts'

const SOCKET = '#/channels/socket'
const FOLLOW = '#/channels/follow'
/** Where a server without an address of its own is in the document. */
const LOCAL = 'http://localhost:3000'

/** The AsyncAPI 3.0 document of the socket and the subscription over SSE, made from the contract. */
export function asyncApiDocument(server: string): Json {
  const schemas = new Schemas('#/components/schemas/')
  const frames = addFrames(schemas)
  const messages = messagesOf(frames, schemas)
  const followed = followedMessage(schemas)
  const finished = schemas.finish({ messages, followed })
  const { protocol, host, pathname } = new URL(server === '/' ? LOCAL : server)
  const at = (scheme: string) => ({
    host,
    pathname: pathname.replace(/\/$/, '') || '/',
    protocol: protocol === 'https:' ? `${scheme}s` : scheme,
    security: Object.keys(SECURITY).map(name => ({ $ref: `#/components/securitySchemes/${name}` })),
  })
  return {
    asyncapi: '3.0.0',
    info: {
      title: INFO.title,
      version: INFO.version,
      license: { name: 'MIT' },
      description: DESCRIPTION,
      'x-feature-level': FEATURE_LEVEL,
    },
    defaultContentType: 'application/json',
    servers: { socket: at('ws'), http: at('http') },
    channels: {
      socket: {
        address: '/ws',
        servers: [{ $ref: '#/servers/socket' }],
        description: 'One JSON object in each text message.',
        messages: finished.value.messages,
        bindings: { ws: { method: 'GET', query: TICKET, bindingVersion: '0.1.0' } },
        'x-close-codes': CLOSE_CODES,
      },
      follow: {
        address: '/trpc/sync.follow',
        servers: [{ $ref: '#/servers/http' }],
        description: 'Server-sent events, asked for by `Accept: text/event-stream`.',
        messages: { followed: finished.value.followed },
      },
    },
    operations: { ...protocolOperations(frames), ...callOperations(frames) },
    components: { schemas: finished.schemas, securitySchemes: SECURITY },
  }
}

const DESCRIPTION =
  'The socket takes every operation as a `call`, sends every event, and replays what a client has missed. The subscription ' +
  'sends the events with a `change` over HTTP. `docs/protocol.md` has the rules in words.\n\nClose codes:\n\n' +
  Object.entries(CLOSE_CODES)
    .map(([code, { reason, reconnect, when }]) => `- ${code} ${reason}: ${when}. Reconnect: ${reconnect}.`)
    .join('\n')

const TICKET = {
  type: 'object',
  properties: { ticket: { type: 'string', description: 'a one-use ticket of `auth.ws-ticket`' } },
} as const

const SECURITY = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: `An access token: in the header \`Authorization\`, or on the socket in an \`auth\` frame within ${AUTH_DEADLINE_MS / 1000} s.`,
  },
  ticket: { type: 'httpApiKey', name: 'ticket', in: 'query', description: 'A one-use ticket of `auth.ws-ticket`' },
} as const

function messagesOf({ client, server, events, calls }: Frames, schemas: Schemas): Record<string, Json> {
  const all: Record<string, Json> = {}
  const add = (name: string, summary: string, payload: Json) => {
    const [example] = [EXAMPLES[name]].flatMap(each => each ?? [])
    all[name] = {
      name,
      title: name,
      summary,
      payload,
      ...(example === undefined ? {} : { examples: [{ payload: example }] }),
    }
  }
  for (const [type, payload] of Object.entries(client)) add(`client.${type}`, `The client sends ${type}`, payload)
  for (const [type, payload] of Object.entries(server)) add(`server.${type}`, `The server sends ${type}`, payload)
  for (const [name, payload] of Object.entries(events)) add(`event.${name}`, eventSummary(name), payload)
  for (const [name, { call, result }] of Object.entries(calls)) {
    add(`call.${name}`, `A call of ${name}`, call)
    add(`result.${name}`, `The result of ${name}`, result)
  }
  add('result', 'The result of a call', schemas.ref('ResultFrame'))
  return all
}

function eventSummary(name: string): string {
  // Cast: the names of the frames are those of the events.
  const { stream } = EVENTS[name as EventName]
  return stream === 'none' ? 'Without a stream: may be lost' : `In the stream of the ${stream}`
}

function followedMessage(schemas: Schemas): Json {
  const cursor = { type: 'object', properties: { type: { const: 'cursor' } }, required: ['type'] }
  const frame = { oneOf: [schemas.ref('EventFrame'), schemas.ref('ServerResyncFrame'), cursor] }
  return {
    name: 'followed',
    title: 'followed',
    summary: 'An event, a stream to fetch again, or a cursor from which on nothing is missed',
    payload: {
      type: 'object',
      properties: { cursor: { type: 'string' }, frame },
      required: ['cursor', 'frame'],
    },
  }
}

const on = (channel: string, names: readonly string[]) =>
  names.map(name => ({ $ref: `${channel}/messages/${name.replaceAll('/', '~1')}` }))

/** `receive` is what the server receives. */
function protocolOperations({ events }: Frames): Record<string, Json> {
  const [socket, follow] = [{ $ref: SOCKET }, { $ref: FOLLOW }]
  const told = Object.keys(events).map(name => `event.${name}`)
  const replayed = [...told, 'server.resync', 'server.resumed']
  const asked = (summary: string, names: string[], reply: string[]) => ({
    action: 'receive',
    channel: socket,
    summary,
    messages: on(SOCKET, names),
    ...(reply.length > 0 ? { reply: { channel: socket, messages: on(SOCKET, reply) } } : {}),
  })
  const sent = (summary: string, names: string[]) => ({
    action: 'send',
    channel: socket,
    summary,
    messages: on(SOCKET, names),
  })
  const all: Record<string, Json> = {
    hello: sent('The first frame of every socket', ['server.hello']),
    authenticate: asked('Sign in on this socket, or renew its token', ['client.auth'], ['server.ready', ...replayed]),
    resume: asked('Get what was missed since positions', ['client.resume'], replayed),
    events: sent('Events of your conversations and your own', told),
    ping: sent('The server asks whether the client is there', ['server.ping']),
    pong: asked('The answer to a ping of the server', ['client.pong'], []),
    probe: asked('Ask whether the server is there', ['client.ping'], ['server.pong']),
    'sync.follow': {
      action: 'send',
      channel: follow,
      summary: 'Events with a change, from a cursor on',
      messages: on(FOLLOW, ['followed']),
    },
  }
  return Object.fromEntries(Object.entries(all).map(([name, operation]) => [name, { title: name, ...operation }]))
}

function callOperations({ calls }: Frames): Record<string, Json> {
  const channel = { $ref: SOCKET }
  return Object.fromEntries(
    Object.keys(calls).map(name => {
      // Cast: the names of the calls are those of the operations.
      const operation = operationOf(name as OperationName)
      const codes = errorsOf(operation).map(code => `\`${code}\` (${ERRORS[code].status})`)
      const described = {
        action: 'receive',
        channel,
        title: name,
        summary: operation.summary,
        description: [operation.description, `Errors: ${codes.join(', ')}.`].filter(Boolean).join('\n\n'),
        messages: on(SOCKET, [`call.${name}`]),
        reply: { channel, messages: on(SOCKET, [`result.${name}`, 'server.error']) },
      }
      return [name, described]
    }),
  )
}
