import type { LiveStatus } from './status.ts'
import type { EventData, EventFrame, EventName, ServerFrame } from './wire-types.ts'

export type Ready = Extract<ServerFrame, { type: 'ready' }>
type FrameOf<E extends EventName> = EventFrame & { event: E; data: EventData<E> }

/** Each event also comes by its name: `live.on('message.created', ({ data }) => …)`. */
export type LiveEvents = { [E in EventName]: FrameOf<E> } & {
  /** Each durable event once, in the order of its stream. Events without `change` as they come. */
  event: EventFrame
  /** The stream cannot be replayed: fetch its state again; it is then at `change` or later. */
  resync: { stream: string; change: number }
  /** A replay has ended: fetch again what has no `change`, such as receipts. */
  resumed: null
  ready: Ready
  status: LiveStatus
  /** The connection has ended for good. The reason is also what `open` rejects with. */
  closed: Error
}
