import type { Logger } from '../logger.ts'
import type { Measurements } from '../metrics/measurements.ts'
import type { Bus } from '../ports/bus.ts'
import type { Log, StoredEntry } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import { eventFrame } from './frames.ts'
import { Stream } from './stream.ts'

/** Sends a text to every socket that is subscribed to a topic. */
export interface Publisher {
  publish(topic: string, text: string): void
}

/** Memberships that have ended and are remembered, the latest ones. */
const MAX_ENDED = 10_000

export interface HubOptions {
  log: Pick<Log, 'read'>
  publisher: Publisher
  /** Subscribed to the streams that are read here: other nodes announce their entries there (`followOtherNodes`). */
  bus: Pick<Bus, 'subscribe' | 'unsubscribe'>
  measurements: Measurements
  logger: Logger
}

/** A user with connections here, and the streams that any of them has live. */
interface Person {
  connections: Set<Connection>
  streams: Set<string>
  /** Incremented at each join or leave. */
  membership_changes: number
}

/**
 * The connections of this node and the streams that are live for them. Entries come in from storage (`Log.onCommit`) and go out
 * once each, in order and without gaps (`Stream`). A stream of a connection goes through three phases.
 *
 * 1. Not live: before `ready`, while a replay has it (`Replays`), and after the membership has ended.
 * 2. Live: from `join`, which gives the change up to which the connection has the stream, or `joinLive`.
 * 3. Not live again: by `leave`, by an entry that ends the membership, or with the connection (`remove`).
 *
 * Invariant: while a stream is live for a connection, every entry from its joining up to `Stream.emitted` was sent to the
 * connection, once. While it is not live, only a replay sends entries of it.
 */
export class Hub {
  readonly #streams = new Map<string, Stream>()
  readonly #people = new Map<string, Person>()
  /**
   * The change that ended a membership, by stream and user. Other nodes' entries come by the bus and again from the store, a moment
   * later: a join from before the end must not begin the membership once more.
   */
  readonly #ended = new Map<string, number>()
  readonly #deps: ConstructorParameters<typeof Stream>[2]
  readonly #publisher: Publisher
  readonly #bus: HubOptions['bus']
  readonly #measurements: Measurements
  readonly #entryListeners: ((entry: StoredEntry) => void)[] = []
  readonly #cameListeners: ((user_id: string) => void)[] = []
  readonly #goneListeners: ((user_id: string) => void)[] = []
  readonly #removedListeners: ((connection: Connection) => void)[] = []

  constructor({ log, publisher, bus, measurements, logger }: HubOptions) {
    this.#publisher = publisher
    this.#bus = bus
    this.#measurements = measurements
    this.#deps = {
      log,
      logger,
      emit: (entry, stream) => this.#emit(entry, stream),
      idle: stream => this.#dropIfUnused(stream),
    }
  }

  /** Adds an authenticated connection, which reads nothing yet. */
  add(user_id: string, connection: Connection): void {
    const person = this.#people.get(user_id) ?? { connections: new Set(), streams: new Set(), membership_changes: 0 }
    this.#people.set(user_id, person)
    person.connections.add(connection)
    if (person.connections.size === 1) for (const listener of this.#cameListeners) listener(user_id)
  }

  /** Removes the connection. It no longer reads anything and cannot join a stream. */
  remove(user_id: string, connection: Connection): void {
    const person = this.#people.get(user_id)
    if (!person?.connections.delete(connection)) return
    for (const id of person.streams) this.leave(id, connection)
    for (const listener of this.#removedListeners) listener(connection)
    if (person.connections.size > 0) return
    this.#people.delete(user_id)
    for (const listener of this.#goneListeners) listener(user_id)
  }

  /** Calls the listener when a user has a first connection here. */
  onCame(listener: (user_id: string) => void): void {
    this.#cameListeners.push(listener)
  }

  /** Calls the listener with every connection that is removed. */
  onRemoved(listener: (connection: Connection) => void): void {
    this.#removedListeners.push(listener)
  }

  /** Calls the listener when the last connection of a user here is gone. */
  onGone(listener: (user_id: string) => void): void {
    this.#goneListeners.push(listener)
  }

  /** Calls the listener with every entry of the streams that are read here, after it was sent. */
  onEntry(listener: (entry: StoredEntry) => void): void {
    this.#entryListeners.push(listener)
  }

  connections(user_id: string): ReadonlySet<Connection> {
    return this.#people.get(user_id)?.connections ?? NOBODY
  }

  /** The connections that have the stream live. */
  readers(id: string): ReadonlySet<Connection> {
    return this.#streams.get(id)?.readers ?? NOBODY
  }

  /** Grows whenever the user joins or leaves a conversation: what was read of the memberships before may be out of date. */
  membership_changes(user_id: string): number {
    return this.#people.get(user_id)?.membership_changes ?? 0
  }

  /**
   * The connection, which has the stream up to `at`, gets the events after it. false: more was emitted meanwhile, or the hub is
   * filling a gap (`caughtUp`); the caller has to replay further first.
   */
  join(id: string, connection: Connection, at: number): boolean {
    const stream = this.#open(id, at)
    stream.reach(at)
    if (stream.emitted !== at || stream.filling) return false
    this.#enter(stream, connection)
    return true
  }

  /**
   * Makes the stream live from now on, for a connection to which a replay or a fetch gives the entries before. `at` is the
   * stream's head; it is used only if the hub does not have the stream yet.
   */
  joinLive(id: string, connection: Connection, at: number): void {
    this.#enter(this.#open(id, at), connection)
  }

  /** Whether the connection has the stream up to `at` and is live on it. */
  reads(id: string, connection: Connection, at: number): boolean {
    const stream = this.#streams.get(id)
    return stream?.emitted === at && stream.readers.has(connection)
  }

  /** The log was seen to reach `head`: entries up to it that were not emitted yet are read and emitted. */
  catchUp(id: string, head: number): void {
    this.#streams.get(id)?.reach(head)
  }

  /** The same for a stream that may have no reader here: an entry up to `head`, the first one, may make users of this node members. */
  catchUpMemberships(id: string, head: number): void {
    this.#open(id, head - 1).reach(head)
  }

  /** The streams that are read here. */
  get streams(): string[] {
    return [...this.#streams.keys()]
  }

  /** The last change of a stream that was emitted here; 0 while no connection reads it. */
  emitted(id: string): number {
    return this.#streams.get(id)?.emitted ?? 0
  }

  /** Resolves when the hub has filled the present gap of the stream. */
  async caughtUp(id: string): Promise<void> {
    await this.#streams.get(id)?.filling
  }

  leave(id: string, connection: Connection): void {
    const stream = this.#streams.get(id)
    if (!stream?.readers.delete(connection)) return
    if (id !== connection.identity?.user_id) connection.socket?.unsubscribe(id)
    this.#dropIfUnused(stream)
  }

  /** Calls `wake` after every entry of these streams, given with their present heads, until the returned function is called. */
  watch(heads: ReadonlyMap<string, number>, wake: () => void): () => void {
    for (const [id, head] of heads) this.#open(id, head).watchers.add(wake)
    return () => {
      for (const id of heads.keys()) {
        const stream = this.#streams.get(id)
        if (stream?.watchers.delete(wake)) this.#dropIfUnused(stream)
      }
    }
  }

  /** Takes a whole batch of committed entries in one tick, which makes the fan-out fast. */
  take(entries: readonly StoredEntry[]): void {
    for (const entry of entries) {
      const stream = this.#streams.get(entry.stream)
      if (stream) stream.take(entry)
      else this.#applyMembership(entry)
    }
  }

  #enter(stream: Stream, connection: Connection): void {
    const person = connection.identity && this.#people.get(connection.identity.user_id)
    if (!person?.connections.has(connection)) return this.#dropIfUnused(stream)
    person.streams.add(stream.id)
    stream.readers.add(connection)
    if (stream.id !== connection.identity?.user_id) connection.socket?.subscribe(stream.id)
  }

  #emit(entry: StoredEntry, stream: Stream): void {
    if (stream.readers.size > 0) this.#send(entry, stream)
    for (const wake of stream.watchers) wake()
    for (const listener of this.#entryListeners) listener(entry)
    if (entry.left === 'all') for (const each of stream.readers) this.leave(entry.stream, each)
    this.#applyMembership(entry)
  }

  /**
   * Sends the entry by a topic of the runtime. A user stream has at most `MAX_CONNECTIONS` readers, so its entries are sent to
   * each reader, without a topic.
   */
  #send(entry: StoredEntry, { readers }: Stream): void {
    const frame = eventFrame(entry)
    this.#measurements.events.add(entry.event)
    this.#measurements.deliveries += readers.size
    if (this.#people.has(entry.stream)) for (const connection of readers) connection.send(frame)
    else this.#publisher.publish(entry.stream, frame)
  }

  /**
   * Updates the readers after an entry. Users whose membership ends with it get no further entries. For users whose membership
   * begins, the stream is live from the next change on. Two kinds of connections get it later, by a replay that ends after this
   * entry: those that replay the stream, and those whose user stream is not live yet, because `conversation.joined` has to come
   * first.
   */
  #applyMembership({ stream: id, change, joined = [], left = [] }: StoredEntry): void {
    for (const user_id of left === 'all' ? [] : left) {
      this.#rememberEnd(`${id} ${user_id}`, change)
      for (const connection of this.#countMembershipChange(user_id)) {
        this.leave(id, connection)
        connection.joined?.delete(id)
      }
      this.#people.get(user_id)?.streams.delete(id)
    }
    for (const user_id of joined) {
      if (change < (this.#ended.get(`${id} ${user_id}`) ?? 0)) continue
      for (const connection of this.#countMembershipChange(user_id)) {
        if (!connection.open || !connection.ready || connection.replays?.includes(id)) continue
        if (this.#streams.get(user_id)?.readers.has(connection) && !connection.joined?.has(id))
          this.joinLive(id, connection, change)
        else (connection.joined ??= new Map()).set(id, 'joined')
      }
    }
  }

  #rememberEnd(membership: string, change: number): void {
    const latest = Math.max(change, this.#ended.get(membership) ?? 0)
    this.#ended.delete(membership)
    this.#ended.set(membership, latest)
    const [oldest] = this.#ended.keys()
    if (oldest !== undefined && this.#ended.size > MAX_ENDED) this.#ended.delete(oldest)
  }

  #countMembershipChange(user_id: string): ReadonlySet<Connection> {
    const person = this.#people.get(user_id)
    if (person) person.membership_changes += 1
    return person?.connections ?? NOBODY
  }

  #open(id: string, at: number): Stream {
    const known = this.#streams.get(id)
    if (known) return known
    const stream = new Stream(id, at, this.#deps)
    this.#streams.set(id, stream)
    this.#bus.subscribe(id)
    return stream
  }

  #dropIfUnused(stream: Stream): void {
    if (stream.used || this.#streams.get(stream.id) !== stream) return
    this.#streams.delete(stream.id)
    this.#bus.unsubscribe(stream.id)
  }
}

const NOBODY: ReadonlySet<Connection> = new Set()
