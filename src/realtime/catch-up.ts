import { endsReading } from '../../contracts/readers.ts'
import type { EventFrame } from '../../contracts/socket.ts'
import type { CursorRecord } from '../ports/cursors.ts'
import type { Storage, StoredEntry } from '../ports/storage.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** How long the positions behind a cursor are kept (specification, Resume). */
const KEPT_MS = 7 * DAY_MS
const READ_AT_ONCE = 500

/** stream → the last change that was sent. */
export type Positions = Record<string, number>
export type Resync = { stream: string; change: number }

interface Deps {
  storage: Pick<Storage, 'log' | 'members' | 'cursors'>
  clock: () => Date
}

/** The log as one user reads it, from positions that a stored cursor names. */
export class CatchUpReader {
  readonly #deps: Deps
  readonly user_id: string

  constructor(deps: Deps, user_id: string) {
    this.#deps = deps
    this.user_id = user_id
  }

  /** Stores positions and returns their cursor. Equal positions have the same cursor. */
  async store(positions: Positions): Promise<string> {
    const { storage, clock } = this.#deps
    const sorted = Object.entries(positions).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const id = new Bun.CryptoHasher('sha256').update(JSON.stringify([this.user_id, sorted])).digest('base64url')
    const expires_at = new Date(clock().getTime() + KEPT_MS).toISOString()
    await storage.cursors.save({ id, user_id: this.user_id, positions: { ...positions }, expires_at })
    return id
  }

  async recall(cursor: string): Promise<CursorRecord | null> {
    const { storage, clock } = this.#deps
    const record = await storage.cursors.find(cursor)
    return record && record.user_id === this.user_id && record.expires_at > clock().toISOString() ? record : null
  }

  /** Whether a cursor was stored recently, so that it need not be stored again. */
  isFresh({ expires_at }: CursorRecord): boolean {
    return Date.parse(expires_at) - this.#deps.clock().getTime() > KEPT_MS - DAY_MS
  }

  /** The streams that the user may read now, the user stream first, each with the change from which it may be read. */
  async streams(): Promise<Map<string, number>> {
    const memberships = await this.#deps.storage.members.ofUser(this.user_id)
    return new Map([
      [this.user_id, 0],
      ...memberships.map(({ member }) => [member.conversation_id, member.joined_change] as const),
    ])
  }

  lastChanges(streams: Iterable<string>): Promise<Map<string, number>> {
    return this.#deps.storage.log.lastChanges([...streams])
  }

  /**
   * Splits positions into those that can be replayed from and streams to fetch again. A stream without a position was joined
   * after the position in the user stream, whose replay has its `conversation.joined`: it is read from there on.
   */
  async align(positions: Positions | null): Promise<[Positions, Resync[]]> {
    const streams = await this.streams()
    const heads = await this.lastChanges(streams.keys())
    const own = positions?.[this.user_id]
    const bringsJoined = own !== undefined && own <= (heads.get(this.user_id) ?? 0)
    const [aligned, resync]: [Positions, Resync[]] = [{}, []]
    for (const [stream, from] of streams) {
      const head = heads.get(stream) ?? 0
      const position = positions?.[stream] ?? (bringsJoined ? from : undefined)
      if (position !== undefined && position >= from - 1 && position <= head) aligned[stream] = position
      else resync.push({ stream, change: (aligned[stream] = head) })
    }
    return [aligned, resync]
  }

  /**
   * Reads events after the positions, about `most_bytes` of data in UTF-8, and whether there are more. Moves the positions
   * forward.
   */
  async read(positions: Positions, most_bytes: number): Promise<[EventFrame[], boolean]> {
    const frames: EventFrame[] = []
    let left = most_bytes
    for (const stream of Object.keys(positions)) {
      for (;;) {
        if (left <= 0) return [frames, true]
        const entries = await this.#deps.storage.log.read(stream, positions[stream] ?? 0, READ_AT_ONCE, left)
        const end = entries.findIndex(entry => endsReading(entry, this.user_id))
        for (const entry of end === -1 ? entries : entries.slice(0, end + 1)) {
          frames.push(toFrame(entry))
          left -= Buffer.byteLength(entry.json)
          positions[stream] = entry.change
        }
        if (end !== -1) delete positions[stream]
        if (end !== -1 || entries.length === 0) break
      }
    }
    return [frames, false]
  }
}

function toFrame({ event, stream, change, json, at }: StoredEntry): EventFrame {
  return { type: 'event', event, stream, change, data: JSON.parse(json) as EventFrame['data'], at }
}
