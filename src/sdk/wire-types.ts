/** The wire types of the client: entities, events, frames, and each operation's input, output and error codes. */
import type { Status } from './generated/entities.ts'
import type { ErrorCode } from './generated/error-codes.ts'
import type { ConversationEvent, EphemeralEvent, EventDataMap, UserEvent } from './generated/events.ts'
import type { ControlFrame } from './generated/frames.ts'
import type { Operations } from './generated/operations.ts'

export type * from './generated/entities.ts'
export type * from './generated/error-codes.ts'
export type * from './generated/events.ts'
export type { ClientFrame } from './generated/frames.ts'
export type { CloseCode } from './generated/limits.ts'
export type { ItemOf, Methods } from './generated/methods.ts'
export type { CommonCode, Operations } from './generated/operations.ts'

/** What a user sets instead of what follows from the connections. */
export type Override = Exclude<Status['presence'], 'online'>

/** `group.verb` of every operation. */
export type OperationName = keyof Operations
export type InputOf<N extends OperationName> = Operations[N]['input']
export type OutputOf<N extends OperationName> = Operations[N]['output']
/** The codes with which a call of the operation may fail. Those that a proxy or this client may give are among them. */
export type CodeOf<N extends OperationName> = Operations[N]['codes'] | ClientCode
/** Codes that this client raises itself, or takes from the status of an answer that is not the server's. */
export type ClientCode = Extract<ErrorCode, 'busy' | 'rate_limited' | 'too_large' | 'unavailable'>
/** The operations that answer a list. */
export type ListName = {
  [N in OperationName]: Operations[N]['output'] extends { next_start: string | null } ? N : never
}[OperationName]

export type EventName = keyof EventDataMap
export type EventData<E extends EventName> = EventDataMap[E]
/** Events that are numbered by a stream and replayed to who was away. */
export type DurableEvent = ConversationEvent | UserEvent

/** A durable event. */
export interface DurableFrame<E extends DurableEvent> {
  type: 'event'
  event: E
  /** The id of the conversation, or of the user, whose stream numbers it. */
  stream: string
  change: number
  data: EventDataMap[E]
  at: string
}

/** An event that may be lost. */
export interface EphemeralFrame<E extends EphemeralEvent> {
  type: 'event'
  event: E
  stream?: undefined
  change?: undefined
  data: EventDataMap[E]
  at: string
}

/** The frame of each event by its name, as listeners get it. */
export type EventMap = { [E in DurableEvent]: DurableFrame<E> } & { [E in EphemeralEvent]: EphemeralFrame<E> }
/** Any event. `event` tells which `data` it has. */
export type EventFrame = EventMap[EventName]
/** What the server may send. */
export type ServerFrame = ControlFrame | EventFrame
