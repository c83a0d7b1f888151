import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { restOperations, type Contract } from '../../contracts/index.ts'
import type { Deprecated, Operation } from '../../contracts/kit.ts'
import { ProblemSchema } from '../../contracts/socket.ts'
import { addEvents } from './frame-schemas.ts'
import { headerParameters, inputOf } from './openapi-input.ts'
import { HEADERS, Responses } from './openapi-responses.ts'
import { samplesOf } from './openapi-samples.ts'
import { Schemas, type Json } from './openapi-schemas.ts'
import { errorsTable, limitsTable } from './tables.ts'
import { systemPaths } from './openapi-system.ts'

const TAGS: Readonly<Record<keyof Contract | 'system', string>> = {
  auth: 'Accounts, sessions and tokens',
  keys: 'Keys by which programs call',
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
  webhooks: 'Events of conversations, sent to URLs',
  system: 'Health and synchronisation',
}

/** Title, version and description of the document and of the page that shows it. */
export const INFO = {
  title: 'Parley',
  version: '1',
  license: { name: 'MIT', identifier: 'MIT' },
  summary: 'A self-hosted, realtime-first chat server',
  description:
    'Every operation is callable by REST, by tRPC (`/trpc`) and over the WebSocket (`/ws`) with the same input, result ' +
    'and error. Errors are RFC 9457 problem documents with a `code` of one closed table.',
}

/** The OpenAPI 3.1 document, made from the contract, so that it describes exactly what is served. */
export function openApiDocument(server: string, operations = restOperations()): Json {
  const schemas = new Schemas('#/components/schemas/')
  const responses = new Responses(schemas)
  schemas.of(ProblemSchema, 'output')
  addEvents(schemas)
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, operation] of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(name, operation, { schemas, responses, server })
  }
  const all = { paths: { ...paths, ...systemPaths(schemas, responses) }, responses: responses.failures }
  const finished = schemas.finish(all)
  return {
    openapi: '3.1.0',
    info: { ...INFO, description: described(), 'x-feature-level': FEATURE_LEVEL },
    servers: [{ url: server }],
    security: [{ bearer: [] }],
    tags: Object.entries(TAGS).map(([tag, description]) => ({ name: tag, description })),
    paths: finished.value.paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      headers: usedHeaders(finished.value),
      responses: finished.value.responses,
      schemas: finished.schemas,
    },
  }
}

/** What stands above the operations: what all of them share. */
function described(): string {
  const limits =
    'Every answer of a call that was counted has the headers `RateLimit-Policy` and `RateLimit`. What stands in capitals is a ' +
    'setting of the server.'
  const socket = 'The socket, its frames, events and close codes: [/docs/socket](docs/socket).'
  const samples =
    'The samples take the access token of `auth.register` or `auth.login` from the environment variable `PARLEY_TOKEN`. ' +
    'Ids in them are examples: put in your own.'
  return [INFO.description, samples, socket, '## Errors', errorsTable(), '## Limits', limits, limitsTable()].join(
    '\n\n',
  )
}

interface Document {
  schemas: Schemas
  responses: Responses
  server: string
}

function describe(name: string, operation: Operation, document: Document): Json {
  const { allow, summary, description, example, deprecated } = operation
  const [tag = ''] = name.split('.')
  const { parameters, body } = inputOf(name, operation, document.schemas)
  const fields = headerParameters(operation.request_headers)
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: [deprecated && deprecation(deprecated), description, audience(allow)].filter(Boolean).join('\n\n'),
    ...(deprecated ? { deprecated: true } : {}),
    ...(allow === 'anyone' ? { security: [] } : {}),
    ...(parameters.length + fields.length > 0 ? { parameters: [...parameters, ...fields] } : {}),
    ...(body ? { requestBody: { required: body.required, content: body.content } } : {}),
    responses: document.responses.of(name, operation),
    'x-codeSamples': samplesOf(name, operation, document.server),
    ...(Object.keys(example.input).length > 0 && !operation.http_only
      ? { 'x-call': { op: name, input: example.input } }
      : {}),
  }
}

/** The shared headers that something refers to. */
function usedHeaders(value: unknown): Json {
  const text = JSON.stringify(value)
  return Object.fromEntries(Object.entries(HEADERS).filter(([name]) => text.includes(`/headers/${name}"`)))
}

function deprecation({ since, sunset, use }: Deprecated): string {
  const until = sunset ? ` It may be gone from ${sunset} on.` : ''
  return `**Deprecated since ${since}.**${until}${use ? ` Use \`${use}\` instead.` : ''}`
}

function audience(allow: Operation['allow']): string {
  if (allow === 'anyone') return 'Needs no token.'
  return allow === 'user' ? 'For everybody signed in.' : `For the global roles ${allow.join(' and ')}.`
}
