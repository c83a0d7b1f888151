import { expect, expectTypeOf, test } from 'bun:test'
import type { z } from 'zod'
import type * as entities from '../../contracts/entities.ts'
import { ERRORS, type ErrorCode as ContractCode } from '../../contracts/errors.ts'
import type { EventData as ContractData, EventName as ContractEvent } from '../../contracts/events.ts'
import type { DurableEvent as ContractDurable, EphemeralEvent as ContractEphemeral } from '../../contracts/events.ts'
import type { CallInputOf, OperationName as ContractName } from '../../contracts/index.ts'
import type { OperationOf, OutputOf as ContractOutput } from '../../contracts/index.ts'
import type { KnownError } from '../../contracts/kit.ts'
import type * as frames from '../../contracts/socket.ts'
import { refusal } from '../../src/sdk/errors.ts'
import type { LiveEvents } from '../../src/sdk/live-events.ts'
import type * as wire from '../../src/sdk/wire-types.ts'

/** The names of the fields that may be left out. */
type Optional<T> = { [K in keyof T]-?: T extends Record<K, unknown> ? never : K }[keyof T]
/** An object type with what a caller may leave out named, because an absent field is assignable to an optional one. */
type Marked<T> = T extends Blob | string | number | boolean | null | undefined
  ? T
  : T extends (infer U)[]
    ? Marked<U>[]
    : T extends object
      ? { fields: { [K in keyof T]-?: Marked<T[K]> }; names: Record<keyof T & string, 1>; optional: [Optional<T>] }
      : T
/** Whether two types are the same, optional fields included. */
type Same<A, B> = [Marked<A>] extends [Marked<B>] ? ([Marked<B>] extends [Marked<A>] ? true : false) : false
/** The keys for which two types are not the same. */
type Differing<A, B extends Record<keyof A, unknown>> = {
  [K in keyof A]: Same<A[K], B[K]> extends true ? never : K
}[keyof A]

type Contract<F extends 'input' | 'output' | 'codes'> = {
  [N in ContractName]: {
    input: CallInputOf<N>
    output: ContractOutput<N>
    codes: KnownError<OperationOf<N>>
  }[F]
}
type Generated<F extends 'input' | 'output' | 'codes'> = { [N in wire.OperationName]: wire.Operations[N][F] }

type Entities = typeof entities
type ContractEntities = { [K in 'User' | 'Message' | 'Conversation' | 'Contact' | 'Member']: z.output<Entities[K]> }
interface GeneratedEntities {
  User: wire.User
  Message: wire.Message
  Conversation: wire.Conversation
  Contact: wire.Contact
  Member: wire.Member
}
type EventsOfContract = { [E in ContractEvent]: ContractData<E> }
interface UnionsOfContract {
  code: ContractCode
  durable: ContractDurable
  ephemeral: ContractEphemeral
  client: frames.ClientFrame
  // The code of a problem is any text there, and the data of an event any object.
  server: Exclude<frames.ServerFrame, { type: 'event' | 'error' }>
  close: frames.CloseCode
}
interface GeneratedUnions {
  code: wire.ErrorCode
  durable: wire.DurableEvent
  ephemeral: wire.EphemeralEvent
  client: wire.ClientFrame
  server: Exclude<wire.ServerFrame, { type: 'event' | 'error' }>
  close: wire.CloseCode
}

test('the generated types are those of the contract, in both directions', () => {
  // The contract's type of this input, nothing and a body, has no values.
  expectTypeOf<Differing<Omit<Contract<'input'>, 'uploads.create'>, Generated<'input'>>>().toBeNever()
  expectTypeOf<Differing<Contract<'output'>, Generated<'output'>>>().toBeNever()
  expectTypeOf<Differing<Contract<'codes'>, Generated<'codes'>>>().toBeNever()
  expectTypeOf<Differing<Generated<'codes'>, Contract<'codes'>>>().toBeNever()
  expectTypeOf<Differing<ContractEntities, GeneratedEntities>>().toBeNever()
  expectTypeOf<Differing<EventsOfContract, wire.EventDataMap>>().toBeNever()
  expectTypeOf<Differing<wire.EventDataMap, EventsOfContract>>().toBeNever()
  expectTypeOf<Differing<UnionsOfContract, GeneratedUnions>>().toBeNever()
})

test('an event is narrowed by its name, and tells whether it is durable', () => {
  const contentOf = (frame: wire.EventFrame) => (frame.event === 'message.created' ? frame.data.content : null)
  expectTypeOf<ReturnType<typeof contentOf>>().toEqualTypeOf<string | null>()
  expectTypeOf<wire.EventMap['message.created']['change']>().toEqualTypeOf<number>()
  expectTypeOf<wire.EventMap['typing.started']['change']>().toEqualTypeOf<undefined>()
  expectTypeOf<LiveEvents['message.created']['data']>().toEqualTypeOf<wire.EventMessage>()
})

test('the client knows the status and the retryability of every error', () => {
  for (const [code, { status, retryable }] of Object.entries(ERRORS))
    expect(refusal(code as ContractCode, { detail: 'why' })).toMatchObject({ code, status, retryable })
})
