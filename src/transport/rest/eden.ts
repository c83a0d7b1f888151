/** The type of the REST routes, computed from the contract, so that Eden's `treaty<App>` is typed end to end. */
import type { z } from 'zod'
import type { Contract } from '../../../contracts/index.ts'
import type { FieldsIn, KnownError, Operation, Output } from '../../../contracts/kit.ts'
import type { ERRORS, ErrorCode, Problem } from '../../../contracts/errors.ts'

type AnyOperation = { [G in keyof Contract]: Contract[G][keyof Contract[G]] }[keyof Contract]

/** `/users/{user_id}` → `/users/:user_id`, the notation of Elysia. */
type Spelled<P extends string> = P extends `${infer A}{${infer N}}${infer B}` ? `${A}:${N}${Spelled<B>}` : P

type PathName<P extends string> = P extends `${string}{${infer N}}${infer B}` ? N | PathName<B> : never

type FieldsOf<O extends Operation> = Omit<z.input<O['input']>, PathName<O['path']>>

type StatusOf<C extends ErrorCode> = (typeof ERRORS)[C]['status']

type Body<O extends Operation> = O extends { body: 'multipart' }
  ? FieldsOf<O> & { file: File }
  : FieldsIn<O> extends 'body'
    ? FieldsOf<O>
    : unknown

interface Leaf<O extends Operation> {
  body: Body<O>
  params: { [N in PathName<O['path']>]: string }
  query: FieldsIn<O> extends 'query' ? FieldsOf<O> : unknown
  headers: unknown
  response: { [S in O['status'][number]]: Output<O> } & { [S in StatusOf<KnownError<O>>]: Problem }
}

/** A path's segments as nested keys, the method last: the tree that Eden reads. */
type Tree<P extends string, M extends string, L> = P extends `/${infer Rest}`
  ? Tree<Rest, M, L>
  : P extends `${infer Head}/${infer Rest}`
    ? { [K in Head]: Tree<Rest, M, L> }
    : { [K in P]: { [V in Lowercase<M>]: L } }

type Merged<U> = (U extends unknown ? (part: U) => void : never) extends (part: infer I) => void ? I : never

type Trees = {
  [O in Exclude<AnyOperation, { socket_only: true }> as `${O['method']} ${O['path']}`]: Tree<
    Spelled<O['path']>,
    O['method'],
    Leaf<O>
  >
}

export type Routes = Merged<Trees[keyof Trees]>
