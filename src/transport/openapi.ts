import { z } from 'zod'
import * as entities from '../../contracts/entities.ts'
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts'
import { operations, restOperations, type Contract } from '../../contracts/index.ts'
import { ANY_MEDIA, errorsOf, fieldsIn, pathNames, type Operation, type Status } from '../../contracts/kit.ts'
import { EventFrame, ProblemSchema } from '../../contracts/socket.ts'
import { REF, SYSTEM, failure, type Json } from './openapi-system.ts'

const TAGS: Readonly<Record<keyof Contract | 'system', string>> = {
  auth: 'Accounts, sessions and tokens',
  users: 'Profiles',
  conversations: 'Direct conversations and groups, read markers, the inbox',
  contacts: 'Contacts and blocks',
  messages: 'Sending, history, edits, reactions, pins',
  notifications: 'Devices and push notifications',
  groups: 'Groups, public ones, and their members',
  invites: 'Invite links to groups',
  search: 'Full-text search',
  analytics: 'Numbers of messages and users',
  typing: 'Who is typing',
  presence: 'Who is online, and status texts',
  files: 'Uploads, downloads, thumbnails',
  uploads: 'Resumable uploads by the protocol tus',
  system: 'Health and synchronisation',
}

/** Title, version and description of the document and of the page that shows it. */
export const INFO = {
  title: 'Parley',
  version: '1',
  summary: 'A self-hosted, realtime-first chat server',
  description:
    'Every operation is callable by REST, by tRPC (`/trpc`) and over the WebSocket (`/ws`) with the same input, result ' +
    'and error. Errors are RFC 9457 problem documents with a `code` of one closed table.',
}

/** The OpenAPI 3.1 document, made from the contract, so that it describes exactly what is served. */
export function openApiDocument(server: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, operation] of restOperations()) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(name, operation)
  }
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: server }],
    security: [{ bearer: [] }],
    tags: Object.entries(TAGS).map(([tag, description]) => ({ name: tag, description })),
    paths: { ...paths, ...SYSTEM },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: components(),
    },
  }
}

function describe(name: string, operation: Operation): Json {
  const { allow, summary, description, example } = operation
  const [tag = ''] = name.split('.')
  const { parameters, body } = inputOf(operation)
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: [description, audience(allow)].filter(Boolean).join('\n\n'),
    ...(allow === 'anyone' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: body.required,
            content: body.content,
          },
        }
      : {}),
    responses: { ...successes(operation), ...failures(operation) },
    ...(Object.keys(example.input).length > 0 && !operation.http_only
      ? { 'x-call': { op: name, input: example.input } }
      : {}),
  }
}

function audience(allow: Operation['allow']): string {
  if (allow === 'anyone') return 'Needs no token.'
  return allow === 'user' ? 'For everybody signed in.' : `For the global roles ${allow.join(' and ')}.`
}

function inputOf(operation: Operation) {
  const {
    properties: own = {},
    required = [],
    oneOf,
  } = z.toJSONSchema(operation.input, {
    io: 'input',
    unrepresentable: 'any',
  })
  const properties = pointed(own) as Json
  const [inPath, place, { input }] = [pathNames(operation), fieldsIn(operation), operation.example]
  const rest = Object.keys(properties).filter(key => !inPath.includes(key))
  const parameter = (key: string, where: 'path' | 'query') => ({
    name: key,
    in: where,
    required: where === 'path' || required.includes(key),
    schema: properties[key],
    ...(key in input ? { example: input[key] } : {}),
  })
  const parameters = [
    ...(operation.refresh ? [REFRESH_HEADER] : []),
    ...inPath.map(key => parameter(key, 'path')),
    ...(place === 'query' ? rest.map(key => parameter(key, 'query')) : []),
  ]
  const needed = rest.filter(key => required.includes(key))
  const object = (fields: Json, names: readonly string[]) => ({
    type: 'object',
    properties: fields,
    ...(names.length > 0 ? { required: names } : {}),
    ...(oneOf ? { oneOf } : {}),
    additionalProperties: false,
  })
  const fields = Object.fromEntries(rest.map(key => [key, properties[key]]))
  const example = Object.fromEntries(Object.entries(input).filter(([key]) => rest.includes(key)))
  if (operation.body === 'bytes') return { parameters, body: { required: true, content: { [ANY_MEDIA]: BINARY } } }
  if (place === 'form') {
    const schema = object({ ...fields, file: BINARY.schema }, [...needed, 'file'])
    return { parameters, body: { required: true, content: { 'multipart/form-data': { schema } } } }
  }
  if (place === 'query' || rest.length === 0) return { parameters, body: null }
  const content = { 'application/json': { schema: object(fields, needed), example } }
  return { parameters, body: { required: needed.length > 0, content } }
}

const REFRESH_HEADER = {
  name: 'Parley-Refresh',
  in: 'header',
  required: false,
  schema: { type: 'string', enum: ['cookie'] },
  description: 'Keeps the refresh token in an HttpOnly cookie instead of the body: for pages in browsers',
} as const

/** Bytes of any content. */
const BINARY = { schema: { type: 'string', format: 'binary' } } as const

function successes({ status, output, media = [], location, example }: Operation): Json {
  const json = output && { 'application/json': { schema: outputSchema(output), example: example.output } }
  const other = Object.fromEntries(media.map(type => [type, BINARY]))
  const contentOf = (code: Status) => (WITHOUT_CONTENT.has(code) ? {} : code === 206 ? other : { ...json, ...other })
  return Object.fromEntries(
    status.map(code => {
      const content = contentOf(code)
      const headers = code === 201 && location ? { headers: LOCATION } : {}
      return [code, { description: SUCCESS[code], ...headers, ...(Object.keys(content).length > 0 ? { content } : {}) }]
    }),
  )
}

const LOCATION = { Location: { description: 'Where it is found', schema: { type: 'string' } } }

const SUCCESS: Readonly<Record<Status, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted, to be done later',
  204: 'No content',
  206: 'The range that was asked for',
  304: 'Not modified',
}
const WITHOUT_CONTENT: ReadonlySet<Status> = new Set([204, 304])

function failures(operation: Operation): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorsOf(operation)) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].toSorted(([a], [b]) => a - b).map(([status, codes]) => [status, failure(status, codes)]),
  )
}

/** A schema that refers to the named entities. */
function outputSchema(schema: z.ZodType): Json {
  const { $defs: _defs, $schema: _schema, ...json } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  return pointed(json) as Json
}

/** References to `$defs` of a schema become references to the document's components. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string' ? [key, inner.replace('#/$defs/', REF)] : [key, pointed(inner)],
    ),
  )
}

/** Every entity with a name. */
function components(): Json {
  const all: Json = {}
  const named = [...Object.values(entities).filter(value => value instanceof z.ZodType), ProblemSchema, EventFrame]
  const outputs = operations().flatMap(([, { output }]) => (output ? [output] : []))
  for (const schema of [...named, ...outputs]) {
    const { $defs = {} } = z.toJSONSchema(z.object({ schema }), { io: 'output', unrepresentable: 'any' })
    for (const [id, { id: _id, ...definition }] of Object.entries($defs)) all[id] = pointed(definition)
  }
  return all
}
