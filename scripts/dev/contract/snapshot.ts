import { ERRORS } from '../../../contracts/errors.ts'
import { EVENTS } from '../../../contracts/events.ts'
import { FEATURE_LEVEL } from '../../../contracts/feature-level.ts'
import { operations } from '../../../contracts/index.ts'
import { fieldsIn, type Operation } from '../../../contracts/kit.ts'
import { CLOSE_CODES, ClientFrame, PROTOCOL, ServerFrame } from '../../../contracts/socket.ts'
import { Schemas, type Json } from '../../../src/transport/openapi-schemas.ts'

/** A contract as data: what `docs/contract/released.json` has of the last release. */
export interface Snapshot {
  version: string
  protocol: number
  feature_level: number
  operations: Record<string, SnapshotOperation>
  events: Record<string, { stream: string; data: Json }>
  /** By `type`. */
  client_frames: Record<string, Json>
  server_frames: Record<string, Json>
  /** The status of each. */
  error_codes: Record<string, number>
  /** Whether a client reconnects after each. */
  close_codes: Record<string, string>
  /** What the others refer to. */
  schemas: Record<string, Json>
}

export interface SnapshotOperation {
  method: string
  path: string
  /** `anyone`, `user` or global roles. */
  allow: string[]
  transports: string[]
  fields: string
  media: string[]
  status: number[]
  input: Json
  output: Json | null
  sunset: string | null
}

/** The contract of this source. */
export function contractSnapshot(version: string): Snapshot {
  const schemas = new Schemas(PREFIX)
  const all = {
    operations: Object.fromEntries(operations().map(([name, operation]) => [name, described(schemas, operation)])),
    events: Object.fromEntries(
      Object.entries(EVENTS).map(([name, { stream, data }]) => [name, { stream, data: schemas.of(data, 'output') }]),
    ),
    client_frames: byType(ClientFrame.options.map(option => schemas.of(option, 'input'))),
    server_frames: byType(ServerFrame.options.map(option => schemas.of(option, 'output'))),
  }
  const { value, schemas: named } = schemas.finish(all)
  return {
    version,
    protocol: PROTOCOL,
    feature_level: FEATURE_LEVEL,
    ...value,
    error_codes: Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status])),
    close_codes: Object.fromEntries(Object.entries(CLOSE_CODES).map(([code, { reconnect }]) => [code, reconnect])),
    // Cast: `Schemas` has a JSON Schema under each name.
    schemas: openCodes(named as Record<string, Json>),
  }
}

/** A problem may have codes that are new, since they are compared as `error_codes`. */
function openCodes({ Problem, ...schemas }: Record<string, Json>): Record<string, Json> {
  // Cast: the schema of an object.
  const { properties } = Problem as { properties: Json }
  return { ...schemas, Problem: { ...Problem, properties: { ...properties, code: { type: 'string' } } } }
}

const PREFIX = '#/schemas/'

/** The schema that a reference names; any other schema as it is. */
export function resolved(schema: Json, { schemas }: Pick<Snapshot, 'schemas'>): Json {
  const { $ref } = schema
  if (typeof $ref !== 'string') return schema
  const { [$ref.slice(PREFIX.length)]: named } = schemas
  if (!named) throw new Error(`the contract has no schema ${$ref}`)
  return resolved(named, { schemas })
}

function described(schemas: Schemas, operation: Operation): SnapshotOperation {
  const { method, path, allow, http_only, socket_only, media = [], status, input, output, deprecated } = operation
  return {
    method,
    path,
    allow: typeof allow === 'string' ? [allow] : [...allow],
    transports: [...(socket_only ? [] : ['http']), ...(http_only ? [] : ['socket'])],
    fields: fieldsIn(operation),
    media: [...media],
    status: [...status],
    input: schemas.of(input, 'input'),
    output: output && schemas.of(output, 'output'),
    sunset: deprecated?.sunset ?? null,
  }
}

function byType(frames: readonly Json[]): Record<string, Json> {
  // Cast: every frame is an object with a literal `type`; `event` has a name.
  const typeOf = (frame: Json) =>
    (frame as { properties?: { type: { const: string } } }).properties?.type.const ?? 'event'
  return Object.fromEntries(frames.map(frame => [typeOf(frame), frame]))
}
