import type { EphemeralEvent, EventData } from '../../contracts/events.ts'
import type { Identity } from '../domain/identity.ts'
import {
  dependsOnRelation,
  hiddenFromAll,
  isShown,
  stillTypes,
  type Audience,
  type Limits,
  type Published,
} from '../domain/ephemeral.ts'
import type { Logger } from '../logger.ts'
import type { Measurements } from '../metrics/measurements.ts'
import { ALL_NODES, type Bus } from '../ports/bus.ts'
import type { Contacts } from '../ports/contacts.ts'
import { Unavailable, type Members } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import { ephemeralFrame } from './frames.ts'
import type { Hub } from './hub.ts'
import { Receipts } from './receipts.ts'
import { chunks, relationsOf } from './relations.ts'
import { Typing } from './typing.ts'

/** How long a session gets the receipts of a large conversation after it has asked for them. */
const WATCHED_MS = 10 * 60 * 1_000
/** Events that wait for the relations of their viewers; more are dropped. */
const MAX_WAITING = 10_000
/** Users in one note. */
const USERS_AT_ONCE = 1_000

interface Deps {
  hub: Hub
  bus: Bus
  contacts: Pick<Contacts, 'relations'>
  members: Pick<Members, 'find'>
  limits: Limits
  measurements: Measurements
  clock: () => Date
  /** Milliseconds of a monotonic clock. */
  monotonic: () => number
  logger: Logger
}

/**
 * Delivers the events that are not stored, of this node and, by the bus, of others. They depend on the viewer, so they are sent to
 * each connection and not to a topic: by one loop over the few whom an event concerns (`#deliver`).
 */
export class Ephemeral implements Disposable {
  readonly #deps: Deps
  readonly #receipts: Receipts
  readonly #typing: Typing
  /** By what the event is about: what was published last, so that events of one source are delivered in order. */
  readonly #waiting = new Map<string, Promise<void>>()
  #waitingEvents = 0

  constructor(deps: Deps) {
    const { hub, bus, members, monotonic } = deps
    this.#deps = deps
    this.#receipts = new Receipts(members, (data, audience) => {
      this.#send({ event: 'receipt.updated', data, about: data.user_id, audience })
    })
    this.#typing = new Typing({
      hub,
      monotonic,
      publish: published => this.#send(published),
      tell: each => this.#queue(each),
    })
    bus.onNote(note => {
      if (note.kind === 'event') this.#take(note.published)
    })
  }

  /** Sends the event to those of the audience who are connected now, on any node, and may see it. */
  readonly publish = <E extends EphemeralEvent>(event: E, data: EventData<E>, audience: Audience): void => {
    // Cast: event and data fit by the signature, which the union of all events does not show.
    const published = { event, data, about: aboutWhom(data), audience } as Published
    if (published.event === 'receipt.updated' && 'members' in audience) this.#receipts.take(published.data, audience)
    else this.#send(published)
  }

  /** From now on, and for a time, the session's sockets get the receipts of this conversation, however large it is. */
  readonly watchReceipts = (
    { user_id, session_id }: Pick<Identity, 'user_id' | 'session_id'>,
    conversation_id: string,
  ) => {
    const watched = { conversation_id, at: this.#deps.clock().getTime() }
    for (const connection of this.#deps.hub.connections(user_id))
      if (connection.identity?.session_id === session_id) connection.watched = watched
  }

  #send(published: Published): void {
    if (hiddenFromAll(published, this.#deps.limits)) return
    const { bus } = this.#deps
    const { audience } = published
    if ('conversation_id' in audience) bus.publish(audience.conversation_id, { kind: 'event', published })
    else
      for (const user_ids of chunks(audience.user_ids, USERS_AT_ONCE))
        bus.publish(ALL_NODES, { kind: 'event', published: { ...published, audience: { user_ids } } })
    this.#take(published)
  }

  #take(published: Published): void {
    if (this.#typing.admits(published)) this.#queue(published)
  }

  #queue(published: Published): void {
    if (this.#waitingEvents >= MAX_WAITING) return
    this.#waitingEvents += 1
    const before = this.#waiting.get(published.about)
    const delivered = (before ?? Promise.resolve())
      .then(() => this.#deliver(published))
      .catch((error: unknown) => {
        if (!(error instanceof Unavailable)) this.#deps.logger.error({ err: error }, 'an event could not be delivered')
      })
      .finally(() => {
        this.#waitingEvents -= 1
        if (this.#waiting.get(published.about) === delivered) this.#waiting.delete(published.about)
      })
    this.#waiting.set(published.about, delivered)
  }

  async #deliver(published: Published): Promise<void> {
    const { event, data, about, audience } = published
    const viewers = new Set([...this.#concerned(audience)].map(viewerOf))
    const to_self = viewers.delete(about) && isShown(published, { id: about, relation: undefined, asked: false })
    // Nothing is read for nobody: this node may know of the typing only because its own user types.
    if (viewers.size === 0 && !to_self) return
    const [relations, isOver] = await Promise.all([
      dependsOnRelation(event) ? relationsOf(this.#deps.contacts, about, [...viewers]) : NO_RELATIONS,
      this.#isOver(published),
    ])
    if (isOver) return
    const since = this.#deps.clock().getTime() - WATCHED_MS
    const frame = ephemeralFrame(event, data, this.#deps.clock().toISOString())
    const { measurements } = this.#deps
    measurements.events.add(event)
    // Read again, because memberships may have ended during the read of the relations.
    for (const connection of this.#concerned(audience)) {
      const id = viewerOf(connection)
      if (!viewers.has(id) && id !== about) continue
      const asked = 'conversation_id' in audience && isWatching(connection, audience.conversation_id, since)
      if (!isShown(published, { id, relation: relations.get(id), asked })) continue
      measurements.deliveries += 1
      connection.send(frame)
    }
  }

  /** Somebody is typing only until they are removed or send a message, which may have happened before this came. */
  async #isOver({ event, about, audience }: Published): Promise<boolean> {
    if (event !== 'typing.started' || !('conversation_id' in audience)) return false
    const { conversation_id } = audience
    if (stillTypes(audience, await this.#deps.members.find(conversation_id, about))) return false
    this.#typing.forget(conversation_id, about)
    return true
  }

  *#concerned(audience: Audience): Iterable<Connection> {
    const { hub } = this.#deps
    if ('conversation_id' in audience) yield* hub.readers(audience.conversation_id)
    else
      for (const user_id of audience.user_ids)
        for (const connection of hub.connections(user_id)) if (connection.ready) yield connection
  }

  [Symbol.dispose](): void {
    this.#typing[Symbol.dispose]()
  }
}

const NO_RELATIONS: Awaited<ReturnType<Contacts['relations']>> = new Map()

function aboutWhom(data: EventData<EphemeralEvent>): string {
  return 'user' in data ? data.user.id : data.user_id
}

function viewerOf({ identity }: Connection): string {
  return identity?.user_id ?? ''
}

function isWatching({ watched }: Connection, conversation_id: string, since: number): boolean {
  return watched !== null && watched.conversation_id === conversation_id && watched.at >= since
}
