import { TRPCError, initTRPC, tracked } from '@trpc/server'
import type { AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import { AppError, toProblem, type ErrorCode, type Problem } from '../../../contracts/errors.ts'
import { contract, findOperation, operationOf, type OperationName } from '../../../contracts/index.ts'
import type { Operation } from '../../../contracts/kit.ts'
import type { Client } from '../../context.ts'
import { PARSING, fieldErrors } from '../../../contracts/field-errors.ts'
import type { Credentials } from '../../callers.ts'
import type { Gate } from '../../gate.ts'
import type { SyncSource } from '../../ports/sync.ts'
import { deprecationHeaders } from '../../http/deprecation.ts'
import { problemHeaders } from '../../http/problem.ts'
import { pagedInput } from './paging.ts'

/** A subscription without events is pinged, so that proxies do not close it. */
const PING_MS = 10_000

export interface TrpcContext {
  credentials: Credentials
  /** The credentials of a subscription, which may be opened with a ticket. */
  opening: Credentials
  client: Client
  request_id: string
}

/**
 * The router, a loop over the contract without what is HTTP only or socket only: GET is a query, everything else a mutation, and each calls the
 * gate.
 */
export function openRouter(gate: Gate, sync: SyncSource): AnyTRPCRouter {
  const t = initTRPC.context<TrpcContext>().create({
    isDev: false,
    sse: { ping: { enabled: true, intervalMs: PING_MS }, client: { reconnectAfterInactivityMs: 3 * PING_MS } },
    errorFormatter: ({ shape, error, ctx }) => {
      const problem = problemOf(error, ctx?.request_id)
      return { ...shape, message: problem.title, data: { ...shape.data, httpStatus: problem.status, problem } }
    },
  })

  async function call(name: OperationName, input: unknown, context: TrpcContext): Promise<unknown> {
    const { credentials, client, request_id } = context
    try {
      const fields = pagedInput(operationOf(name), input ?? {})
      const call = { name, input: fields, credentials, client, transport: 'trpc', request_id } as const
      return (await gate.call(call)).data
    } catch (error) {
      throw error instanceof AppError ? toTrpcError(error, request_id) : error
    }
  }

  const groups = Object.fromEntries(
    Object.entries(contract).map(([group, verbs]) => [
      group,
      t.router(
        Object.fromEntries(
          Object.entries<Operation>(verbs).flatMap(([verb, operation]) => {
            if (operation.http_only || operation.socket_only) return []
            // Cast: a name built from two keys of the contract.
            const name = `${group}.${verb}` as OperationName
            const procedure = t.procedure.input(z.unknown())
            const resolve = ({ input, ctx }: { input: unknown; ctx: TrpcContext }) => call(name, input, ctx)
            return [[verb, operation.method === 'GET' ? procedure.query(resolve) : procedure.mutation(resolve)]]
          }),
        ),
      ),
    ]),
  )
  const follow = t.procedure.input(z.unknown()).subscription(async function* ({
    input,
    ctx: { opening, client, request_id },
    signal,
  }) {
    try {
      const identity = await gate.admit(opening, client)
      client.user_id = identity.user_id
      const parsed = FollowInput.safeParse(input ?? {}, PARSING)
      if (!parsed.success) throw new AppError('validation_failed', { errors: fieldErrors(parsed.error) })
      const { cursor, lastEventId } = parsed.data
      const followed = sync.follow(identity, lastEventId ?? cursor ?? null, signal ?? new AbortController().signal)
      for await (const each of followed) yield tracked(each.cursor, each)
    } catch (error) {
      throw toTrpcError(gate.toAppError(error, 'sync.follow', request_id), request_id)
    }
  })
  return t.router({ ...groups, sync: t.router({ follow }) })
}

const cursor = z.string().min(1).max(200).nullish()
const FollowInput = z.object({ cursor, lastEventId: cursor })

/** Carries an AppError inside an error of tRPC. */
export class ProblemCause extends Error {
  readonly error: AppError
  readonly request_id: string
  constructor(error: AppError, request_id: string) {
    super(error.message)
    this.error = error
    this.request_id = request_id
  }
}

/** The codes of tRPC by status; it has none for other statuses. */
const CODES: Readonly<Partial<Record<number, TRPCError['code']>>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}

/** The status itself is set by `errorMeta`. */
function toTrpcError(error: AppError, request_id: string): TRPCError {
  const code = CODES[error.status] ?? (error.status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
  return new TRPCError({ code, message: error.message, cause: new ProblemCause(error, request_id) })
}

/** The AppError of an error of tRPC. tRPC's own errors (unknown path, wrong batch) get one by code; their texts are not sent. */
function causeOf({ cause, code }: TRPCError, request_id = ''): ProblemCause {
  if (cause instanceof ProblemCause) return cause
  const ours = OURS[code] ?? 'malformed'
  return new ProblemCause(new AppError(ours), request_id)
}

const OURS: Readonly<Partial<Record<TRPCError['code'], ErrorCode>>> = {
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
  PAYLOAD_TOO_LARGE: 'too_large',
  INTERNAL_SERVER_ERROR: 'internal',
}

function problemOf(error: TRPCError, of_request?: string): Problem {
  const { error: ours, request_id } = causeOf(error, of_request)
  return toProblem(ours, request_id)
}

/** Status and headers of an answer with one error. A batch keeps those of tRPC. */
function errorMeta(errors: readonly TRPCError[]): { status?: number; headers?: Record<string, string> } {
  const [only] = errors
  if (!only || errors.length > 1) return {}
  const { error } = causeOf(only)
  return { status: error.status, headers: problemHeaders(error) }
}

/** As `errorMeta`, with the headers of a deprecated operation among those that were called. */
export function openResponseMeta(find: (name: string) => Operation | undefined = findOperation) {
  return ({ paths = [], errors }: { paths: readonly string[] | undefined; errors: readonly TRPCError[] }) => {
    const { status, headers } = errorMeta(errors)
    const deprecations = paths.map(path => deprecationHeaders(find(path) ?? {}))
    const all = new Headers(Object.assign({}, ...deprecations, headers) as Record<string, string>)
    return { ...(status === undefined ? {} : { status }), headers: all }
  }
}
