import { HEARTBEAT_MS, MAX_FRAME_BYTES } from './generated/limits.ts'
import { CallQueue } from './call-queue.ts'
import { ParleyError } from './errors.ts'
import type { Answer } from './http.ts'
import type { Streams } from './streams.ts'
import type { TokenKeeper } from './tokens.ts'
import { Wire } from './wire.ts'
import type { OperationName, ServerFrame } from './wire-types.ts'

/** A socket without a `hello` by then is closed. */
const GREETING_MS = 15_000

/** What a connection reports. Events are reported if they follow the stream's position. */
export type Heard = Extract<ServerFrame, { type: 'ready' | 'event' | 'resync' | 'resumed' }>

export interface ConnectionOptions {
  WebSocket: typeof WebSocket
  url: string
  tokens: TokenKeeper
  /** The position in each stream, kept from earlier connections. */
  streams: Streams
  heard: (frame: Heard) => void
  /** Events were missing, and have been requested. */
  asked: () => void
  gone: (code: number) => void
}

/** The protocol on one socket: hello, auth, ready, then calls, events and heartbeats until it closes. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #wire: Wire
  readonly #calls = new CallQueue(text => this.#wire.sendText(text))
  #heartbeat_ms = HEARTBEAT_MS
  #most_bytes = MAX_FRAME_BYTES
  #user_id: string | null = null
  #token: string | null = null

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#wire = new Wire(options.WebSocket, options.url, {
      frame: frame => this.#receive(frame),
      gone: code => {
        this.#calls.lost()
        options.gone(code)
      },
    })
    this.#wire.expect(GREETING_MS)
  }

  /** The token of the last `auth`; null before. */
  get token(): string | null {
    return this.#token
  }

  /** null: another user is signed in on it, or the call does not fit into a frame. */
  call(op: OperationName, input: unknown, user_id: string | null, signal?: AbortSignal): Promise<Answer> | null {
    return this.#user_id === user_id ? this.#calls.call(op, input, this.#most_bytes, signal) : null
  }

  /** Replaces the token on the open socket. Another user needs another socket. */
  reauthenticate(): void {
    const { current } = this.#options.tokens
    if (!current || this.#token === null) return
    if (this.#user_id !== current.user_id) return this.drop()
    this.#token = current.access_token
    this.#wire.send({ type: 'auth', token: current.access_token })
  }

  /** Closes the socket unless the server shows a sign of life soon. */
  probe(): void {
    this.#wire.probe()
  }

  /** Closes the socket as if the network had broken. */
  drop(): void {
    this.#wire.drop()
  }

  /** Closes the socket without reporting `gone`. */
  end(): void {
    this.#wire.end()
    this.#calls.lost()
  }

  #authenticate(): void {
    const { tokens, streams } = this.#options
    if (!tokens.current) return
    const { user_id, access_token: token } = tokens.current
    this.#user_id = user_id
    this.#token = token
    const [first, ...rest] = streams.begin(user_id)
    this.#wire.send({ type: 'auth', token, heads: true, ...(first ? { resume: first } : {}) })
    for (const resume of rest) this.#wire.send({ type: 'resume', ...resume })
  }

  /** Unknown frames are ignored, so that newer servers can send more. */
  #receive(frame: ServerFrame): void {
    const { streams, heard } = this.#options
    if (frame.type === 'hello') {
      this.#heartbeat_ms = frame.heartbeat_ms ?? HEARTBEAT_MS
      this.#most_bytes = frame.max_frame_bytes ?? MAX_FRAME_BYTES
    }
    this.#wire.expect(2 * this.#heartbeat_ms)
    switch (frame.type) {
      case 'hello':
        return this.#authenticate()
      case 'ready':
        streams.ready(frame)
        return heard(frame)
      case 'ping':
        return this.#wire.send({ type: 'pong' })
      case 'result':
        return this.#calls.settle(frame.id, call => call.resolve({ status: frame.status, data: frame.data }))
      case 'error':
        return this.#calls.settle(frame.id, call => call.reject(new ParleyError(frame.error)))
      case 'event': {
        const taken = streams.take(frame)
        if (taken === 'next') heard(frame)
        else if (taken !== 'drop') {
          this.#wire.send({ type: 'resume', ...taken })
          this.#options.asked()
        }
        return
      }
      case 'resync':
        streams.resync(frame.stream, frame.change)
        return heard(frame)
      case 'resumed':
        streams.resumed()
        return heard(frame)
      case 'pong':
        return
    }
  }
}
