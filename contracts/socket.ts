import { z } from 'zod'
import { ERRORS } from './errors.ts'
import { id } from './fields.ts'
import { EVENTS } from './events.ts'
import { UnreadTotals, User } from './entities.ts'

export const PROTOCOL = 1
export const HEARTBEAT_MS = 25_000
/** A larger inbound frame is closed 1009 by the runtime. */
export const MAX_FRAME_BYTES = 64 * 1024
/** Streams that one `resume` frame may name. */
export const MAX_POSITIONS = 1_000
/** Conversations that `ready` names at most. */
export const MAX_HEADS = 10_000
/** A socket that has not authenticated by then is closed 4401. */
export const AUTH_DEADLINE_MS = 5_000
/** A socket whose token has expired may live this long before it is closed 4401. */
export const EXPIRY_GRACE_MS = 60_000

/** stream → the last change that the client has. */
export const positions = z
  .record(id, z.int().min(0))
  .refine(value => Object.keys(value).length <= MAX_POSITIONS, `at most ${MAX_POSITIONS} streams in one frame`)

export const callId = z.union([z.string().min(1).max(64), z.int()])
const resume = { epoch: z.string().min(1).max(64), positions }

/** What a client may send. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('auth'),
    token: z.string().min(1).max(4096),
    act_as: z.string().min(1).max(220).optional().meta({ description: 'of an API key: the user to call as' }),
    resume: z.strictObject(resume).optional(),
    heads: z.boolean().optional().meta({ description: 'whether `ready` should have `heads`' }),
  }),
  z.strictObject({
    type: z.literal('call'),
    id: callId,
    op: z.string(),
    input: z.unknown().optional().meta({ description: 'an object; default {}' }),
  }),
  z.strictObject({ type: z.literal('resume'), ...resume }),
  z.strictObject({ type: z.literal('pong') }),
  z.strictObject({ type: z.literal('ping') }),
])
export type ClientFrame = z.infer<typeof ClientFrame>

/** The part of a `call` that suffices to answer it with an error. */
export const CallHead = z.object({ type: z.literal('call'), id: callId })

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ enum: Object.keys(ERRORS) }),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    request_id: z.string(),
    retry_after: z.int().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

/** An event as the socket, `/sync` and the SSE subscription give it. */
export const EventFrame = z
  .object({
    type: z.literal('event'),
    event: z.enum(Object.keys(EVENTS) as [keyof typeof EVENTS, ...(keyof typeof EVENTS)[]]),
    stream: id.optional().meta({ description: 'absent on events without change' }),
    change: z.int().optional(),
    data: z.record(z.string(), z.unknown()),
    at: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'EventFrame' })
export type EventFrame = z.infer<typeof EventFrame>

/** What the server may send. */
export const ServerFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.int(),
    feature_level: z.int(),
    heartbeat_ms: z.int(),
    max_frame_bytes: z.int(),
  }),
  z.object({
    type: z.literal('ready'),
    user: User,
    session_id: id,
    unread: UnreadTotals,
    epoch: z.string(),
    change: z.int().meta({ description: "the head of the user's own stream" }),
    heads: z
      .record(id, z.int())
      .optional()
      .meta({ description: 'if asked for: conversation → the change after which its events follow on this socket' }),
  }),
  z.object({ type: z.literal('result'), id: callId, status: z.int(), data: z.unknown() }),
  z.object({ type: z.literal('error'), id: callId.nullable(), error: ProblemSchema }),
  EventFrame,
  z.object({ type: z.literal('resync'), stream: id, change: z.int() }),
  z.object({ type: z.literal('resumed') }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('pong') }),
])
export type ServerFrame = z.infer<typeof ServerFrame>

/** Why the server closes a socket, when it does, and what a client does then (specification, Realtime). */
export const CLOSE_CODES = {
  1009: { reason: 'frame too large', reconnect: 'no', when: 'a frame is larger than `max_frame_bytes`' },
  1012: { reason: 'restart', reconnect: 'yes, with jitter', when: 'the server stops, or cannot reach its store' },
  4400: { reason: 'bad frame', reconnect: 'no', when: 'a frame is not JSON, of an unknown type, or has wrong fields' },
  4401: {
    reason: 'unauthenticated',
    reconnect: 'after a refresh',
    when: 'no `auth` in time, a token that is not valid or has expired, or a session that has ended',
  },
  4403: {
    reason: 'forbidden',
    reconnect: 'no',
    when: 'an `auth` names another user than the one before, or an API key may not read events or not call as the user',
  },
  4408: { reason: 'slow', reconnect: 'yes', when: 'the client reads more slowly than the server has to send' },
  4410: { reason: 'no pong', reconnect: 'yes', when: 'nothing came from the client for two heartbeats and 5 s' },
  4429: {
    reason: 'flood',
    reconnect: 'yes, after a wait',
    when: 'too many calls in a minute, or too many frames or replays that wait',
  },
  4430: { reason: 'too many connections', reconnect: 'no', when: 'the user has as many connections as allowed' },
  4500: { reason: 'internal', reconnect: 'yes, after a wait', when: 'the server failed; its log says why' },
} as const
export type CloseCode = keyof typeof CLOSE_CODES
