import type { Logger } from '../logger.ts'
import { ALL_NODES, type Bus, type PresenceNote } from '../ports/bus.ts'
import type { Statuses } from '../ports/statuses.ts'
import type { Users } from '../ports/storage.ts'
import type { Hub } from './hub.ts'
import { chunks } from './relations.ts'

/** How long a user stays online after their last connection has ended (specification, Status). */
const GRACE_MS = 5_000
/** How often a node says that it lives. */
const ALIVE_MS = 5_000
/** The users of a node that has said nothing for this long are no longer online (specification, Status: within 30 s). */
const SILENT_MS = 20_000
/** The users of a node that has said nothing for this long may have left it unheard: half as long again as it should take. */
const CURRENT_MS = 7_500
/** How often it is looked for what has ended. */
const LOOK_MS = 250
/** Users in one note. */
const USERS_AT_ONCE = 500
/** Users whose last activity is stored side by side. */
const STORED_AT_ONCE = 100
/** How long storing it may take when the server stops. */
const STOPPING_MS = 2_000
const MAX_NODES = 1_000
/** How often a node that has missed notes asks for all users of another one. */
const ASK_MS = 1_000

interface Deps {
  hub: Hub
  bus: Bus
  statuses: Pick<Statuses, 'touch' | 'remove'>
  users: Pick<Users, 'findMany'>
  clock: () => Date
  /** Milliseconds of a monotonic clock. */
  monotonic: () => number
  logger: Logger
}

/** A user with connections here. `ends`: when they stop being online, by the monotonic clock; null while they are connected. */
interface Local {
  connected_at: string
  ends: number | null
}

/**
 * What this node knows of another one. `version` counts its changes; `whole`: the users listed so far while a list is coming.
 * `current`: no change of it was missed when it was last heard; false once the bus is lost.
 */
interface Remote {
  version: number
  current: boolean
  heard: number
  asked: number
  users: Map<string, string>
  whole: { version: number; users: Map<string, string> } | null
}

/**
 * Who is connected, on this node and on the others. Each node tells the others the users who come and go, and every 5 s that it
 * lives and how many changes it has told. A node that has missed a change asks for all users. Nothing of it is stored but the time
 * at which a user went offline.
 */
export class Online implements AsyncDisposable {
  readonly #deps: Deps
  readonly #node = crypto.randomUUID()
  readonly #local = new Map<string, Local>()
  readonly #remote = new Map<string, Remote>()
  readonly #listeners: ((user_ids: readonly string[]) => void)[] = []
  readonly #timer: Timer
  #version = 0
  #told_at = -Infinity

  constructor(deps: Deps) {
    const { hub, bus, monotonic } = deps
    this.#deps = deps
    hub.onCame(user_id => this.#came(user_id))
    hub.onGone(user_id => this.#gone(user_id))
    bus.onNote(note => {
      if (note.kind === 'presence') this.#take(note)
      if (note.kind === 'presence_wanted' && note.node === this.#node) this.#tellAll()
    })
    bus.onLost(() => {
      for (const remote of this.#remote.values()) remote.current = false
    })
    bus.onRestored(() => {
      for (const [node, remote] of this.#remote) this.#ask(node, remote, monotonic())
    })
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
    this.#look()
  }

  /** When the user connected; null: they have no connection on any node. */
  connectedAt(user_id: string): string | null {
    const times = [this.#local.get(user_id)?.connected_at]
    for (const { users } of this.#remote.values()) times.push(users.get(user_id))
    return (
      times
        .flatMap(at => at ?? [])
        .toSorted()
        .at(-1) ?? null
    )
  }

  /**
   * Whether the user certainly has a connection. One that has just ended on another node counts until that node tells, 5 s later.
   * Those on a node do not count while the bus is lost, and when the node is not heard in time: they may have ended unheard.
   */
  isConnected(user_id: string): boolean {
    if (this.#local.get(user_id)?.ends === null) return true
    const since = this.#deps.monotonic() - CURRENT_MS
    return [...this.#remote.values()].some(
      ({ current, heard, users }) => current && heard >= since && users.has(user_id),
    )
  }

  /** Calls the listener with users who have come online on a node, or gone offline there. */
  onChange(listener: (user_ids: readonly string[]) => void): void {
    this.#listeners.push(listener)
  }

  /** The number of users who are online on any node. */
  get count(): number {
    const users = new Set(this.#local.keys())
    for (const { users: others } of this.#remote.values()) for (const user_id of others.keys()) users.add(user_id)
    return users.size
  }

  #came(user_id: string): void {
    const known = this.#local.get(user_id)
    if (known) {
      known.ends = null
      return
    }
    const connected_at = this.#deps.clock().toISOString()
    this.#local.set(user_id, { connected_at, ends: null })
    this.#tell([[user_id, connected_at]], [])
    this.#changed([user_id])
  }

  #gone(user_id: string): void {
    const known = this.#local.get(user_id)
    if (known) known.ends = this.#deps.monotonic() + GRACE_MS
  }

  #look(): void {
    const now = this.#deps.monotonic()
    const left = [...this.#local].flatMap(([user_id, { ends }]) => (ends !== null && ends <= now ? [user_id] : []))
    for (const user_id of left) this.#local.delete(user_id)
    if (left.length > 0) void this.#end(left)
    for (const [node, { heard }] of this.#remote) if (now - heard > SILENT_MS) this.#forget(node)
    if (now - this.#told_at >= ALIVE_MS) this.#send({ version: this.#version, online: [], offline: [], whole: null })
  }

  /** Stores the time first, so that it is part of what is told. Users who have come back meanwhile stay online. */
  async #end(left: readonly string[]): Promise<void> {
    await this.#remember(left)
    const ended = left.filter(user_id => !this.#local.has(user_id))
    for (const some of chunks(ended, USERS_AT_ONCE)) this.#tell([], some)
    this.#changed(ended)
  }

  async #remember(user_ids: readonly string[]): Promise<void> {
    const { statuses, users, clock, logger } = this.#deps
    const at = clock().toISOString()
    try {
      for (const some of chunks(user_ids, STORED_AT_ONCE)) {
        await Promise.all(some.map(user_id => statuses.touch(user_id, at)))
        // Their connections ended because the account was deleted, and its status before that. Asked afterwards, so that a
        // deletion is either seen here or removes the status after this.
        const deleted = (await users.findMany(some)).filter(user => user.deleted)
        await Promise.all(deleted.map(({ id }) => statuses.remove(id)))
      }
    } catch (error) {
      logger.warn({ err: error }, 'the time of the last activity could not be stored')
    }
  }

  #tell(online: PresenceNote['online'], offline: PresenceNote['offline']): void {
    this.#version += 1
    this.#send({ version: this.#version, online, offline, whole: null })
  }

  /** All users of this node, in as many notes as needed. */
  #tellAll(): void {
    const users = [...this.#local].map(([user_id, { connected_at }]): [string, string] => [user_id, connected_at])
    for (let at = 0; at === 0 || at < users.length; at += USERS_AT_ONCE)
      this.#send({
        version: this.#version,
        online: users.slice(at, at + USERS_AT_ONCE),
        offline: [],
        whole: { first: at === 0, count: users.length },
      })
  }

  #send(note: Omit<PresenceNote, 'kind' | 'node'>): void {
    this.#told_at = this.#deps.monotonic()
    this.#deps.bus.publish(ALL_NODES, { kind: 'presence', node: this.#node, ...note })
  }

  #take({ node, version, online, offline, whole }: PresenceNote): void {
    const now = this.#deps.monotonic()
    if (!this.#remote.has(node) && this.#remote.size >= MAX_NODES) return
    const remote: Remote = this.#remote.get(node) ?? {
      version: 0,
      current: false,
      heard: now,
      asked: -Infinity,
      users: new Map(),
      whole: null,
    }
    this.#remote.set(node, remote)
    remote.heard = now
    if (whole) {
      if (whole.first) remote.whole = { version, users: new Map() }
      // The rest of a list whose beginning was lost.
      if (remote.whole?.version !== version) return
      for (const [user_id, at] of online) remote.whole.users.set(user_id, at)
      if (remote.whole.users.size < whole.count) return
      const before = remote.users
      Object.assign(remote, { users: remote.whole.users, version, current: true, whole: null })
      this.#changed(
        [...new Set([...before.keys(), ...remote.users.keys()])].filter(id => before.has(id) !== remote.users.has(id)),
      )
      return
    }
    const changes = online.length + offline.length > 0
    if (version !== remote.version + (changes ? 1 : 0)) {
      remote.current = false
      return this.#ask(node, remote, now)
    }
    remote.current = true
    if (!changes) return
    remote.version = version
    for (const [user_id, at] of online) remote.users.set(user_id, at)
    for (const user_id of offline) remote.users.delete(user_id)
    this.#changed([...online.map(([user_id]) => user_id), ...offline])
  }

  #ask(node: string, remote: Remote, now: number): void {
    if (now - remote.asked < ASK_MS) return
    remote.asked = now
    this.#deps.bus.publish(ALL_NODES, { kind: 'presence_wanted', node })
  }

  /** The node is dead, or cannot be heard. */
  #forget(node: string): void {
    const users = this.#remote.get(node)?.users
    this.#remote.delete(node)
    if (users) this.#changed([...users.keys()])
  }

  #changed(user_ids: readonly string[]): void {
    if (user_ids.length > 0) for (const listener of this.#listeners) listener(user_ids)
  }

  /** Tells the others that the users of this node are gone; those who connect to another node stay online by it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    const users = [...this.#local.keys()]
    this.#local.clear()
    await Promise.race([this.#remember(users), Bun.sleep(STOPPING_MS)])
    for (const some of chunks(users, USERS_AT_ONCE)) this.#tell([], some)
  }
}
