import { Connection, type Heard } from './connection.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, askedToWait } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore, reactionTo, type Reaction } from './policy.ts'
import { Streams } from './streams.ts'
import type { TokenKeeper } from './tokens.ts'
import type { EventFrame, OperationName, ServerFrame } from './wire-types.ts'

export type LiveState = 'connecting' | 'ready' | 'waiting' | 'closed'
export type Ready = Extract<ServerFrame, { type: 'ready' }>

export interface LiveEvents {
  /** Each durable event once, in the order of its stream. Events without `change` as they come. */
  event: EventFrame
  /** The stream cannot be replayed: fetch its state again; it is then at `change` or later. */
  resync: { stream: string; change: number }
  /** A replay has ended: fetch again what has no `change`, such as receipts. */
  resumed: null
  ready: Ready
  state: LiveState
  /** The connection has ended for good. The reason is also what `open` rejects with. */
  closed: ConnectionLost
}

export interface LiveOptions {
  url: string
  WebSocket: typeof WebSocket | undefined
  tokens: TokenKeeper
  random: () => number
}

/**
 * A connection that reconnects and resumes. States: `closed` at first; `connecting` (socket, hello, auth); `ready`; after the
 * socket has closed `waiting` with backoff, then `connecting` again. It is `closed` after `close()` and after a close code or
 * an error that forbids reconnecting.
 */
export class Live extends Emitter<LiveEvents> {
  readonly #options: LiveOptions
  readonly #streams = new Streams()
  #connection: Connection | null = null
  #state: LiveState = 'closed'
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Incremented by each `open` and `close`; results that belong to an earlier run are ignored. */
  #run = 0
  #latest: Ready | null = null
  /** Settles with the next `ready`; null while closed. */
  #next: Deferred<Ready> | null = null
  #stopTokens: () => void = () => undefined

  constructor(options: LiveOptions) {
    super()
    this.#options = options
  }

  get state(): LiveState {
    return this.#state
  }

  /** The position of this connection in each stream. */
  get positions(): ReadonlyMap<string, number> {
    return this.#streams.positions
  }

  /** Connects, and stays connected until `close`. Resolves with the latest `ready` of the signed-in user, or the next one. */
  open(): Promise<Ready> {
    const { tokens } = this.#options
    if (this.#next) {
      const latest = this.#latest?.user.id === tokens.current?.user_id ? this.#latest : null
      return latest ? Promise.resolve(latest) : this.#next.promise
    }
    const next = awaited()
    this.#next = next
    const stopChange = tokens.onChange(now =>
      now ? this.#connection?.reauthenticate() : this.#end('nobody is signed in'),
    )
    const stopRenewal = tokens.keepFresh()
    this.#stopTokens = () => {
      stopChange()
      stopRenewal()
    }
    void this.#connect()
    return next.promise
  }

  close(): void {
    this.#end('closed')
  }

  /** Closes the present socket as if the network had broken; the connection then reconnects and resumes. */
  drop(): void {
    this.#connection?.drop()
  }

  /** Sets the position in a stream after a snapshot: events up to `change` are dropped. Never goes back. */
  track(stream: string, change: number): void {
    this.#streams.track(stream, change)
  }

  forget(stream: string): void {
    this.#streams.forget(stream)
  }

  /**
   * Makes a call of this user over the socket; null if that is not possible now. Rejects with `ConnectionLost` if the socket
   * closes before the answer.
   */
  call(op: OperationName, input: unknown, user_id: string | null): Promise<Answer> | null {
    return this.#state === 'ready' && this.#connection ? this.#connection.call(op, input, user_id) : null
  }

  async #connect(): Promise<void> {
    const run = this.#run
    this.#become('connecting')
    const { tokens, url, WebSocket } = this.#options
    if (!WebSocket) return this.#end('this platform has no WebSocket: give its constructor as an option')
    try {
      await tokens.fresh()
    } catch (error) {
      if (this.#run === run) this.#later('retry', askedToWait(error))
      return
    }
    if (this.#run !== run) return
    if (!tokens.current) return this.#end('nobody is signed in')
    try {
      this.#connection = new Connection({
        WebSocket,
        url: `${url.replace(/^http/, 'ws')}/ws`,
        tokens,
        streams: this.#streams,
        heard: frame => this.#hear(frame),
        gone: code => this.#lost(code),
      })
    } catch (error) {
      // The platform does not know the scheme, or refuses `ws:` on a page loaded by https. Every attempt would fail.
      this.#end(`no socket can be opened to ${url}: ${String(error)}`)
    }
  }

  #hear(frame: Heard): void {
    switch (frame.type) {
      case 'ready':
        return this.#enter(frame)
      case 'event':
        return this.emit('event', frame)
      case 'resync':
        return this.emit('resync', { stream: frame.stream, change: frame.change })
      case 'resumed':
        return this.emit('resumed', null)
    }
  }

  #enter(frame: Ready): void {
    this.#attempt = 0
    this.#latest = frame
    this.#next?.resolve(frame)
    this.#next = awaited()
    this.#become('ready')
    this.emit('ready', frame)
  }

  #lost(code: number): void {
    const token = this.#connection?.token ?? this.#options.tokens.current?.access_token
    this.#connection = null
    const reaction = reactionTo(code)
    if (reaction === 'stop') this.#end(`the server closed the socket: ${code}`)
    else if (reaction === 'refresh' && token !== undefined) void this.#renewThenRetry(token)
    else this.#later(reaction)
  }

  async #renewThenRetry(token: string): Promise<void> {
    const run = this.#run
    this.#become('waiting')
    // If the session has ended, the listener on `tokens` closes this connection.
    const least_ms = await this.#options.tokens.renew(token).then(() => 0, askedToWait)
    if (this.#run === run) this.#later('refresh', least_ms)
  }

  #later(reaction: Reaction, least_ms = 0): void {
    this.#become('waiting')
    const wait = Math.max(least_ms, delayBefore(this.#attempt, reaction, this.#options.random))
    this.#retry = setTimeout(() => void this.#connect(), wait)
    this.#attempt += 1
  }

  #end(reason: string): void {
    if (!this.#next) return
    const why = new ConnectionLost(reason)
    this.#next.reject(why)
    this.#next = null
    this.#latest = null
    this.#run += 1
    this.#stopTokens()
    clearTimeout(this.#retry)
    this.#connection?.end()
    this.#connection = null
    this.#become('closed')
    this.emit('closed', why)
  }

  #become(state: LiveState): void {
    if (this.#state === state) return
    this.#state = state
    this.emit('state', state)
  }
}

/** For promises that nobody awaits: `state` and `closed` report the failure. */
function awaited(): Deferred<Ready> {
  const next = deferred<Ready>()
  next.promise.catch(() => undefined)
  return next
}
