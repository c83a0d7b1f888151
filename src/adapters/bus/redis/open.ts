import { Redis, type RedisOptions } from 'ioredis'
import type { Bus, Note } from '../../../ports/bus.ts'
import { Messages } from './messages.ts'

/** How long the server may take to answer at the start. */
const START_MS = 5_000
/** A command that is not answered in this time ends the connection. */
const ANSWER_MS = 3_000
/** How often each connection is asked for a sign of life. */
const PING_MS = 2_000
const MAX_RETRY_MS = 1_000
/** Notes that were sent and not confirmed; more are dropped. */
const MAX_UNCONFIRMED = 10_000
/** How often refused messages are logged at most. */
const REFUSED_MS = 60_000
/** Channels in one command. */
const CHANNELS_AT_ONCE = 500

export interface RedisBusOptions {
  url: string
  /** The signing secret, which all nodes share. */
  secret: string
  /** The installation: nodes with another namespace are not heard. */
  namespace: string
  log: (message: string) => void
}

/** Throws if the server does not answer, or refuses the credentials, for 5 s. */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const bus = new RedisBus(options)
  try {
    await bus.open()
    return bus
  } catch (error) {
    await bus[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Two connections, as Redis asks for: one publishes, one is subscribed. The topics are kept here, and the library does not
 * subscribe again by itself: after each connecting all of them are subscribed at once, and only then the bus is restored.
 * Nothing waits for a lost connection (`enableOfflineQueue`) or is sent again after it (`autoResendUnfulfilledCommands`).
 */
class RedisBus implements Bus {
  readonly #options: RedisBusOptions
  readonly #messages: Messages
  readonly #publisher: Redis
  readonly #subscriber: Redis
  readonly #topics = new Set<string>()
  /** Topics whose subscription has changed in this tick. */
  readonly #changed = new Set<string>()
  readonly #listeners: ((note: Note, topic: string) => void)[] = []
  readonly #lost: (() => void)[] = []
  readonly #restored: (() => void)[] = []
  readonly #pings: Timer
  #publishing = false
  #subscribed = false
  #connected = false
  #closed = false
  #unconfirmed = 0
  #refused_at = -Infinity
  /** Why the last connection ended. */
  #reason = ''

  constructor(options: RedisBusOptions) {
    this.#options = options
    this.#messages = new Messages(options.secret)
    this.#publisher = new Redis(options.url, CONNECTION)
    this.#subscriber = new Redis(options.url, CONNECTION)
    for (const redis of [this.#publisher, this.#subscriber])
      redis.on('error', (error: Error) => {
        this.#reason = error.message
      })
    this.#publisher.on('ready', () => this.#moved({ publishing: true }))
    this.#publisher.on('close', () => this.#moved({ publishing: false }))
    this.#subscriber.on('ready', () => void this.#subscribeAll())
    this.#subscriber.on('close', () => this.#moved({ subscribed: false }))
    this.#subscriber.on('message', (channel: string, message: string) => this.#take(channel, message))
    this.#pings = setInterval(() => this.#ping(), PING_MS)
    this.#pings.unref()
  }

  /** Tries until there is a connection, for a bounded time: servers and clients are often started together. */
  async open(): Promise<void> {
    const connected = Promise.withResolvers<void>()
    this.onRestored(() => connected.resolve())
    const deadline = setTimeout(
      () => connected.reject(new Error(`Redis does not answer: ${this.#reason || 'no connection'}`)),
      START_MS,
    )
    // A failure is also an `error` event, which keeps its reason, and the library tries again by itself.
    for (const redis of [this.#publisher, this.#subscriber]) redis.connect().catch(() => undefined)
    await connected.promise.finally(() => clearTimeout(deadline))
  }

  get connected(): boolean {
    return this.#connected
  }

  publish(topic: string, note: Note): void {
    if (!this.#publishing || this.#unconfirmed >= MAX_UNCONFIRMED) return
    const channel = this.#channel(topic)
    const message = this.#messages.write(channel, note)
    if (message === null) return this.#options.log(`a note of kind ${note.kind} is too large for the bus`)
    this.#unconfirmed += 1
    this.#publisher
      .publish(channel, message)
      // A note may be lost (src/ports/bus.ts); that the connection is, the events of the library tell.
      .catch(() => undefined)
      .finally(() => (this.#unconfirmed -= 1))
  }

  subscribe(topic: string): void {
    if (this.#topics.has(topic)) return
    this.#topics.add(topic)
    this.#change(topic)
  }

  unsubscribe(topic: string): void {
    if (this.#topics.delete(topic)) this.#change(topic)
  }

  onNote(listener: (note: Note, topic: string) => void): void {
    this.#listeners.push(listener)
  }

  onLost(listener: () => void): void {
    this.#lost.push(listener)
  }

  onRestored(listener: () => void): void {
    this.#restored.push(listener)
  }

  #channel(topic: string): string {
    return `parley:${this.#options.namespace}:${topic}`
  }

  /** Sends the changes of one tick together. */
  #change(topic: string): void {
    if (this.#changed.size === 0) setImmediate(() => this.#sendChanges())
    this.#changed.add(topic)
  }

  #sendChanges(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    // Otherwise all topics are subscribed as soon as there is a connection.
    if (this.#subscriber.status !== 'ready') return
    const added = changed.filter(topic => this.#topics.has(topic))
    const removed = changed.filter(topic => !this.#topics.has(topic))
    this.#send(added, 'subscribe').catch(() => this.#subscriber.disconnect(true))
    // A subscription that remains costs messages, which are dropped.
    this.#send(removed, 'unsubscribe').catch(() => undefined)
  }

  async #send(topics: readonly string[], command: 'subscribe' | 'unsubscribe'): Promise<void> {
    const sent: Promise<unknown>[] = []
    for (let at = 0; at < topics.length; at += CHANNELS_AT_ONCE) {
      const channels = topics.slice(at, at + CHANNELS_AT_ONCE).map(topic => this.#channel(topic))
      sent.push(this.#subscriber[command](...channels))
    }
    await Promise.all(sent)
  }

  async #subscribeAll(): Promise<void> {
    try {
      await this.#send([...this.#topics], 'subscribe')
      this.#moved({ subscribed: this.#subscriber.status === 'ready' })
    } catch {
      this.#subscriber.disconnect(true)
    }
  }

  #moved({ publishing = this.#publishing, subscribed = this.#subscribed }): void {
    this.#publishing = publishing
    this.#subscribed = subscribed
    const connected = publishing && subscribed
    if (this.#closed || connected === this.#connected) return
    this.#connected = connected
    if (!connected) this.#options.log(`the connection to Redis is lost: ${this.#reason || 'it was closed'}`)
    for (const listener of connected ? this.#restored : this.#lost) listener()
  }

  #take(channel: string, message: string): void {
    const topic = channel.slice(this.#channel('').length)
    // The connection may still hold notes when it is closed.
    if (this.#closed || !this.#topics.has(topic)) return
    const note = this.#messages.read(channel, message)
    if (note === null) return
    if (typeof note === 'string') return this.#refuse(note)
    for (const listener of this.#listeners) {
      try {
        listener(note, topic)
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  #refuse(reason: string): void {
    const now = performance.now()
    if (now - this.#refused_at < REFUSED_MS) return
    this.#refused_at = now
    this.#options.log(`messages on the bus are refused: ${reason}`)
  }

  /**
   * A connection without a proper answer is opened anew. `socketTimeout` alone does not end one whose answers are taken for a part
   * of an endless other one.
   */
  #ping(): void {
    for (const redis of [this.#publisher, this.#subscriber]) {
      if (redis.status !== 'ready') continue
      redis.ping().then(
        answer => isPong(answer) || redis.disconnect(true),
        () => redis.disconnect(true),
      )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#pings)
    // Answered after the notes that were sent before, or not in time.
    if (this.#publishing && this.#unconfirmed > 0) await this.#publisher.ping().catch(() => undefined)
    this.#publisher.disconnect()
    this.#subscriber.disconnect()
  }
}

/** A connection that is subscribed answers by an array. */
function isPong(answer: unknown): boolean {
  return answer === 'PONG' || (Array.isArray(answer) && answer[0] === 'pong')
}

const CONNECTION = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: ANSWER_MS,
  commandTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
  // A protocol in which a subscribed connection does nothing else; every version of Redis and its relatives has it.
  protocol: 2,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RETRY_MS),
} as const satisfies RedisOptions
