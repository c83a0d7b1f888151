import type { Status } from '../../contracts/entities.ts'
import type { Relation } from '../domain/blocking.ts'
import { isShown } from '../domain/ephemeral.ts'
import { hiddenStatus, noStatus, shownStatus, statusOf } from '../domain/status.ts'
import type { Logger } from '../logger.ts'
import type { Bus } from '../ports/bus.ts'
import type { Contacts } from '../ports/contacts.ts'
import type { Presence, Subscriber } from '../ports/presence.ts'
import type { Statuses } from '../ports/statuses.ts'
import { Unavailable, type Log } from '../ports/storage.ts'
import { ephemeralFrame } from './frames.ts'
import type { Hub } from './hub.ts'
import type { Online } from './online.ts'
import { chunks, relationsOf } from './relations.ts'

/** The least time between two `presence.updated` of one user (specification, Status). */
const EVERY_MS = 1_000
/** How often it is looked for what has changed or expired. */
const LOOK_MS = 250
/** Users whose statuses are read at once. */
const USERS_AT_ONCE = 500

interface Deps {
  hub: Hub
  bus: Bus
  online: Online
  statuses: Pick<Statuses, 'findMany'>
  contacts: Pick<Contacts, 'relations'>
  log: Pick<Log, 'onCommit'>
  clock: () => Date
  /** Milliseconds of a monotonic clock. */
  monotonic: () => number
  logger: Logger
}

/** A user to whose status somebody here is subscribed. */
interface Watched {
  /** Each subscriber with its user and what it was told last, as text. */
  readonly subscribers: Map<Subscriber, { viewer_id: string; told: string }>
  /** When override, text and emoji end. */
  expires_at: string | null
  /** When the subscribers were last told, by the monotonic clock. */
  told_at: number
}

/**
 * The statuses of users as viewers see them. A change (a connection on any node, a status that was set or has expired, a block)
 * marks the user; a timer tells the subscribers of marked users, and each only what differs from what it was told last. So nobody
 * can tell a hidden change from none, and the cost follows from the subscribers and not from the size of groups.
 */
export class PresenceService implements Presence, Disposable {
  readonly #deps: Deps
  readonly #watched = new Map<string, Watched>()
  readonly #subscriptions = new Map<Subscriber, readonly string[]>()
  readonly #marked = new Set<string>()
  readonly #expiring = new Set<string>()
  readonly #timer: Timer
  #telling = false

  constructor(deps: Deps) {
    const { hub, bus, online, log } = deps
    this.#deps = deps
    online.onChange(user_ids => user_ids.forEach(user_id => this.#mark(user_id)))
    hub.onRemoved(connection => this.#replace(connection, '', []))
    bus.onNote(note => {
      if (note.kind === 'status_changed') this.#mark(note.user_id)
    })
    bus.onRestored(() => [...this.#watched.keys()].forEach(user_id => this.#mark(user_id)))
    log.onCommit(entries => {
      for (const { event, stream, json } of entries) {
        if (event !== 'contact.updated' || this.#watched.size === 0) continue
        // Cast: the data of this event.
        for (const user_id of [stream, (JSON.parse(json) as { contact_id: string }).contact_id]) this.#mark(user_id)
      }
    })
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  async statuses(viewer_id: string, user_ids: readonly string[]): Promise<Status[]> {
    const ids = [...new Set(user_ids)]
    const { statuses, contacts } = this.#deps
    const others = ids.filter(id => id !== viewer_id)
    const [records, relations] = await Promise.all([statuses.findMany(ids), contacts.relations(viewer_id, others)])
    const found = new Map(records.map(record => [record.user_id, record]))
    const now = this.#deps.clock().toISOString()
    return ids.map(id => {
      const status = statusOf(found.get(id) ?? noStatus(id), this.#deps.online.connectedAt(id), now)
      return seen(status, viewer_id, relations.get(id))
    })
  }

  async subscribe(subscriber: Subscriber, viewer_id: string, user_ids: readonly string[]): Promise<Status[]> {
    const ids = [...new Set(user_ids)]
    // A socket that was closed while its call waited is removed already: nothing would end its subscription.
    this.#replace(subscriber, viewer_id, subscriber.open ? ids : [])
    const statuses = await this.statuses(viewer_id, ids)
    for (const status of statuses) {
      const watched = this.#watched.get(status.user_id)
      const subscription = watched?.subscribers.get(subscriber)
      if (subscription) subscription.told = essence(status)
      // Marked, so that what changes while this answer is on its way is told after it, and expiry is known.
      this.#mark(status.user_id)
    }
    return statuses
  }

  changed(user_id: string): void {
    this.#deps.bus.publish(topicOf(user_id), { kind: 'status_changed', user_id })
    this.#mark(user_id)
  }

  #replace(subscriber: Subscriber, viewer_id: string, user_ids: readonly string[]): void {
    const { bus } = this.#deps
    const kept = new Set(user_ids)
    for (const user_id of this.#subscriptions.get(subscriber) ?? []) {
      const watched = this.#watched.get(user_id)
      if (!watched || kept.has(user_id)) continue
      watched.subscribers.delete(subscriber)
      if (watched.subscribers.size > 0) continue
      this.#watched.delete(user_id)
      this.#expiring.delete(user_id)
      this.#marked.delete(user_id)
      bus.unsubscribe(topicOf(user_id))
    }
    for (const user_id of user_ids) {
      const watched = this.#watched.get(user_id) ?? { subscribers: new Map(), expires_at: null, told_at: -Infinity }
      if (!this.#watched.has(user_id)) bus.subscribe(topicOf(user_id))
      this.#watched.set(user_id, watched)
      if (!watched.subscribers.has(subscriber)) watched.subscribers.set(subscriber, { viewer_id, told: '' })
    }
    if (user_ids.length > 0) this.#subscriptions.set(subscriber, user_ids)
    else this.#subscriptions.delete(subscriber)
  }

  #mark(user_id: string): void {
    if (this.#watched.has(user_id)) this.#marked.add(user_id)
  }

  async #look(): Promise<void> {
    const date = this.#deps.clock().toISOString()
    for (const user_id of this.#expiring) {
      const expires_at = this.#watched.get(user_id)?.expires_at ?? null
      if (expires_at !== null && expires_at <= date) this.#mark(user_id)
    }
    if (this.#telling || this.#marked.size === 0) return
    this.#telling = true
    const now = this.#deps.monotonic()
    const due = [...this.#marked].filter(id => now - (this.#watched.get(id)?.told_at ?? now) >= EVERY_MS)
    for (const user_id of due) this.#marked.delete(user_id)
    try {
      for (const some of chunks(due, USERS_AT_ONCE)) await this.#tell(some, now)
    } catch (error) {
      for (const user_id of due) this.#mark(user_id)
      if (!(error instanceof Unavailable)) this.#deps.logger.error({ err: error }, 'statuses could not be told')
    }
    this.#telling = false
  }

  async #tell(user_ids: readonly string[], now: number): Promise<void> {
    const { statuses, online, clock } = this.#deps
    const found = new Map((await statuses.findMany(user_ids)).map(record => [record.user_id, record]))
    for (const user_id of user_ids) {
      const watched = this.#watched.get(user_id)
      if (!watched) continue
      const viewers = new Set([...watched.subscribers.values()].map(({ viewer_id }) => viewer_id))
      viewers.delete(user_id)
      const relations = await relationsOf(this.#deps.contacts, user_id, [...viewers])
      const date = clock()
      const record = found.get(user_id) ?? noStatus(user_id)
      const status = statusOf(record, online.connectedAt(user_id), date.toISOString())
      watched.expires_at = status.expires_at
      if (status.expires_at === null) this.#expiring.delete(user_id)
      else this.#expiring.add(user_id)
      for (const [subscriber, subscription] of watched.subscribers) {
        const { viewer_id, told } = subscription
        // Not answered yet, or came during the read of the relations.
        if (told === '' || (viewer_id !== user_id && !viewers.has(viewer_id))) continue
        const data = seen(status, viewer_id, relations.get(viewer_id))
        const news = essence(data)
        if (news === told) continue
        subscription.told = news
        watched.told_at = now
        subscriber.send(ephemeralFrame('presence.updated', data, date.toISOString()))
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** The status as a viewer sees it, by the rule of `presence.updated`. A relation is the same from both sides here. */
function seen(status: Status, viewer_id: string, relation: Relation | undefined): Status {
  const { user_id } = status
  if (viewer_id === user_id) return status
  const published = { event: 'presence.updated', about: user_id, audience: { user_ids: [viewer_id] } } as const
  return isShown(published, { id: viewer_id, relation, asked: false }) ? shownStatus(status) : hiddenStatus(user_id)
}

/** What is told when it changes. The time of the last activity alone changes with every further device. */
function essence({ last_active_at: _last_active_at, ...status }: Status): string {
  return JSON.stringify(status)
}

function topicOf(user_id: string): string {
  return `status:${user_id}`
}
