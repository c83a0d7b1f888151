import type { Problem } from '../../contracts/errors.ts'
import type { OperationName } from '../../contracts/index.ts'
import { HEARTBEAT_MS, MAX_POSITIONS, ServerFrame, type EventFrame } from '../../contracts/socket.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, ParleyError } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore, reactionTo, type Reaction } from './policy.ts'
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
  WebSocket: typeof WebSocket
  tokens: TokenKeeper
  random: () => number
}

interface Pending {
  resolve: (answer: Answer) => void
  reject: (reason: unknown) => void
}

/** A socket whose server says nothing for this long is dead. */
const SILENCE_MS = 2 * HEARTBEAT_MS
/** The access token is replaced on the open socket this long before it ends. */
const EARLY_MS = 60_000

/**
 * A connection that stays: it reconnects with backoff, resumes every stream where it was, and finds gaps by `change`. Every
 * stream it has a position for is in one of two states: following (the next event is position + 1), or resuming (events are
 * dropped until the server has replayed from the position).
 */
export class Live extends Emitter<LiveEvents> {
  readonly #options: LiveOptions
  readonly #positions = new Map<string, number>()
  readonly #pending = new Map<number, Pending>()
  /** The streams of each `resume` frame that is not answered yet, oldest first. */
  #resuming: Set<string>[] = []
  #socket: WebSocket | null = null
  #state: LiveState = 'closed'
  #epoch: string | null = null
  #attempt = 0
  #nextId = 1
  #timer: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined
  #renewal: ReturnType<typeof setTimeout> | undefined
  #wanted = false
  #first: PromiseWithResolvers<Ready> | null = null
  readonly #forgetTokens: () => void

  constructor(options: LiveOptions) {
    super()
    this.#options = options
    this.#forgetTokens = options.tokens.onChange(tokens => {
      if (!tokens) this.close()
      else if (this.#state === 'ready') this.#send({ type: 'auth', token: tokens.access_token })
      this.#planRenewal()
    })
  }

  get state(): LiveState {
    return this.#state
  }

  /** What this connection has of each stream. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions
  }

  /** Resolves with the first `ready`; goes on for ever after that, until `close`. */
  open(): Promise<Ready> {
    if (this.#first) return this.#first.promise
    this.#wanted = true
    this.#first = Promise.withResolvers<Ready>()
    void this.#connect()
    return this.#first.promise
  }

  close(): void {
    this.#wanted = false
    this.#first?.reject(new ConnectionLost('closed'))
    this.#first?.promise.catch(() => undefined)
    this.#first = null
    this.#forgetTokens()
    this.#stopTimers()
    this.#socket?.close(1000)
    this.#lost()
    this.#become('closed')
  }

  /** Ends the present socket as a broken network would; the connection then heals itself. */
  drop(): void {
    this.#socket?.close(1000)
  }

  /** Says what is known of a stream, from a snapshot: events up to `change` are dropped. Never goes back. */
  track(stream: string, change: number): void {
    this.#positions.set(stream, Math.max(change, this.#positions.get(stream) ?? 0))
  }

  forget(stream: string): void {
    this.#positions.delete(stream)
  }

  /** A call over the socket. Rejects with `ConnectionLost` if the answer cannot come any more. */
  call(op: OperationName, input: unknown): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    if (this.#state !== 'ready') {
      reject(new ConnectionLost('the socket is not ready'))
      return promise
    }
    const id = this.#nextId
    this.#nextId += 1
    this.#pending.set(id, { resolve, reject })
    this.#send({ type: 'call', id, op, input })
    return promise
  }

  async #connect(): Promise<void> {
    this.#become('connecting')
    let token: string | null
    try {
      token = await this.#options.tokens.fresh()
    } catch {
      return this.#retry('retry')
    }
    if (!this.#wanted) return
    if (token === null) return this.#giveUp(new ConnectionLost('nobody is signed in'))
    const socket = new this.#options.WebSocket(`${this.#options.url.replace(/^http/, 'ws')}/ws`)
    this.#socket = socket
    this.#watch()
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(String(data), token)
    }
    socket.onerror = () => undefined
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#closed(code, token)
    }
  }

  #receive(text: string, token: string): void {
    this.#watch()
    // The server's own frames; what this client does not know is ignored, so that newer servers can say more.
    const frame = JSON.parse(text) as ServerFrame
    switch (frame.type) {
      case 'hello':
        return this.#authenticate(token)
      case 'ready':
        return this.#ready(frame)
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'result':
        return this.#settle(frame.id, pending => pending.resolve({ status: frame.status, data: frame.data }))
      case 'error':
        return this.#settle(frame.id, pending => pending.reject(new ParleyError(frame.error as Problem)))
      case 'event':
        return this.#event(frame)
      case 'resync':
        this.#positions.set(frame.stream, frame.change)
        return this.emit('resync', { stream: frame.stream, change: frame.change })
      case 'resumed':
        this.#resuming.shift()
        return this.emit('resumed', null)
      case 'pong':
        return
    }
  }

  #authenticate(token: string): void {
    const known = [...this.#positions]
    this.#resuming = []
    if (this.#epoch === null || known.length === 0) return this.#send({ type: 'auth', token })
    const [first, ...rest] = chunks(known, MAX_POSITIONS)
    const resume = (part: [string, number][] = []) => {
      this.#resuming.push(new Set(part.map(([stream]) => stream)))
      return { epoch: this.#epoch, positions: Object.fromEntries(part) }
    }
    this.#send({ type: 'auth', token, resume: resume(first) })
    for (const part of rest) this.#send({ type: 'resume', ...resume(part) })
  }

  #ready(frame: Ready): void {
    this.#epoch = frame.epoch
    this.#attempt = 0
    if (!this.#positions.has(frame.user.id)) this.#positions.set(frame.user.id, frame.change)
    this.#planRenewal()
    this.#become('ready')
    this.emit('ready', frame)
    this.#first?.resolve(frame)
  }

  #event(frame: EventFrame): void {
    const { stream, change } = frame
    if (stream === undefined || change === undefined) return this.emit('event', frame)
    const position = this.#positions.get(stream)
    if (position !== undefined && change <= position) return
    if (position !== undefined && change > position + 1) return this.#fillGap(stream, position)
    this.#positions.set(stream, change)
    this.emit('event', frame)
  }

  /** Something is missing: ask for it, unless it is being replayed already. */
  #fillGap(stream: string, position: number): void {
    if (this.#resuming.some(streams => streams.has(stream))) return
    this.#resuming.push(new Set([stream]))
    this.#send({ type: 'resume', epoch: this.#epoch, positions: { [stream]: position } })
  }

  #settle(id: string | number | null, how: (pending: Pending) => void): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (!pending || typeof id !== 'number') return
    this.#pending.delete(id)
    how(pending)
  }

  #closed(code: number, token: string): void {
    this.#lost()
    if (!this.#wanted) return
    const reaction = reactionTo(code)
    if (reaction === 'stop') return this.#giveUp(new ConnectionLost(`the server closed the socket: ${code}`))
    if (reaction === 'refresh') void this.#renewThenRetry(token)
    else this.#retry(reaction)
  }

  async #renewThenRetry(token: string): Promise<void> {
    try {
      if ((await this.#options.tokens.renew(token)) === null)
        return this.#giveUp(new ConnectionLost('the session has ended'))
    } catch {
      // The server cannot be reached to refresh: that passes.
    }
    if (this.#wanted) this.#retry('refresh')
  }

  #retry(reaction: Reaction): void {
    this.#become('waiting')
    this.#timer = setTimeout(() => void this.#connect(), delayBefore(this.#attempt, reaction, this.#options.random))
    this.#attempt += 1
  }

  #giveUp(reason: ConnectionLost): void {
    this.#first?.reject(reason)
    this.close()
  }

  /** The socket is gone: calls without an answer stay without one. */
  #lost(): void {
    this.#socket = null
    clearTimeout(this.#watchdog)
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(new ConnectionLost('the socket closed before an answer came'))
  }

  #watch(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => {
      const socket = this.#socket
      this.#closed(1006, '')
      socket?.close(1000)
    }, SILENCE_MS)
  }

  #planRenewal(): void {
    clearTimeout(this.#renewal)
    const { tokens } = this.#options
    const current = tokens.current
    if (!current || !this.#wanted) return
    const wait = Math.max(1_000, current.expires_at - Date.now() - EARLY_MS)
    this.#renewal = setTimeout(() => void tokens.renew(current.access_token).catch(() => undefined), wait)
  }

  #stopTimers(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#watchdog)
    clearTimeout(this.#renewal)
  }

  #become(state: LiveState): void {
    if (this.#state === state) return
    this.#state = state
    this.emit('state', state)
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame))
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
