import type { CloseCode } from '../../contracts/socket.ts'
import { CLOSE_CODES } from '../../contracts/socket.ts'
import type { Client } from '../context.ts'
import type { Position, Replays } from './replay.ts'
import type { Identity } from '../domain/identity.ts'

/** The part of Bun's `ServerWebSocket` that a connection uses. */
export interface Peer {
  send(text: string, compress: false): unknown
  close(code: number, reason: string): void
  /** From now on receives what is published to the topic. */
  subscribe(topic: string): unknown
  unsubscribe(topic: string): unknown
  /** What is sent inside `work`, and what was published to the socket's topics before, leaves in one write. */
  cork(work: () => void): unknown
  /** Bytes that were sent and have not left yet. */
  getBufferedAmount(): number
}

/** One socket. Kept small, because there may be many idle ones. */
export class Connection {
  readonly client: Client
  /** The session that it was opened with, until it is signed in; null where an `auth` frame is to come. */
  opening: Identity | null
  identity: Identity | null = null
  /** Ends that it counts as one of the user's connections (`ConnectionLimit`); null: it does not count. */
  release: (() => void) | null = null
  /** Whether `ready` has been sent, so that events may follow. */
  ready = false
  /** Set from `open` to `close`. */
  socket: Peer | null = null
  /** This and the next two are milliseconds of a monotonic clock. */
  readonly opened_at: number
  /** When the last frame came. */
  heard_at: number
  pinged_at: number
  /** The session has ended. Closes when the present call is answered, at most a second later. */
  ending = false
  /** Frames that wait for their turn, the present one first; null if there are none. */
  queue: (() => Promise<void>)[] | null = null
  /** The conversation whose receipts its session asked for last, and when. */
  watched: { conversation_id: string; at: number } | null = null
  /** The running replays; null if there are none. */
  replays: Replays | null = null
  /** Conversations that become live only after the replay of the user stream. */
  joined: Map<string, Position> | null = null
  /** Resolves when what was sent has left; null if nothing waits for it. */
  drained: PromiseWithResolvers<void> | null = null

  constructor(client: Client, opening: Identity | null, now: number) {
    this.client = client
    this.opening = opening
    this.opened_at = now
    this.heard_at = now
    this.pinged_at = now
  }

  get open(): boolean {
    return this.socket !== null
  }

  /** Bytes that the peer has not taken yet. */
  get unsent(): number {
    return this.socket?.getBufferedAmount() ?? 0
  }

  send(text: string): void {
    const { socket } = this
    socket?.cork(() => void socket.send(text, false))
  }

  close(code: CloseCode): void {
    const { socket } = this
    this.socket = null
    this.wake()
    socket?.close(code, CLOSE_CODES[code].reason)
  }

  /** Waits until at most `most` bytes are unsent, or the socket is closed. */
  async settled(most: number): Promise<void> {
    while (this.unsent > most) {
      this.drained ??= Promise.withResolvers<void>()
      await this.drained.promise
    }
  }

  wake(): void {
    this.drained?.resolve()
    this.drained = null
  }
}
