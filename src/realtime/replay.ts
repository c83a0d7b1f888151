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

/** Where a client's reading ended: the changes it has, per stream, in the history that `epoch` names. */
export interface Resume {
  epoch: string
  positions: Readonly<Record<string, number>>
}

/**
 * The change that the client has of a stream. `joined`: it has the `conversation.joined` in its own stream, and nothing of the
 * conversation's. `unknown`: what it has cannot be known here.
 */
export type Position = number | 'joined' | 'unknown'

interface Replay {
  /** The streams to replay, until it is done. */
  missing: Map<string, Position>
  /** What the client named, also what is live already. */
  named: Resume['positions']
}

/** Where reading begins. `resync`: what comes before it cannot be had. */
interface Start {
  from: number
  resync: boolean
}

/**
 * The replays of one connection: one `resume` after the other, beside the calls. Each has three phases.
 *
 * 1. Hold, at once: live events of the streams that it names stop, except where the client has everything.
 * 2. Read, stream by stream: the log from the client's position on. The user's own stream comes first; the conversations that it
 *    says were joined are not live from there on and are read last, from the change of joining. Where the own stream cannot be
 *    replayed, every conversation that is not named answers `resync`.
 * 3. Join, where the log ends: in the tick in which the hub has emitted just as much, the stream becomes live again.
 *
 * Maintained invariant: a stream is either live for the connection or still to be read here, never both. So nothing is sent
 * twice, nothing is left out, and what follows in a conversation comes after the event by which the client learns of it.
 */
export class Replays {
  readonly #deps: ReplayDeps
  readonly #connection: Connection
  readonly #user_id: string
  /** The present one first. */
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

  /** Carries out what waits; the connection has no replays any more when it resolves or rejects. */
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
        // Whoever was removed may have been added again.
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
    // What came before this membership is not the user's to read.
    if (known && position >= member.joined_change - 1) return { from: position, resync: false }
    return { from: Math.max(head, member.joined_change), resync: true }
  }

  /** Sends the log from the start on until the stream is live (null), or gives the change by which the user left it. */
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
          // From here on the hub sees what is committed: nothing falls between the last read and the joining.
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

  /** From an entry of the own stream on: a conversation that was joined is read from there, one that was left is not. */
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
 * Which conversations a replay of the own stream will bring that a client does not name: those that it joined since its position
 * there, or all where that position means nothing here.
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

/** The log holds what contracts/events.ts says of each event. */
function joinedBy({ event, json }: StoredEntry): string | null {
  return event === 'conversation.joined' ? (JSON.parse(json) as EventData<'conversation.joined'>).conversation.id : null
}

function leftBy({ event, json }: StoredEntry): string | null {
  return event === 'conversation.left' ? (JSON.parse(json) as EventData<'conversation.left'>).conversation_id : null
}

const ignore = () => undefined
