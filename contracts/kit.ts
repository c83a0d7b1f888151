import type { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { EventName } from './events.ts'
import type { Role } from './roles.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
export type Status = 200 | 201 | 202 | 204 | 206 | 304
export type Limit = 'calls' | 'auth' | 'none'

/**
 * One operation of the API, as plain data. Its input is path, query and body in one flat object: REST takes the names in
 * braces from the path, the others from the query (GET, DELETE) or the JSON body (POST, PUT).
 *
 * Bytes are carried over HTTP only: `body` says that the request has a body other than JSON, `media` that the answer may be
 * something other than JSON.
 */
export interface Operation {
  readonly method: Method
  readonly path: `/${string}`
  /** Who may call: anyone without a token, any signed-in user, or the global roles listed. */
  readonly allow: 'anyone' | 'user' | readonly Role[]
  /** Which limit counts the call; `none` for calls that must always work. Default: `calls`. */
  readonly limit?: Limit
  /** With `limit: 'auth'`: the fields that name an account. Each name given is counted, whether or not there is such an account. */
  readonly accounts?: readonly string[]
  /** Also accepts a valid token whose session has ended. */
  readonly ended?: true
  /** Where REST carries the fields that are not in the path. Default: by method, see `fieldsIn`. */
  readonly fields?: 'query' | 'body'
  /**
   * The handler reads the body as it arrives (`context.http`), because it may be large. `multipart`: a form with the part
   * `file`; the other parts are input fields. `bytes`: any bytes; input fields are in the query. Such a handler cannot run twice,
   * so it commits to no log. With `http_only`.
   */
  readonly body?: 'multipart' | 'bytes'
  /** The media types that HTTP answers besides JSON, as the request's `Accept` asks (`context.http.wants`); any: `ANY_MEDIA`. */
  readonly media?: readonly string[]
  /** Where what a 201 has created is found, the names in braces being fields of the output. */
  readonly location?: `/${string}`
  /**
   * What the operation does with a refresh token. A REST request with `Parley-Refresh: cookie` has it in an HttpOnly cookie instead of
   * the body: `issues` sets the cookie, `takes` reads it and sets the next one, `ends` clears it.
   */
  readonly refresh?: 'issues' | 'takes' | 'ends'
  /** Headers of every answer over HTTP, errors too. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that a request has, each with an example. For protocols that have their fields in headers. */
  readonly request_headers?: Readonly<Record<string, string>>
  /** tRPC and the socket do not have the operation. */
  readonly http_only?: true
  /** Only the socket has the operation, because it is about that socket. Its `path` is the socket's. */
  readonly socket_only?: true
  /** The operation is to go. Answers over HTTP say so, and OpenAPI does. */
  readonly deprecated?: Deprecated
  readonly summary: string
  readonly description?: string
  readonly input: z.ZodObject
  /** null answers 204 without a body. */
  readonly output: z.ZodType | null
  /** The statuses of success, the usual one first. With several, the handler chooses by `reply(status, data)`. */
  readonly status: readonly [Status, ...Status[]]
  /** The errors this operation adds to the common ones (`errorsOf`). */
  readonly errors: readonly ErrorCode[]
  /** The events it may cause. */
  readonly emits: readonly EventName[]
  readonly example: { readonly input: Readonly<Record<string, unknown>>; readonly output: unknown }
}

export interface Deprecated {
  /** The day, `2027-01-31`, from which it is deprecated. */
  readonly since: string
  /** The first day on which it may be gone, at least six months later. */
  readonly sunset?: string
  /** The operation to use instead. */
  readonly use?: string
}

export type Group = Readonly<Record<string, Operation>>

export function op<const O extends Operation>(operation: O): O {
  return operation
}

/** What a handler receives: defaults filled in. */
export type Input<O extends Operation> = z.output<O['input']>
/** What a caller may give: defaults left out, and the file or the bytes of a body. */
export type CallInput<O extends Operation> = z.input<O['input']> & BodyInput<O>
type BodyInput<O extends Operation> = O extends { body: 'multipart' }
  ? { file: Blob }
  : O extends { body: 'bytes' }
    ? { body: Blob }
    : unknown
export type Output<O extends Operation> = O['output'] extends z.ZodType ? z.output<O['output']> : null

/** Success with one of several statuses. */
export interface Reply<S extends Status, T> {
  readonly status: S
  readonly data: T
}

export function reply<const S extends Status, T>(status: S, data: T): Reply<S, T> {
  return { status, data }
}

/** Any media type, in `Operation.media`. */
export const ANY_MEDIA = '*/*'

/** Success that is not JSON: bytes, a text such as CSV, or headers alone. Over HTTP only. */
export class Bytes<S extends Status = Status> {
  readonly status: S
  readonly headers: Readonly<Record<string, string>>
  /** A function opens the body. It is not called for HEAD. */
  readonly body: string | (() => Promise<ReadableStream<Uint8Array>>) | null

  constructor(status: S, headers: Readonly<Record<string, string>>, body: Bytes['body']) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export function isBytes(answer: unknown): answer is Bytes {
  return answer instanceof Bytes
}

/** What a handler returns: the output, a `reply` where the operation has several statuses, or `Bytes` where it answers them. */
export type Result<O extends Operation> =
  | (O['status'] extends readonly [Status] ? Output<O> : Reply<O['status'][number], Output<O>>)
  | (O extends { media: readonly string[] } | { http_only: true } ? Bytes<O['status'][number]> : never)

/** The codes that a handler may fail with. */
export type DeclaredError<O extends Operation> = O['errors'][number]
export type EmittedEvent<O extends Operation> = O['emits'][number]

/** Errors that the gate and the transports add to those of an operation, by its properties. */
const ADDED = {
  every: ['malformed', 'validation_failed', 'internal', 'unavailable', 'too_large'],
  allow: {
    anyone: [],
    user: ['unauthenticated', 'scope_missing', 'act_as_refused'],
    roles: ['unauthenticated', 'scope_missing', 'act_as_refused', 'forbidden'],
  },
  // `busy`: too many passwords wait to be hashed, or concurrent changes of the same conversation.
  limit: { none: [], calls: ['rate_limited'], auth: ['rate_limited', 'busy'] },
  emits: ['busy'],
  body: ['unsupported_media_type', 'request_timeout'],
  refresh: ['origin_refused'],
} as const

/** All error codes of an operation, for OpenAPI. `KnownError` is the same as a type. */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { allow, limit = 'calls', emits, errors } = operation
  const codes = new Set<ErrorCode>([
    ...ADDED.every,
    ...errors,
    ...ADDED.allow[typeof allow === 'string' ? allow : 'roles'],
    ...ADDED.limit[limit],
    ...(emits.length > 0 ? ADDED.emits : []),
    ...(fieldsIn(operation) === 'body' || operation.body ? ADDED.body : []),
    ...(operation.refresh ? ADDED.refresh : []),
  ])
  return [...codes].sort()
}

/** All error codes of an operation, for the types of clients. */
export type KnownError<O extends Operation> =
  | O['errors'][number]
  | (typeof ADDED)['every'][number]
  | (typeof ADDED)['allow'][O['allow'] extends infer A extends 'anyone' | 'user' ? A : 'roles'][number]
  | (typeof ADDED)['limit'][O extends { limit: infer L extends Limit } ? L : 'calls'][number]
  | (O['emits'] extends readonly [] ? never : (typeof ADDED)['emits'][number])
  | (O extends { refresh: string } ? (typeof ADDED)['refresh'][number] : never)
  | (O extends { body: string }
      ? (typeof ADDED)['body'][number]
      : FieldsIn<O> extends 'body'
        ? (typeof ADDED)['body'][number]
        : never)

/** The names in braces of a path. */
export function pathNames(operation: Pick<Operation, 'path'>): string[] {
  return [...operation.path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '')
}

type Placed = Pick<Operation, 'method' | 'fields' | 'body'>

/** Where REST carries the fields that are not in the path. */
export function fieldsIn({ method, fields, body }: Placed): 'query' | 'body' | 'form' {
  if (body) return body === 'multipart' ? 'form' : 'query'
  return fields ?? (method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'body' : 'query')
}

export type FieldsIn<O extends Placed> = O extends { body: infer B }
  ? B extends 'multipart'
    ? 'form'
    : 'query'
  : O extends { fields: infer F }
    ? F
    : O['method'] extends 'POST' | 'PUT' | 'PATCH'
      ? 'body'
      : 'query'
