import { expect, test } from 'bun:test'
import type { z } from 'zod'
import * as entities from '../../contracts/entities.ts'
import { ERRORS, type ErrorCode as ContractCode } from '../../contracts/errors.ts'
import type { EventData as ContractData, EventName as ContractEvent } from '../../contracts/events.ts'
import type { DurableEvent as ContractDurable, EphemeralEvent as ContractEphemeral } from '../../contracts/events.ts'
import type { CallInputOf, OperationName as ContractName } from '../../contracts/index.ts'
import type { OperationOf, OutputOf as ContractOutput } from '../../contracts/index.ts'
import type { KnownError } from '../../contracts/kit.ts'
import type * as frames from '../../contracts/socket.ts'
import { refusal } from '../../src/sdk/errors.ts'
import type * as wire from '../../src/sdk/wire-types.ts'

/** An object type written out, so that interfaces, intersections and `Omit` compare by their fields. */
type Flat<T> = T extends Blob | string | number | boolean | null | undefined
  ? T
  : T extends (infer U)[]
    ? Flat<U>[]
    : T extends object
      ? { [K in keyof T]: Flat<T[K]> }
      : T
/** Whether two types are the same, optional fields included. */
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false
/** The keys for which two types are not the same. */
type Differing<A, B extends Record<keyof A, unknown>> = {
  [K in keyof A]: Same<A[K], B[K]> extends true ? never : K
}[keyof A]

/** Does not compile unless nothing differs. */
function nothing<_Differing extends never>(): void {
  return undefined
}

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
  nothing<Differing<Omit<Contract<'input'>, 'uploads.create'>, Generated<'input'>>>()
  nothing<Differing<Contract<'output'>, Generated<'output'>>>()
  nothing<Differing<Contract<'codes'>, Generated<'codes'>>>()
  nothing<Differing<Generated<'codes'>, Contract<'codes'>>>()
  nothing<Differing<ContractEntities, GeneratedEntities>>()
  nothing<Differing<EventsOfContract, wire.EventDataMap>>()
  nothing<Differing<wire.EventDataMap, EventsOfContract>>()
  nothing<Differing<UnionsOfContract, GeneratedUnions>>()
})

test('the client knows the status, the title and the retryability of every error', () => {
  for (const [code, { status, title, retryable }] of Object.entries(ERRORS)) {
    const error = refusal(code as ContractCode)
    expect(error).toMatchObject({ code, status, retryable, problem: { title, detail: title, errors: [] } })
  }
})
