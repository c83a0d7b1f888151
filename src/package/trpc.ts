/**
 * `parley-client/trpc`: the type of the server's tRPC router, for `createTRPCClient<AppRouter>`. Types only: it needs the
 * project's own `@trpc/server` and `@trpc/client`, and nothing of the server.
 */
import type {
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server'
import type { ProcedureKinds } from '../sdk/generated/procedures.ts'
import type { EventFrame, InputOf, OperationName, OutputOf, Problem } from '../sdk/wire-types.ts'

/** What is the same in all procedures. */
interface Root {
  ctx: object
  meta: object
  errorShape: {
    message: string
    code: number
    data: { code: string; httpStatus: number; path?: string; problem: Problem }
  }
  transformer: false
}

/** The `next_start` of the page before, as infinite queries give it. It takes the place of `start`. */
interface Cursor {
  cursor?: string | null | undefined
}

/** A call without fields, or without ones that are required, needs no input. */
type Argument<T> = string extends keyof T ? T | undefined : Partial<T> extends T ? T | undefined : T

type QueryArgument<T> = 'start' extends keyof T ? Argument<T & Cursor> : Argument<T>

type Procedure<N extends OperationName, Kind> = Kind extends 'query'
  ? TRPCQueryProcedure<{ meta: object; input: QueryArgument<InputOf<N>>; output: OutputOf<N> }>
  : TRPCMutationProcedure<{ meta: object; input: Argument<InputOf<N>>; output: OutputOf<N> }>

/**
 * One step of `sync.follow`. Following again from `cursor` repeats what came after it and misses nothing. A frame of type
 * `cursor` only marks the position at which the subscription has begun.
 */
export interface Followed {
  cursor: string
  frame: EventFrame | { type: 'resync'; stream: string; change: number } | { type: 'cursor' }
}

type Sync = {
  sync: {
    follow: TRPCSubscriptionProcedure<{
      meta: object
      input: { cursor?: string | null; lastEventId?: string | null } | undefined
      output: AsyncIterable<{ id: string; data: Followed }>
    }>
  }
}

type Procedures = {
  [G in keyof ProcedureKinds]: {
    [V in keyof ProcedureKinds[G]]: `${G & string}.${V & string}` extends infer N extends OperationName
      ? Procedure<N, ProcedureKinds[G][V]>
      : never
  }
}

export type AppRouter = TRPCBuiltRouter<Root, Procedures & Sync>
