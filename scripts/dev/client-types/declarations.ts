import type { z } from 'zod'
import { EVENTS } from '../../../contracts/events.ts'
import { operations } from '../../../contracts/index.ts'
import { ERRORS } from '../../../contracts/errors.ts'
import { ClientFrame, EventFrame, ProblemSchema, ServerFrame } from '../../../contracts/socket.ts'
import { bodyOf, comment, fieldsOf, nameOf, typeOf, type Mode } from './print.ts'

const SPECIAL: readonly z.ZodType[] = [EventFrame, ProblemSchema]

/** The schemas that have a name, by that name. */
function namedSchemas(): Map<string, z.ZodType> {
  const named = new Map<string, z.ZodType>()
  for (const root of roots()) collect(root, named)
  return named
}

/** What `entities.ts` exports. */
export function entityNames(): string[] {
  return ['Json', 'List', ...namedSchemas().keys()]
}

/** Every named schema as an interface or a union. */
export function entities(): string {
  const declared = [...namedSchemas()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => declare(name, schema))
  return `
/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The answer of every list. */
export interface List<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
  /** The \`start\` of the next page; null at the end. */
  next_start: string | null
}
${declared.join('\n')}`
}

function roots(): z.ZodType[] {
  const ofOperations = operations().flatMap(([, { input, output }]) => (output ? [input, output] : [input]))
  return [...ofOperations, ...Object.values(EVENTS).map(({ data }) => data), ServerFrame, ClientFrame]
}

function declare(name: string, schema: z.ZodType): string {
  const body = bodyOf(schema, 'output')
  if (body !== bodyOf(schema, 'input')) throw new Error(`${name} differs as input and as output`)
  const { description = '' } = schema.meta() ?? {}
  // An object is printed in full here, also what is made from another one.
  const text = 'shape' in schema ? fieldsOf((schema as z.ZodObject).shape, 'output') : body
  return `${comment(description)}export ${'shape' in schema ? `interface ${name}` : `type ${name} =`} ${text}`
}

/** The named schemas in a schema, also those in named ones. */
function collect(schema: z.ZodType, named: Map<string, z.ZodType>): void {
  const name = nameOf(schema)
  if (SPECIAL.includes(schema) || (name !== null && named.has(name))) return
  if (name !== null) named.set(name, schema)
  const def = schema.def as z.core.$ZodTypes['_zod']['def']
  const inner: unknown[] =
    def.type === 'object'
      ? Object.values(def.shape)
      : def.type === 'union'
        ? [...def.options]
        : def.type === 'array'
          ? [def.element]
          : def.type === 'record'
            ? [def.valueType]
            : def.type === 'pipe'
              ? [def.in, def.out]
              : 'innerType' in def
                ? [def.innerType]
                : []
  for (const each of inner) collect(each as z.ZodType, named)
}

/** The data of each event, and which events are durable. */
export function events(): string {
  const of = (kind: string) => Object.entries(EVENTS).filter(([, { stream }]) => stream === kind)
  const names = (kind: string) => of(kind).map(([name]) => `'${name}'`)
  return `
/** The \`data\` of each event. */
export interface EventDataMap {
${Object.entries(EVENTS)
  .map(([name, { stream, data }]) => `${comment(AUDIENCE[stream])}'${name}': ${typeOf(data, 'output')}`)
  .join('\n')}
}
/** Numbered by the stream of a conversation. */
export type ConversationEvent = ${names('conversation').join(' | ')}
/** Numbered by the user's own stream. */
export type UserEvent = ${names('user').join(' | ')}
/** Without \`stream\` and \`change\`: may be lost, and is not replayed. */
export type EphemeralEvent = ${names('none').join(' | ')}
`
}

const AUDIENCE = {
  conversation: 'Of the stream of the conversation.',
  user: "Of the user's own stream.",
  none: 'Without a stream.',
}

/** The frames of the socket, apart from `event`. */
export function frames(): string {
  return `
/** What a client may send. */
export type ClientFrame = ${union(ClientFrame, 'input')}

/** What the server may send, apart from \`EventFrame\`. */
export type ControlFrame = ${union(ServerFrame, 'output')}
`
}

function union(schema: typeof ClientFrame | typeof ServerFrame, mode: Mode): string {
  const options: readonly z.ZodType[] = schema.options
  return options
    .filter(option => option !== EventFrame)
    .map(option => `| ${typeOf(option, mode)}`)
    .join('\n')
}

/** The problem document and its codes. */
export function errorCodes(): string {
  const { errors, code: _code, ...shape } = ProblemSchema.shape
  return `
/** A wrong input field and the rule that it breaks. */
export interface FieldError ${fieldsOf(errors.element.shape, 'output')}

/** The answer of every call that failed, as RFC 9457 says. */
export interface Problem ${fieldsOf(shape, 'output', 'code: ErrorCode\nerrors: FieldError[]')}

/** Every error code. A code never changes its meaning or its status. */
export type ErrorCode = ${Object.keys(ERRORS)
    .map(name => `'${name}'`)
    .join(' | ')}
`
}
