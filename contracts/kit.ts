import type { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { EventName } from './events.ts'
import type { Role } from './roles.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
export type Status = 200 | 201 | 204
export type Limit = 'calls' | 'auth' | 'none'

/**
 * One operation of the API, as plain data. Its input is path, query and body in one flat object: REST takes the names in
 * braces from the path, the others from the query (GET, DELETE) or the JSON body (POST, PUT).
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

export type Group = Readonly<Record<string, Operation>>

export function op<const O extends Operation>(operation: O): O {
  return operation
}

/** What a handler receives: defaults filled in. */
export type Input<O extends Operation> = z.output<O['input']>
/** What a caller may give: defaults left out. */
export type CallInput<O extends Operation> = z.input<O['input']>
export type Output<O extends Operation> = O['output'] extends z.ZodType ? z.output<O['output']> : null

/** Success with one of several statuses. */
export interface Reply<S extends Status, T> {
  readonly status: S
  readonly data: T
}

export function reply<const S extends Status, T>(status: S, data: T): Reply<S, T> {
  return { status, data }
}

/** What a handler returns: the output, or a `reply` where the operation has several statuses. */
export type Result<O extends Operation> = O['status'] extends readonly [Status]
  ? Output<O>
  : Reply<O['status'][number], Output<O>>

/** The codes that a handler may fail with. */
export type DeclaredError<O extends Operation> = O['errors'][number]
export type EmittedEvent<O extends Operation> = O['emits'][number]

/** Errors that the gate and the transports add to those of an operation, by its properties. */
const ADDED = {
  every: ['malformed', 'validation_failed', 'internal', 'unavailable', 'too_large'],
  allow: { anyone: [], user: ['unauthenticated'], roles: ['unauthenticated', 'forbidden'] },
  // `busy`: too many passwords wait to be hashed, or concurrent changes of the same conversation.
  limit: { none: [], calls: ['rate_limited'], auth: ['rate_limited', 'busy'] },
  emits: ['busy'],
  body: ['unsupported_media_type', 'request_timeout'],
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
    ...(fieldsIn(operation) === 'body' ? ADDED.body : []),
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
  | (FieldsIn<O> extends 'body' ? (typeof ADDED)['body'][number] : never)

/** The names in braces of a path. */
export function pathNames(operation: Pick<Operation, 'path'>): string[] {
  return [...operation.path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '')
}

/** Where REST carries the fields that are not in the path. */
export function fieldsIn(operation: Pick<Operation, 'method' | 'fields'>): 'query' | 'body' {
  return operation.fields ?? (operation.method === 'GET' || operation.method === 'DELETE' ? 'query' : 'body')
}

export type FieldsIn<O extends Pick<Operation, 'method' | 'fields'>> = O extends { fields: infer F }
  ? F
  : O['method'] extends 'GET' | 'DELETE'
    ? 'query'
    : 'body'
