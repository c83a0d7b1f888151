import type { z } from 'zod'
import { EVENTS } from '../../contracts/events.ts'
import { id, time } from '../../contracts/fields.ts'
import { operations } from '../../contracts/index.ts'
import type { Operation } from '../../contracts/kit.ts'
import { ClientFrame, EventFrame, ProblemSchema, ServerFrame, callId } from '../../contracts/socket.ts'
import { outputName } from './openapi-responses.ts'
import { Schemas, pascal, type Json } from './openapi-schemas.ts'

/** The frames of the socket, each by its name, as references to schemas of the document. */
export interface Frames {
  /** What a client may send, apart from calls, by `type`. */
  client: Record<string, Json>
  /** What the server may send, apart from events and `result`, by `type`. */
  server: Record<string, Json>
  /** By event. */
  events: Record<string, Json>
  /** By operation. */
  calls: Record<string, { call: Json; result: Json }>
}

/** Adds every frame to the schemas, and `ClientFrame`, `ServerFrame` and `EventFrame`, which are any of them. */
export function addFrames(schemas: Schemas): Frames {
  const events = addEvents(schemas)
  schemas.of(ProblemSchema, 'output')
  const client = framesOf(schemas, ClientFrame.options, 'input', ['call'])
  const server = framesOf(schemas, ServerFrame.options, 'output', ['event', 'result'])
  const calls = Object.fromEntries(
    operations().flatMap(([name, operation]) =>
      operation.http_only ? [] : [[name, callFrames(schemas, name, operation)]],
    ),
  )
  const results = object({ type: { const: 'result' }, id: schemas.of(callId, 'output'), status: INT, data: {} })
  schemas.named('ResultFrame', results)
  schemas.named('ClientFrame', {
    oneOf: [...Object.values(client), ...Object.values(calls).map(({ call }) => call)],
  })
  schemas.named('ServerFrame', {
    oneOf: [...Object.values(server), schemas.ref('ResultFrame'), schemas.ref('EventFrame')],
  })
  return { client, server, events, calls }
}

/** Each event as the socket, `/sync` and the subscription give it, and `EventFrame`: any of them. */
export function addEvents(schemas: Schemas): Record<string, Json> {
  const { description } = EventFrame.shape.stream.meta() ?? {}
  const events = Object.entries(EVENTS).map(([name, { stream, data }]) => {
    const numbered = stream === 'none' ? {} : { stream: { ...schemas.of(id, 'output'), description }, change: INT }
    const carried = schemas.named(`${pascal(name)}Data`, schemas.of(data, 'output'))
    const frame = { type: { const: 'event' }, event: { const: name }, ...numbered, data: carried, at: timeOf(schemas) }
    return [name, schemas.named(`${pascal(name)}Event`, object(frame))] as const
  })
  schemas.named('EventFrame', { oneOf: events.map(([, frame]) => frame) })
  return Object.fromEntries(events)
}

const INT = { type: 'integer' } as const

function timeOf(schemas: Schemas): Json {
  return schemas.of(time, 'output')
}

function framesOf(schemas: Schemas, options: readonly z.ZodType[], io: 'input' | 'output', without: string[]) {
  const frames = options.flatMap(option => {
    if (option === EventFrame) return []
    const schema = schemas.of(option, io)
    // Cast: every frame is an object with a literal `type`.
    const { type } = schema['properties'] as { type: { const: string } }
    return without.includes(type.const) ? [] : [[type.const, schema] as const]
  })
  const side = io === 'input' ? 'Client' : 'Server'
  return Object.fromEntries(
    frames.map(([type, schema]) => [type, schemas.named(`${side}${pascal(type)}Frame`, schema)]),
  )
}

function callFrames(schemas: Schemas, name: string, { input, output, status }: Operation) {
  const given = schemas.named(`${pascal(name)}CallInput`, schemas.of(input, 'input'))
  const { required = [] } = schemas.of(input, 'input') as { required?: string[] }
  const head = { id: schemas.of(callId, 'output') }
  const call = { type: { const: 'call' }, ...head, op: { const: name }, input: given }
  const needed = ['type', 'id', 'op', ...(required.length > 0 ? ['input'] : [])]
  const data = output ? schemas.named(outputName(name, output), schemas.of(output, 'output')) : { type: 'null' }
  return {
    call: schemas.named(`${pascal(name)}Call`, { ...object(call), required: needed, additionalProperties: false }),
    result: schemas.named(
      `${pascal(name)}Result`,
      object({ type: { const: 'result' }, ...head, status: { enum: status }, data }),
    ),
  }
}

function object(properties: Json): Json {
  return { type: 'object', properties, required: Object.keys(properties) }
}

/** JSON Schemas of all frames, as one document of the draft 2020-12. */
export function frameSchemas(): Json {
  const schemas = new Schemas('#/$defs/')
  addFrames(schemas)
  const { value, schemas: $defs } = schemas.finish({ anyOf: [schemas.ref('ClientFrame'), schemas.ref('ServerFrame')] })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:parley:frames',
    title: 'Frames of the socket of Parley',
    ...value,
    $defs,
  }
}
