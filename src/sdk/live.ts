import type { OperationName } from '../../contracts/index.ts'
import type { EventFrame, ServerFrame } from '../../contracts/socket.ts'
import { Connection, type Heard } from './connection.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, askedToWait } from './errors.ts'
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
  /** It has ended, and why: what `open` rejects with. */
  closed: ConnectionLost
}

export interface LiveOptions {
  url: string
  WebSocket: typeof WebSocket | undefined
  tokens: TokenKeeper
  random: () => number
}

/**
 * A connection that stays. It goes from `connecting` to `ready` (hello, auth, ready), and when the socket closes to `waiting`
 * and back to `connecting`, with backoff; `closed` is where it begins, and ends when it was told to or cannot go on.
 */
export class Live extends Emitter<LiveEvents> {
  readonly #options: LiveOptions
  readonly #streams = new Streams()
  #connection: Connection | null = null
  #state: LiveState = 'closed'
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Counts from `open` to `close`: what was awaited for an earlier run comes too late. */
  #run = 0
  #latest: Ready | null = null
  /** Settled with the next `ready`; null while closed. */
  #next: Deferred<Ready> | null = null
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

  /** Connects, and goes on for ever until `close`. Resolves with the latest `ready` of who is signed in, or the next one. */
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

  /** Ends the present socket as a broken network would; the connection then heals itself. */
  drop(): void {
    this.#connection?.drop()
  }

  /** Says what is known of a stream, from a snapshot: events up to `change` are dropped. Never goes back. */
  track(stream: string, change: number): void {
    this.#streams.track(stream, change)
  }

  forget(stream: string): void {
    this.#streams.forget(stream)
  }

  /**
   * A call of this user over the socket; null where it cannot carry it now. Rejects with `ConnectionLost` if no answer can
   * come any more.
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
      // A scheme that the platform does not know, or `ws:` from a page of `https:`: no attempt will ever do better.
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
    // Where the session has ended, the tokens say so to their listeners, and that ends this.
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

/** Whoever does not wait for it learns from `state` and `closed`. */
function awaited(): Deferred<Ready> {
  const next = deferred<Ready>()
  next.promise.catch(() => undefined)
  return next
}
