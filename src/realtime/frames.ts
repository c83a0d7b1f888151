/** Frames as text. An event's data is not parsed or serialised again: the log has it as text. */
import { type AppError, toProblem } from '../../contracts/errors.ts'
import type { EphemeralEvent, EventData } from '../../contracts/events.ts'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { HEARTBEAT_MS, MAX_FRAME_BYTES, PROTOCOL } from '../../contracts/socket.ts'
import type { StoredEntry } from '../ports/storage.ts'

export const HELLO = JSON.stringify({
  type: 'hello',
  protocol: PROTOCOL,
  feature_level: FEATURE_LEVEL,
  heartbeat_ms: HEARTBEAT_MS,
  max_frame_bytes: MAX_FRAME_BYTES,
})
export const PING = '{"type":"ping"}'
export const PONG = '{"type":"pong"}'
export const RESUMED = '{"type":"resumed"}'

/** Ids, event names and times contain nothing that JSON would escape. */
export function eventFrame({ event, stream, change, json, at }: StoredEntry): string {
  return `{"type":"event","event":"${event}","stream":"${stream}","change":${change},"data":${json},"at":"${at}"}`
}

export function ephemeralFrame<E extends EphemeralEvent>(event: E, data: EventData<E>, at: string): string {
  return `{"type":"event","event":"${event}","data":${JSON.stringify(data)},"at":"${at}"}`
}

export function resyncFrame(stream: string, change: number): string {
  return `{"type":"resync","stream":"${stream}","change":${change}}`
}

export function resultFrame(id: string | number, status: number, data: unknown): string {
  return `{"type":"result","id":${JSON.stringify(id)},"status":${status},"data":${JSON.stringify(data)}}`
}

export function errorFrame(id: string | number | null, error: AppError, request_id: string): string {
  return JSON.stringify({ type: 'error', id, error: toProblem(error, request_id) })
}
