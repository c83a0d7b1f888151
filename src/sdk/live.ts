import { CallLimit, isLimit } from './call-limit.ts'
import { watchClock } from './clock.ts'
import { Connection, type Heard } from './connection.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import type { Environment, Sign } from './environment.ts'
import { ConnectionLost, ParleyError, askedToWait, passes, refusal } from './errors.ts'
import type { Answer } from './http.ts'
import type { LiveEvents, Ready } from './live-events.ts'
import { delayBefore, reactionTo, type Reaction } from './policy.ts'
import type { LiveStatus } from './status.ts'
import { Streams } from './streams.ts'
import type { TokenKeeper } from './tokens.ts'
import type { OperationName } from './wire-types.ts'

export interface LiveOptions {
  url: string
  WebSocket: typeof WebSocket | undefined
  tokens: TokenKeeper
  environment: Environment
  now: () => number
  random: () => number
}

/** The close code of a user who calls too often. */
const FLOOD = 4429

/**
 * A connection that reconnects and resumes. Phases: `closed` at first; `connecting` (token, socket, hello, auth); `ready`; after
 * the socket has closed `waiting` with backoff, then `connecting` again; `paused` while the page is hidden. It is `closed`
 * after `close()` and after a close code or an error that forbids reconnecting.
 */
export class Live extends Emitter<LiveEvents> {
  readonly #options: LiveOptions
  readonly #streams = new Streams()
  #connection: Connection | null = null
  #phase: 'connecting' | 'ready' | 'waiting' | 'paused' | 'closed' = 'closed'
  #status: LiveStatus = { state: 'closed', reason: null }
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  /** While `waiting`: the time of the next attempt, and whether the server asked for the wait. */
  #wait = { retry_at: 0, asked: false, limited: false }
  readonly #limit: CallLimit
  /** Incremented by each `open`, `close` and pause; results that belong to an earlier run are ignored. */
  #run = 0
  #latest: Ready | null = null
  /** Settles with the next `ready`; null while closed. */
  #next: Deferred<Ready> | null = null
  #stop: (() => void)[] = []

  constructor(options: LiveOptions) {
    super()
    this.#options = options
    this.#limit = new CallLimit(options.now, () => this.#tell())
  }

  get status(): LiveStatus {
    return this.#status
  }

  /** The position of this connection in each stream. */
  get positions(): ReadonlyMap<string, number> {
    return this.#streams.positions
  }

  /** Connects, and stays connected until `close`. Resolves with the latest `ready` of the signed-in user, or the next one. */
  open(): Promise<Ready> {
    const { tokens, now } = this.#options
    if (this.#next) {
      const latest = this.#latest?.user.id === tokens.current?.user_id ? this.#latest : null
      return latest ? Promise.resolve(latest) : this.#next.promise
    }
    const next = awaited()
    this.#next = next
    this.#stop = [
      tokens.onChange(user => (user ? this.#connection?.reauthenticate() : this.#end(signedOut()))),
      tokens.keepFresh(),
      watchClock(now, () => this.sense('wake')),
    ]
    void this.#connect()
    return next.promise
  }

  close(): void {
    this.#end(null)
  }

  /** Tries again now if it waits, except where the server asked for the wait; asks the server for a sign of life otherwise. */
  retry(): void {
    this.sense('wake')
  }

  /** Closes the present socket as if the network had broken; the connection then reconnects and resumes. */
  drop(): void {
    this.#connection?.drop()
  }

  /** Resumes from the positions of an earlier start; false: it is too late, there are others. To be called before `open`. */
  restore(user_id: string, epoch: string, positions: Iterable<readonly [string, number]>): boolean {
    if (this.#phase !== 'closed' || this.positions.size > 0) return false
    this.#streams.restore(user_id, epoch, positions)
    return true
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
  call(op: OperationName, input: unknown, user_id: string | null, signal?: AbortSignal): Promise<Answer> | null {
    return this.#phase === 'ready' && this.#connection ? this.#connection.call(op, input, user_id, signal) : null
  }

  /** What the client's environment reports. */
  sense(sign: Sign): void {
    const phase = this.#phase
    if (phase === 'closed') return
    if (sign === 'hide') this.#pause()
    else if (phase === 'waiting' || phase === 'paused') {
      const goes = phase === 'paused' ? sign === 'show' || sign === 'wake' : sign !== 'offline' && !this.#wait.asked
      if (goes) {
        this.#attempt = 0
        clearTimeout(this.#retry)
        void this.#connect()
      } else this.#tell()
    } else {
      this.#connection?.probe()
      // Timers stood still while the machine slept. If it fails, the server's refusal leads to another attempt.
      if (sign !== 'offline') this.#options.tokens.fresh().catch(() => undefined)
    }
  }

  /** What a call of this user was answered. If the server refuses all of them for a while, `status` says until when. */
  noteRefusal(error: unknown): void {
    if (this.#phase !== 'closed') this.#limit.note(error)
  }

  async #connect(): Promise<void> {
    const run = this.#run
    this.#enterPhase('connecting')
    const { tokens, url, WebSocket } = this.#options
    if (!WebSocket) return this.#end(new TypeError('this platform has no WebSocket: give its constructor as an option'))
    try {
      await tokens.fresh()
    } catch (error) {
      if (this.#run === run) this.#failed(error)
      return
    }
    if (this.#run !== run) return
    if (!tokens.current) return this.#end(signedOut())
    try {
      this.#connection = new Connection({
        WebSocket,
        url: `${url.replace(/^http/, 'ws')}/ws`,
        tokens,
        streams: this.#streams,
        heard: frame => this.#hear(frame),
        asked: () => this.#tell(),
        gone: code => this.#lost(code),
      })
    } catch (error) {
      // The platform does not know the scheme, or refuses `ws:` on a page loaded by https. Every attempt would fail.
      this.#end(new TypeError(`no socket can be opened to ${url}: ${String(error)}`, { cause: error }))
    }
  }

  #hear(frame: Heard): void {
    switch (frame.type) {
      case 'ready':
        return this.#enter(frame)
      case 'event':
        this.emit('event', frame)
        return this.emit(frame.event, frame)
      case 'resync':
        return this.emit('resync', { stream: frame.stream, change: frame.change })
      case 'resumed':
        this.#tell()
        return this.emit('resumed', null)
    }
  }

  #enter(frame: Ready): void {
    this.#attempt = 0
    this.#latest = frame
    this.#next?.resolve(frame)
    this.#next = awaited()
    this.#enterPhase('ready')
    this.emit('ready', frame)
  }

  #lost(code: number): void {
    const token = this.#connection?.token ?? this.#options.tokens.current?.access_token
    this.#connection = null
    const reaction = reactionTo(code)
    if (reaction === 'stop') this.#end(new ConnectionLost(`the server closed the socket: ${code}`))
    else if (reaction === 'refresh' && token !== undefined) void this.#renewThenRetry(token)
    else this.#later(reaction, 0, code === FLOOD)
  }

  async #renewThenRetry(token: string): Promise<void> {
    const run = this.#run
    this.#enterPhase('connecting')
    try {
      // If the session has ended, the listener on `tokens` closes this connection.
      await this.#options.tokens.renew(token)
      if (this.#run === run) this.#later('refresh', 0, false)
    } catch (error) {
      if (this.#run === run) this.#failed(error)
    }
  }

  /** No token could be had. */
  #failed(error: unknown): void {
    if (error instanceof ParleyError && !passes(error)) return this.#end(error)
    this.#later('retry', askedToWait(error), isLimit(error))
  }

  #later(reaction: Reaction, least_ms: number, limited: boolean): void {
    const wait = Math.max(least_ms, delayBefore(this.#attempt, reaction, this.#options.random))
    this.#wait = { retry_at: this.#options.now() + wait, asked: least_ms > 0 || reaction === 'wait', limited }
    this.#retry = setTimeout(() => void this.#connect(), wait)
    this.#attempt += 1
    this.#enterPhase('waiting')
  }

  #pause(): void {
    this.#leave()
    this.#enterPhase('paused')
  }

  /** null: the app has closed it. */
  #end(reason: Error | null): void {
    if (!this.#next) return
    const why = reason ?? new ConnectionLost('closed')
    this.#next.reject(why)
    this.#next = null
    this.#latest = null
    for (const stop of this.#stop) stop()
    this.#limit.clear()
    this.#leave()
    this.#phase = 'closed'
    const out = reason instanceof ParleyError && reason.code === 'unauthenticated'
    this.#become(out ? { state: 'signed_out' } : { state: 'closed', reason })
    this.emit('closed', why)
  }

  #leave(): void {
    this.#run += 1
    clearTimeout(this.#retry)
    this.#connection?.end()
    this.#connection = null
  }

  #enterPhase(phase: 'connecting' | 'ready' | 'waiting' | 'paused'): void {
    this.#phase = phase
    this.#tell()
  }

  #tell(): void {
    const phase = this.#phase
    if (phase === 'closed') return
    if (phase === 'waiting') {
      const { retry_at, limited } = this.#wait
      const state = limited ? 'rate_limited' : this.#options.environment.online() ? 'waiting' : 'offline'
      this.#become({ state, retry_at })
    } else if (phase !== 'ready') this.#become({ state: phase })
    else if (this.#limit.until > 0) this.#become({ state: 'rate_limited', retry_at: this.#limit.until })
    else this.#become({ state: this.#streams.replaying ? 'catching_up' : 'up_to_date' })
  }

  #become(status: LiveStatus): void {
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return
    this.#status = status
    this.emit('status', status)
  }
}

function signedOut(): ParleyError {
  return refusal('unauthenticated', { detail: 'No user is signed in' })
}

/** For promises that nobody awaits: `status` and `closed` report the failure. */
function awaited(): Deferred<Ready> {
  const next = deferred<Ready>()
  next.promise.catch(() => undefined)
  return next
}
