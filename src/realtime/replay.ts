import { endsReading } from '../../contracts/readers.ts'
import type { EventData } from '../../contracts/events.ts'
import { MAX_REPLAY_UNSENT } from '../../contracts/limits.ts'
import type { Log, Members, StoredEntry } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import { eventFrame, RESUMED, resyncFrame } from './frames.ts'
import type { Hub } from './hub.ts'

const READ_AT_ONCE = 500
const BYTES_AT_ONCE = 128 * 1024

export interface ReplayDeps {
  hub: Hub
  epoch: string
  log: Pick<Log, 'read' | 'lastChanges'>
  members: Pick<Members, 'find' | 'ofUser'>
}

/** A client's positions: the last change that it has of each stream, in the history of `epoch`. */
export interface Resume {
  epoch: string
  positions: Readonly<Record<string, number>>
}

/**
 * The client's position in a stream. `joined`: it has the `conversation.joined` of the user stream, and nothing of the
 * conversation's stream. `unknown`: the position is of another history.
 */
export type Position = number | 'joined' | 'unknown'

interface Replay {
  /** The streams that are left to replay. */
  missing: Map<string, Position>
  /** All streams that the client named, also those that are live. */
  named: Resume['positions']
}

/** Where reading begins. `resync`: the entries before it cannot be replayed. */
interface Start {
  from: number
  resync: boolean
}

/**
 * The replays of one connection: one `resume` after the other, beside the calls. Each has three phases.
 *
 * 1. Hold, at once: live events of the named streams stop, except of those that the client has completely.
 * 2. Read, stream by stream: the log from the client's position on. The user stream is first. Conversations that it reports as
 *    joined are not live from there on and are read last, from the change of joining. If the user stream cannot be replayed, every
 *    conversation that is not named answers `resync`.
 * 3. Join, at the end of the log: in the tick in which the hub has emitted as much, the stream becomes live again.
 *
 * Maintained invariant: a stream is either live for the connection or still to be read here, never both. So nothing is sent
 * twice, nothing is left out, and the events of a conversation come after the event that reports it as joined.
 */
export class Replays {
  readonly #deps: ReplayDeps
  readonly #connection: Connection
  readonly #user_id: string
  /** The present `resume` first. */
  readonly #waiting: Replay[] = []
  /** The stream that is being read. */
  #reading: string | null = null

  constructor(deps: ReplayDeps, connection: Connection, user_id: string) {
    this.#deps = deps
    this.#connection = connection
    this.#user_id = user_id
  }

  get count(): number {
    return this.#waiting.length
  }

  /** Whether the stream will become live by a replay. */
  includes(id: string): boolean {
    return this.#reading === id || this.#waiting.some(({ missing }) => missing.has(id))
  }

  /** Holds the streams of one more `resume`; `named` has those too that became live with `ready`. */
  add({ epoch, positions }: Resume, named: Resume['positions']): void {
    const { hub, epoch: present } = this.#deps
    const missing = new Map<string, Position>()
    for (const [id, position] of Object.entries(positions)) {
      if (epoch === present && hub.reads(id, this.#connection, position)) continue
      hub.leave(id, this.#connection)
      missing.set(id, epoch === present ? position : 'unknown')
    }
    this.#waiting.push({ missing, named })
  }

  /** Carries out the waiting replays. When it resolves or rejects, the connection has none. */
  async run(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next && this.#connection.open; next = this.#waiting[0]) {
        await this.#carryOut(next)
        this.#connection.send(RESUMED)
        this.#waiting.shift()
      }
    } finally {
      this.#connection.replays = null
    }
  }

  async #carryOut({ missing }: Replay): Promise<void> {
    const own = this.#user_id
    const order = missing.has(own) ? [own, ...missing.keys()] : [...missing.keys()]
    const heads = await this.#deps.log.lastChanges(order)
    const withOwn = missing.has(own)
    for (const id of new Set(order)) {
      await this.#replay(id, missing.get(id) ?? 'unknown', heads.get(id) ?? 0)
      missing.delete(id)
    }
    if (withOwn) await this.#replayJoined()
  }

  /** The conversations that the replay of the own stream has brought. */
  async #replayJoined(): Promise<void> {
    const joined = this.#joined
    const heads = await this.#deps.log.lastChanges([...joined.keys()])
    for (let [next] = joined; next && this.#connection.open; [next] = joined) {
      const [id, position] = next
      // A later `resume` that names it has its own position.
      if (!this.#isNamed(id)) await this.#replay(id, position, heads.get(id) ?? 0)
      joined.delete(id)
    }
    this.#connection.joined = null
  }

  async #replay(id: string, position: Position, head: number): Promise<void> {
    this.#reading = id
    try {
      let start = await this.#startOf(id, position, head)
      while (start && this.#connection.open) {
        const left = await this.#read(id, start)
        // The user may have been added again.
        start = left === null ? null : await this.#startOf(id, left, left)
      }
    } finally {
      this.#reading = null
    }
  }

  /** null: the user cannot read the stream now. */
  async #startOf(id: string, position: Position, head: number): Promise<Start | null> {
    const known = typeof position === 'number' && position <= head
    if (id === this.#user_id) return { from: known ? position : head, resync: !known }
    const member = await this.#deps.members.find(id, this.#user_id)
    if (!member) return null
    if (position === 'joined') return { from: member.joined_change, resync: false }
    // The user may not read what came before this membership.
    if (known && position >= member.joined_change - 1) return { from: position, resync: false }
    return { from: Math.max(head, member.joined_change), resync: true }
  }

  /** Sends the log from the start on until the stream is live (null), or returns the change at which the user left. */
  async #read(id: string, start: Start): Promise<number | null> {
    const { hub, log } = this.#deps
    const connection = this.#connection
    let at = start.from
    let release: (() => void) | null = null
    hub.leave(id, connection)
    if (start.resync) connection.send(resyncFrame(id, at))
    if (start.resync && id === this.#user_id) await this.#expectAll()
    try {
      for (;;) {
        await connection.settled(MAX_REPLAY_UNSENT)
        if (!connection.open) return null
        const entries = await log.read(id, at, READ_AT_ONCE, BYTES_AT_ONCE)
        if (!connection.open) return null
        for (const entry of entries) {
          connection.send(eventFrame(entry))
          at = entry.change
          if (id === this.#user_id) this.#expect(entry)
          else if (endsReading(entry, this.#user_id)) return at
        }
        if (entries.length > 0) continue
        if (!release) {
          // From here on the hub takes the stream's entries, so that none is missed between the last read and joining.
          release = hub.watch(new Map([[id, at]]), ignore)
          continue
        }
        if (hub.join(id, connection, at)) return null
        await hub.caughtUp(id)
      }
    } finally {
      release?.()
    }
  }

  /** Follows an entry of the user stream: a conversation that was joined is read from there on, one that was left is not. */
  #expect(entry: StoredEntry): void {
    const id = joinedBy(entry)
    if (id !== null && !this.#isNamed(id)) {
      this.#deps.hub.leave(id, this.#connection)
      this.#joined.set(id, 'joined')
    }
    const left = leftBy(entry)
    if (left !== null) this.#joined.delete(left)
  }

  async #expectAll(): Promise<void> {
    for (const { member } of await this.#deps.members.ofUser(this.#user_id))
      if (!this.#isNamed(member.conversation_id)) this.#joined.set(member.conversation_id, 'unknown')
  }

  get #joined(): Map<string, Position> {
    return (this.#connection.joined ??= new Map())
  }

  #isNamed(id: string): boolean {
    return this.#waiting.some(({ named }) => Object.hasOwn(named, id))
  }
}

/**
 * The conversations that a replay of the user stream adds to those that the client names: those that the user joined after the
 * client's position there, or all if that position is of another history.
 */
export async function broughtByOwnStream(
  { log, epoch }: Pick<ReplayDeps, 'epoch' | 'log'>,
  user_id: string,
  wanted: Resume,
  head: number,
): Promise<(id: string) => boolean> {
  let at = wanted.positions[user_id]
  if (at === undefined || (wanted.epoch === epoch && at === head)) return () => false
  if (wanted.epoch !== epoch || at > head) return id => id !== user_id
  const joined = new Set<string>()
  for (;;) {
    const entries = await log.read(user_id, at, READ_AT_ONCE, BYTES_AT_ONCE)
    for (const entry of entries) {
      at = entry.change
      const id = joinedBy(entry)
      if (id !== null) joined.add(id)
    }
    if (entries.length === 0) return id => joined.has(id)
  }
}

/** Cast: the log contains events as contracts/events.ts defines them. */
function joinedBy({ event, json }: StoredEntry): string | null {
  return event === 'conversation.joined' ? (JSON.parse(json) as EventData<'conversation.joined'>).conversation.id : null
}

function leftBy({ event, json }: StoredEntry): string | null {
  return event === 'conversation.left' ? (JSON.parse(json) as EventData<'conversation.left'>).conversation_id : null
}

const ignore = () => undefined
