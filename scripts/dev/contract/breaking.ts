import type { Json } from '../../../src/transport/openapi-schemas.ts'
import { misfits } from './narrower.ts'
import type { Snapshot, SnapshotOperation } from './snapshot.ts'

/**
 * What a client that was written for the contract `before` would not survive; empty: nothing. The rules are those of
 * docs/releasing.md: new operations, optional input, fields of answers, events and error codes break nobody. An operation
 * whose sunset has come may be gone.
 */
export function breakingChanges(before: Snapshot, after: Snapshot, today: string): string[] {
  return [
    ...Object.entries(before.operations).flatMap(([name, operation]) => {
      const { [name]: now } = after.operations
      if (now) return operationChanges(name, operation, now, before, after)
      return operation.sunset !== null && operation.sunset <= today ? [] : [`${name}: the operation is gone`]
    }),
    ...eachStill('event', before.events, after.events, (was, now) => [
      ...(was.stream === now.stream ? [] : [`is in another stream (${was.stream}, ${now.stream})`]),
      ...widened(was.data, now.data, before, after),
    ]),
    ...eachStill('frame of clients', before.client_frames, after.client_frames, (was, now) =>
      narrowed(was, now, before, after),
    ),
    ...eachStill('frame of the server', before.server_frames, after.server_frames, (was, now) =>
      widened(was, now, before, after),
    ),
    ...eachStill('error code', before.error_codes, after.error_codes, (was, now) =>
      was === now ? [] : [`has another status (${was}, ${now})`],
    ),
    ...eachStill('close code', before.close_codes, after.close_codes, (was, now) =>
      was === now ? [] : [`reconnects otherwise (${was}, ${now})`],
    ),
    ...(after.protocol < before.protocol ? [`the protocol went back (${before.protocol}, ${after.protocol})`] : []),
    ...(after.feature_level < before.feature_level ? ['the feature level went back'] : []),
  ]
}

function operationChanges(
  name: string,
  was: SnapshotOperation,
  now: SnapshotOperation,
  before: Snapshot,
  after: Snapshot,
): string[] {
  const moved = was.method !== now.method || was.path !== now.path
  const output = was.output && now.output ? widened(was.output, now.output, before, after) : []
  const reasons = [
    ...(moved ? [`is at another place (${was.method} ${was.path}, ${now.method} ${now.path})`] : []),
    ...(was.fields === now.fields ? [] : [`carries its fields elsewhere (${was.fields}, ${now.fields})`]),
    ...fewerCallers(was.allow, now.allow),
    ...gone(was.transports, now.transports).map(each => `is not on ${each} any more`),
    ...gone(was.media, now.media).map(each => `does not answer ${each} any more`),
    ...gone(now.status, was.status).map(each => `answers the new status ${each}`),
    ...narrowed(was.input, now.input, before, after).map(each => `input ${each}`),
    ...((was.output === null) === (now.output === null) ? [] : ['has an output where it had none, or none any more']),
    ...output.map(each => `output ${each}`),
  ]
  return reasons.map(reason => `${name}: ${reason}`)
}

function fewerCallers(was: readonly string[], now: readonly string[]): string[] {
  const wide = (allow: readonly string[]) => (allow.includes('anyone') ? 2 : allow.includes('user') ? 1 : 0)
  const fewer = wide(now) < wide(was) || (wide(now) === 0 && gone(was, now).length > 0)
  return fewer ? [`may be called by fewer (${was.join(', ')}; ${now.join(', ')})`] : []
}

/** What was valid input and is refused now. */
function narrowed(was: Json, now: Json, before: Snapshot, after: Snapshot): string[] {
  return misfits({ schema: was, book: before }, { schema: now, book: after }, false)
}

/** What is answered now and could not be before. Fields may be added. */
function widened(was: Json, now: Json, before: Snapshot, after: Snapshot): string[] {
  return misfits({ schema: now, book: after }, { schema: was, book: before }, true)
}

function gone<T>(was: readonly T[], now: readonly T[]): T[] {
  return was.filter(each => !now.includes(each))
}

function eachStill<T>(
  what: string,
  was: Record<string, T>,
  now: Record<string, T>,
  compare: (was: T, now: T) => string[],
): string[] {
  return Object.entries(was).flatMap(([name, old]) => {
    const { [name]: present } = now
    const reasons = present === undefined ? ['is gone'] : compare(old, present)
    return reasons.map(reason => `${what} ${name}: ${reason}`)
  })
}
