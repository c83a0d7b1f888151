import { TRPCError, initTRPC, tracked } from '@trpc/server'
import type {
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server'
import { z } from 'zod'
import { AppError, toProblem, type Problem } from '../../../contracts/errors.ts'
import { contract, type Contract, type OperationName } from '../../../contracts/index.ts'
import type { CallInput, Operation, Output } from '../../../contracts/kit.ts'
import type { Caller, Client } from '../../context.ts'
import type { Dispatch } from '../../dispatch.ts'
import type { Followed, SyncSource } from '../../realtime/sync-source.ts'

/** Calls that one HTTP request may batch. */
export const MOST_BATCHED = 10
/** A quiet subscription is pinged, so that nothing between takes it for dead. */
const PING_MS = 10_000

export interface TrpcContext {
  token: string | null
  client: Client
}

const CODES: Readonly<Record<number, TRPCError['code']>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}

/** The router, a loop over the contract: GET is a query, everything else a mutation, and each is a call of `dispatch`. */
export function openRouter(dispatch: Dispatch, sync: SyncSource): Router {
  const t = initTRPC.context<TrpcContext>().create({
    isDev: false,
    sse: { ping: { enabled: true, intervalMs: PING_MS }, client: { reconnectAfterInactivityMs: 3 * PING_MS } },
    errorFormatter: ({ shape, error }) => {
      const { message, problem } = problemOf(error)
      return { ...shape, message, data: { ...shape.data, problem } }
    },
  })

  async function call(name: OperationName, input: unknown, { token, client }: TrpcContext): Promise<unknown> {
    const request_id = Bun.randomUUIDv7()
    const credentials = token === null ? null : { token }
    try {
      return (await dispatch({ name, input: input ?? {}, credentials, client, request_id })).data
    } catch (error) {
      throw error instanceof AppError ? toTrpcError(error, request_id) : error
    }
  }

  const groups = Object.fromEntries(
    Object.entries(contract).map(([group, verbs]) => [
      group,
      t.router(
        Object.fromEntries(
          Object.entries(verbs).map(([verb, operation]: [string, Operation]) => {
            // A name made of the contract's own two keys.
            const name = `${group}.${verb}` as OperationName
            const procedure = t.procedure.input(z.unknown())
            const resolve = ({ input, ctx }: { input: unknown; ctx: TrpcContext }) => call(name, input, ctx)
            return [verb, operation.method === 'GET' ? procedure.query(resolve) : procedure.mutation(resolve)]
          }),
        ),
      ),
    ]),
  )
  const follow = t.procedure.input(z.unknown()).subscription(async function* ({ input, ctx, signal }) {
    const caller = await identify(dispatch, ctx)
    const { cursor, lastEventId } = FollowInput.parse(input ?? {})
    const followed = sync.follow(caller, lastEventId ?? cursor ?? null, signal ?? new AbortController().signal)
    for await (const each of followed) yield tracked(each.cursor, each)
  })
  // The loop makes what the mapped type says: `group.verb` with the contract's input and output.
  return t.router({ ...groups, sync: t.router({ follow }) }) as unknown as Router
}

const FollowInput = z.object({ cursor: z.string().max(200).nullish(), lastEventId: z.string().max(200).nullish() })

async function identify(dispatch: Dispatch, { token }: TrpcContext): Promise<Caller> {
  try {
    return await dispatch.identify(token === null ? null : { token })
  } catch (error) {
    throw error instanceof AppError ? toTrpcError(error, Bun.randomUUIDv7()) : error
  }
}

/** Carries the problem to the formatter. */
class ProblemCause extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

function toTrpcError(error: AppError, request_id: string): TRPCError {
  const problem = toProblem(error, request_id)
  return new TRPCError({
    code: CODES[problem.status] ?? 'INTERNAL_SERVER_ERROR',
    message: problem.title,
    cause: new ProblemCause(problem),
  })
}

/** Errors of tRPC itself (unknown path, wrong batch) become problems too; texts of unexpected ones never leave. */
function problemOf({ cause, code }: TRPCError): { message: string; problem: Problem } {
  if (cause instanceof ProblemCause) return { message: cause.problem.title, problem: cause.problem }
  const known = {
    NOT_FOUND: 'not_found',
    METHOD_NOT_SUPPORTED: 'method_not_allowed',
    INTERNAL_SERVER_ERROR: 'internal',
  } as const
  const ours = Object.entries(known).find(([key]) => key === code)?.[1] ?? 'malformed'
  const problem = toProblem(new AppError(ours), Bun.randomUUIDv7())
  return { message: problem.title, problem }
}

interface Root {
  ctx: TrpcContext
  meta: object
  errorShape: { message: string; code: number; data: { code: string; httpStatus: number; problem: Problem } }
  transformer: false
}

type Procedure<O extends Operation> = O['method'] extends 'GET'
  ? TRPCQueryProcedure<{ meta: object; input: CallInput<O>; output: Output<O> }>
  : TRPCMutationProcedure<{ meta: object; input: CallInput<O>; output: Output<O> }>

export type Router = TRPCBuiltRouter<
  Root,
  {
    [G in keyof Contract]: {
      [V in keyof Contract[G]]: Contract[G][V] extends Operation ? Procedure<Contract[G][V]> : never
    }
  } & {
    sync: {
      follow: TRPCSubscriptionProcedure<{
        meta: object
        input: { cursor?: string | null; lastEventId?: string | null } | undefined
        output: AsyncIterable<{ id: string; data: Followed }>
      }>
    }
  }
>
