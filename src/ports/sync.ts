import type { EventFrame } from '../../contracts/socket.ts'
import type { Identity } from '../domain/identity.ts'

/** Missed events for clients without a socket: `GET /sync` and the tRPC subscription over SSE. */
export interface SyncSource {
  /** Without a cursor: the present head, and no events. */
  page(identity: Identity, cursor: string | null): Promise<SyncPage>
  /** Continues until the signal aborts or the session ends. Events may repeat; none is missing. */
  follow(identity: Identity, cursor: string | null, signal: AbortSignal): AsyncIterable<Followed>
}

export interface SyncPage {
  events: EventFrame[]
  /** Streams that cannot be replayed whole: fetch them again; they are then at `change` or later. */
  resync: { stream: string; change: number }[]
  cursor: string
  has_more: boolean
}

/**
 * One step of a subscription. Following again from `cursor` repeats what came after it and misses nothing. A frame of type
 * `cursor` only marks the position at which the subscription has begun.
 */
export interface Followed {
  cursor: string
  frame: EventFrame | { type: 'resync'; stream: string; change: number } | { type: 'cursor' }
}
