import { AppError, toProblem } from '../../contracts/errors.ts'
import { ADA, AT, ROOM, adaSelf, message } from '../../contracts/examples.ts'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { operations } from '../../contracts/index.ts'
import { HEARTBEAT_MS, MAX_FRAME_BYTES, PROTOCOL } from '../../contracts/socket.ts'

const EPOCH = '0193a4f0-0000-7000-8000-00000000e90c'
const unread = { unread_count: 3, mention_count: 1, unread_conversations: 1 }
const { reactions: _reactions, ...plain } = message

/** An example of each frame, by the name of its message in the documents. */
export const EXAMPLES: Readonly<Record<string, Record<string, unknown>>> = {
  'server.hello': {
    type: 'hello',
    protocol: PROTOCOL,
    feature_level: FEATURE_LEVEL,
    heartbeat_ms: HEARTBEAT_MS,
    max_frame_bytes: MAX_FRAME_BYTES,
  },
  'client.auth': { type: 'auth', token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' },
  'server.ready': {
    type: 'ready',
    user: adaSelf,
    session_id: '01939f9a-7000-7000-8000-0000000005e5',
    unread,
    epoch: EPOCH,
    change: 12,
  },
  'client.resume': { type: 'resume', epoch: EPOCH, positions: { [ADA]: 12, [ROOM]: 7 } },
  'server.resync': { type: 'resync', stream: ROOM, change: 9 },
  'server.resumed': { type: 'resumed' },
  'client.ping': { type: 'ping' },
  'client.pong': { type: 'pong' },
  'server.ping': { type: 'ping' },
  'server.pong': { type: 'pong' },
  'server.error': {
    type: 'error',
    id: 2,
    error: toProblem(new AppError('not_found'), '01939f9d-0000-7000-8000-000000000001'),
  },
  'event.message.created': {
    type: 'event',
    event: 'message.created',
    stream: ROOM,
    change: 8,
    data: { ...plain, change: 8, reactions: [] },
    at: AT,
  },
  ...calls(),
}

function calls(): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = {}
  for (const [name, { http_only, example, status }] of operations()) {
    if (http_only) continue
    all[`call.${name}`] = { type: 'call', id: 1, op: name, input: example.input }
    all[`result.${name}`] = { type: 'result', id: 1, status: status[0], data: example.output }
  }
  return all
}
