import type { EphemeralEvent, EventData } from '../../contracts/events.ts'
import type { Audience } from '../context.ts'
import type { Logger } from '../log.ts'
import type { Log, StoredEntry } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import { ephemeralFrame, eventFrame } from './frames.ts'
import type { Publisher } from './publish.ts'

/** Entries read at once to fill a gap. */
const READ_AT_ONCE = 500

interface Stream {
  /** The last change that was published here; everything after it still will be. */
  published: number
  readers: Set<Connection>
  /** Told of every entry, for readers who pull (`/sync`, SSE). */
  followers: Set<() => void>
  /** Resolves when the gap is filled that is being filled now: entries wait until then. null without one. */
  filling: Promise<void> | null
}

/** A user who is connected here: the sockets, and the streams that any of them reads. */
interface Person {
  connections: Set<Connection>
  streams: Set<string>
  /** Counts what was taken of joining and leaving. */
  turns: number
}

/**
 * Who on this node reads which stream. Entries come in from storage (`Log.onCommit`) and go out once each, in order and
 * without gaps: one that is not next makes the hub read the log first. A reader takes part from a change on (`join`), which
 * is where its replay ended, so that it sees neither hole nor double.
 */
export class Hub {
  readonly #streams = new Map<string, Stream>()
  readonly #people = new Map<string, Person>()
  readonly #log: Pick<Log, 'read'>
  readonly #logger: Logger
  #publisher: Publisher = { tell: () => undefined }

  constructor(log: Pick<Log, 'read'>, logger: Logger) {
    this.#log = log
    this.#logger = logger
  }

  attach(publisher: Publisher): void {
    this.#publisher = publisher
  }

  /** A signed-in connection; it reads nothing yet. Gives how many the user has now. */
  add(user_id: string, connection: Connection): number {
    const person = this.#people.get(user_id) ?? { connections: new Set(), streams: new Set(), turns: 0 }
    this.#people.set(user_id, person)
    return person.connections.add(connection).size
  }

  remove(user_id: string, connection: Connection): void {
    const person = this.#people.get(user_id)
    if (!person?.connections.delete(connection)) return
    for (const id of person.streams) {
      const stream = this.#streams.get(id)
      if (!stream?.readers.delete(connection)) continue
      connection.socket?.unsubscribe(id)
      this.#dropIfUnused(id, stream)
    }
    if (person.connections.size === 0) this.#people.delete(user_id)
  }

  /** Moves whenever the user joins or leaves a conversation: what was read of their seats before may be wrong by now. */
  turns(user_id: string): number {
    return this.#people.get(user_id)?.turns ?? 0
  }

  connectionsOf(user_id: string): ReadonlySet<Connection> {
    return this.#people.get(user_id)?.connections ?? NOBODY
  }

  /** Everybody who is connected here. */
  users(): IterableIterator<string> {
    return this.#people.keys()
  }

  /**
   * From the change after `at` on the connection gets the stream's events; `at` is what it has. false: more was published
   * meanwhile, or the hub is reading on (`caughtUp`), and the caller replays further first.
   */
  join(id: string, connection: Connection, at: number): boolean {
    const stream = this.#open(id, at)
    if (stream.published > at || stream.filling) return false
    if (stream.published < at) {
      this.#fill(id, stream, at)
      return false
    }
    this.#enter(id, stream, connection)
    return true
  }

  /** As `join`, for a newcomer who fetches what was before: takes part from now on. `at` counts where nobody reads it yet. */
  joinLive(id: string, connection: Connection, at: number): void {
    this.#enter(id, this.#open(id, at), connection)
  }

  /** Whether the connection has the stream up to `at`, and reads on from there. */
  reads(id: string, connection: Connection, at: number): boolean {
    const stream = this.#streams.get(id)
    return stream?.published === at && stream.readers.has(connection)
  }

  /** The log was seen to reach `head`: what of it was told to nobody here is read and published. */
  catchUp(id: string, head: number): void {
    const stream = this.#streams.get(id)
    if (stream && !stream.filling && stream.published < head) this.#fill(id, stream, head)
  }

  /** What has been published of a stream here; 0 while nobody reads it. */
  published(id: string): number {
    return this.#streams.get(id)?.published ?? 0
  }

  /** Resolves once the hub has published what it is reading on. */
  async caughtUp(id: string): Promise<void> {
    await this.#streams.get(id)?.filling
  }

  leave(id: string, connection: Connection): void {
    const stream = this.#streams.get(id)
    connection.socket?.unsubscribe(id)
    if (!stream?.readers.delete(connection)) return
    this.#dropIfUnused(id, stream)
  }

  follow(ids: readonly string[], at: (id: string) => number, wake: () => void): () => void {
    for (const id of ids) this.#open(id, at(id)).followers.add(wake)
    return () => {
      for (const id of ids) {
        const stream = this.#streams.get(id)
        if (stream?.followers.delete(wake)) this.#dropIfUnused(id, stream)
      }
    }
  }

  /** Takes a whole batch of committed entries, in one tick: that is what makes fan-out fast. */
  take(entries: readonly StoredEntry[]): void {
    for (const entry of entries) this.#take(entry)
  }

  ephemeral<E extends EphemeralEvent>(event: E, data: EventData<E>, audience: Audience, at: string): void {
    const frame = ephemeralFrame(event, data, at)
    if ('user_ids' in audience) {
      for (const user_id of audience.user_ids)
        for (const connection of this.connectionsOf(user_id)) if (connection.ready) connection.send(frame)
      return
    }
    // A loop, not a topic: who may see it will depend on the viewer.
    for (const connection of this.#streams.get(audience.conversation_id)?.readers ?? NOBODY)
      if (connection.identity?.user_id !== audience.except_user) connection.send(frame)
  }

  #enter(id: string, stream: Stream, connection: Connection): void {
    stream.readers.add(connection)
    const { identity } = connection
    if (identity) this.#people.get(identity.user_id)?.streams.add(id)
    connection.socket?.subscribe(id)
  }

  #take(entry: StoredEntry): void {
    const stream = this.#streams.get(entry.stream)
    if (stream && !stream.filling) {
      if (entry.change > stream.published + 1) this.#fill(entry.stream, stream, entry.change)
      else if (entry.change === stream.published + 1) this.#emit(entry, stream)
    } else if (!stream) this.#seat(entry)
  }

  #emit(entry: StoredEntry, stream: Stream): void {
    stream.published = entry.change
    if (stream.readers.size > 0) this.#publisher.tell(entry.stream, eventFrame(entry))
    for (const wake of stream.followers) wake()
    if (entry.event === 'conversation.deleted') for (const each of stream.readers) this.leave(entry.stream, each)
    this.#seat(entry)
  }

  /** Whoever leaves by this entry reads no further; whoever joins reads on from it, unless a replay of theirs does. */
  #seat({ stream: id, change, joined = [], left = [] }: StoredEntry): void {
    for (const user_id of left) for (const connection of this.#turn(user_id)) this.leave(id, connection)
    for (const user_id of joined)
      for (const connection of this.#turn(user_id))
        if (connection.open && connection.ready && connection.replaying !== id) this.join(id, connection, change)
  }

  #turn(user_id: string): ReadonlySet<Connection> {
    const person = this.#people.get(user_id)
    if (person) person.turns += 1
    return person?.connections ?? NOBODY
  }

  #open(id: string, at: number): Stream {
    const known = this.#streams.get(id)
    if (known) return known
    const stream = { published: at, readers: new Set<Connection>(), followers: new Set<() => void>(), filling: null }
    this.#streams.set(id, stream)
    return stream
  }

  #dropIfUnused(id: string, stream: Stream): void {
    if (stream.readers.size === 0 && stream.followers.size === 0 && !stream.filling) this.#streams.delete(id)
  }

  /** Reads what is missing up to `target` from the log and publishes it; whatever comes meanwhile is read along. */
  #fill(id: string, stream: Stream, target: number): void {
    stream.filling = this.#readOn(id, stream, target).catch((error: unknown) => {
      // The next entry finds the gap again.
      this.#logger.warn({ err: error, stream: id }, 'a stream could not be read on')
      stream.filling = null
      this.#dropIfUnused(id, stream)
    })
  }

  async #readOn(id: string, stream: Stream, target: number): Promise<void> {
    for (;;) {
      const entries = await this.#log.read(id, stream.published, READ_AT_ONCE)
      for (const entry of entries) if (entry.change === stream.published + 1) this.#emit(entry, stream)
      if (entries.length > 0) continue
      if (stream.published < target) throw new Error(`the log ends before change ${target}`)
      stream.filling = null
      this.#dropIfUnused(id, stream)
      return
    }
  }
}

const NOBODY: ReadonlySet<Connection> = new Set()
