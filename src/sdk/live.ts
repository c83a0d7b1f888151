import type { Problem } from '../../contracts/errors.ts'
import type { OperationName } from '../../contracts/index.ts'
import { HEARTBEAT_MS, MAX_FRAME_BYTES } from '../../contracts/socket.ts'
import type { ClientFrame, EventFrame, ServerFrame } from '../../contracts/socket.ts'
import { CallQueue } from './call-queue.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, ParleyError } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore, reactionTo, type Reaction } from './policy.ts'
import { Streams } from './streams.ts'
import type { TokenKeeper } from './tokens.ts'

export type LiveState = 'connecting' | 'ready' | 'waiting' | 'closed'
export type Ready = Extract<ServerFrame, { type: 'ready' }>

export interface LiveEvents {
  /** Each durable event once and in the order of its stream; those without `change` as they come. */
  event: EventFrame
  /** The stream cannot be replayed: fetch it anew, up to `change`. */
  resync: { stream: string; change: number }
  /** A replay has ended: what has no `change` (presence, receipts) is fetched again now. */
  resumed: null
  ready: Ready
  state: LiveState
}

export interface LiveOptions {
  url: string
  WebSocket: typeof WebSocket | undefined
  tokens: TokenKeeper
  random: () => number
}

/** A socket that is not greeted by then is given up. */
const GREETING_MS = 15_000

/**
 * A connection that stays. It goes from `connecting` to `ready` (hello, auth, ready), and when the socket closes to `waiting`
 * and back to `connecting`, with backoff; `closed` is where it begins, and ends when it was told to or cannot go on.
 */
export class Live extends Emitter<LiveEvents> {
  readonly #options: LiveOptions
  readonly #streams = new Streams()
  readonly #calls = new CallQueue(text => this.#socket?.send(text))
  #socket: WebSocket | null = null
  #state: LiveState = 'closed'
  #attempt = 0
  #heartbeat_ms = HEARTBEAT_MS
  #most_bytes = MAX_FRAME_BYTES
  /** What the present socket was last signed in with; null before. */
  #token: string | null = null
  #user_id: string | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  /** Settled with the first `ready`; null while closed. */
  #first: Deferred<Ready> | null = null
  #stopTokens: () => void = () => undefined

  constructor(options: LiveOptions) {
    super()
    this.#options = options
  }

  get state(): LiveState {
    return this.#state
  }

  /** What this connection has of each stream. */
  get positions(): ReadonlyMap<string, number> {
    return this.#streams.positions
  }

  /** Resolves with the first `ready`; goes on for ever after that, until `close`. */
  open(): Promise<Ready> {
    if (this.#first) return this.#first.promise
    const first = deferred<Ready>()
    // Whoever does not wait for it learns from `state`.
    first.promise.catch(() => undefined)
    this.#first = first
    const { tokens } = this.#options
    const stopChange = tokens.onChange(next => (next ? this.#reauthenticate() : this.#end('nobody is signed in')))
    const stopRenewal = tokens.keepFresh()
    this.#stopTokens = () => {
      stopChange()
      stopRenewal()
    }
    void this.#connect(first)
    return first.promise
  }

  close(): void {
    this.#end('closed')
  }

  /** Ends the present socket as a broken network would; the connection then heals itself. */
  drop(): void {
    if (!this.#socket) return
    this.#socket.close(1000)
    this.#closed(1006)
  }

  /** Says what is known of a stream, from a snapshot: events up to `change` are dropped. Never goes back. */
  track(stream: string, change: number): void {
    this.#streams.track(stream, change)
  }

  forget(stream: string): void {
    this.#streams.forget(stream)
  }

  /** A call over the socket; null where it cannot carry it now. Rejects with `ConnectionLost` if no answer can come any more. */
  call(op: OperationName, input: unknown): Promise<Answer> | null {
    return this.#state === 'ready' ? this.#calls.call(op, input, this.#most_bytes) : null
  }

  async #connect(first: Deferred<Ready>): Promise<void> {
    this.#become('connecting')
    const { tokens, url, WebSocket: Socket } = this.#options
    if (!Socket) return this.#end('this platform has no WebSocket: give its constructor as an option')
    let token: string | null
    try {
      token = await tokens.fresh()
    } catch {
      return this.#later('retry')
    }
    if (this.#first !== first) return
    if (token === null) return this.#end('nobody is signed in')
    const socket = new Socket(`${url.replace(/^http/, 'ws')}/ws`)
    this.#socket = socket
    this.#expect(GREETING_MS)
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(String(data))
    }
    socket.onerror = () => undefined
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#closed(code)
    }
  }

  #receive(text: string): void {
    // The server's own frames; what this client does not know is ignored, so that newer servers can say more.
    const frame = JSON.parse(text) as ServerFrame
    if (frame.type === 'hello') {
      this.#heartbeat_ms = frame.heartbeat_ms ?? HEARTBEAT_MS
      this.#most_bytes = frame.max_frame_bytes ?? MAX_FRAME_BYTES
    }
    this.#expect(2 * this.#heartbeat_ms)
    switch (frame.type) {
      case 'hello':
        return this.#authenticate()
      case 'ready':
        return this.#enter(frame)
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'result':
        return this.#calls.settle(frame.id, pending => pending.resolve({ status: frame.status, data: frame.data }))
      case 'error':
        return this.#calls.settle(frame.id, pending => pending.reject(new ParleyError(frame.error as Problem)))
      case 'event': {
        const taken = this.#streams.take(frame)
        if (taken === 'next') this.emit('event', frame)
        else if (taken !== 'drop') this.#send({ type: 'resume', ...taken })
        return
      }
      case 'resync':
        this.#streams.resync(frame.stream, frame.change)
        return this.emit('resync', { stream: frame.stream, change: frame.change })
      case 'resumed':
        this.#streams.resumed()
        return this.emit('resumed', null)
      case 'pong':
        return
    }
  }

  #authenticate(): void {
    const { current } = this.#options.tokens
    if (!current) return
    if (this.#user_id !== current.user_id) this.#streams.clear()
    this.#user_id = current.user_id
    this.#token = current.access_token
    const [first, ...rest] = this.#streams.begin()
    this.#send({ type: 'auth', token: current.access_token, ...(first ? { resume: first } : {}) })
    for (const resume of rest) this.#send({ type: 'resume', ...resume })
  }

  /** The session's new token replaces the old one on the open socket; another user needs another socket. */
  #reauthenticate(): void {
    const { current } = this.#options.tokens
    if (!current || this.#token === null) return
    if (this.#user_id !== current.user_id) return this.drop()
    this.#token = current.access_token
    this.#send({ type: 'auth', token: current.access_token })
  }

  #enter(frame: Ready): void {
    this.#attempt = 0
    this.#streams.ready(frame.epoch, frame.user.id, frame.change)
    this.#become('ready')
    this.emit('ready', frame)
    this.#first?.resolve(frame)
  }

  #closed(code: number): void {
    const token = this.#token ?? this.#options.tokens.current?.access_token
    this.#lost()
    const reaction = reactionTo(code)
    if (reaction === 'stop') this.#end(`the server closed the socket: ${code}`)
    else if (reaction === 'refresh' && token !== undefined) void this.#renewThenRetry(token)
    else this.#later(reaction)
  }

  async #renewThenRetry(token: string): Promise<void> {
    this.#become('waiting')
    const first = this.#first
    // Where the session has ended, the tokens say so to their listeners, and that ends this.
    await this.#options.tokens.renew(token).catch(() => undefined)
    if (first && this.#first === first) this.#later('refresh')
  }

  #later(reaction: Reaction): void {
    const first = this.#first
    if (!first) return
    this.#become('waiting')
    const wait = delayBefore(this.#attempt, reaction, this.#options.random)
    this.#retry = setTimeout(() => void this.#connect(first), wait)
    this.#attempt += 1
  }

  #end(reason: string): void {
    this.#first?.reject(new ConnectionLost(reason))
    this.#first = null
    this.#stopTokens()
    clearTimeout(this.#retry)
    this.#socket?.close(1000)
    this.#lost()
    this.#become('closed')
  }

  /** The socket is gone: calls without an answer stay without one. */
  #lost(): void {
    this.#socket = null
    this.#token = null
    clearTimeout(this.#silence)
    this.#calls.lost()
  }

  /** A socket on which nothing comes for so long is dead, whatever the network says. */
  #expect(within_ms: number): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.drop(), within_ms)
  }

  #become(state: LiveState): void {
    if (this.#state === state) return
    this.#state = state
    this.emit('state', state)
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame))
  }
}
