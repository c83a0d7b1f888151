import { EXPIRY_GRACE_MS, type EventFrame } from '../../contracts/socket.ts'
import type { Caller } from '../context.ts'
import type { Dispatch } from '../dispatch.ts'
import type { CursorRecord, Storage, StoredEntry } from '../ports/storage.ts'
import type { Hub } from './hub.ts'
import { endOf } from './replay.ts'
import type { Followed, SyncPage, SyncSource } from './sync-source.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** How long the positions behind a cursor are kept (SPEC: 7 days). */
const KEPT_MS = 7 * DAY_MS
const MOST_BYTES = 256 * 1024
const READ_AT_ONCE = 500
/** A follower stores its positions, and asks whether its session still stands, at most this often. */
const STORED_EVERY_MS = 1_000

type Positions = Record<string, number>
type Resync = { stream: string; change: number }

interface Uses {
  storage: Pick<Storage, 'log' | 'members' | 'cursors'>
  hub: Hub
  dispatch: Dispatch
  clock: () => Date
  ids: () => string
}

/** What was missed, read from the log by positions that a stored cursor names. */
export function openSync({ storage, hub, dispatch, clock, ids }: Uses): SyncSource {
  const { log, members, cursors } = storage

  async function store(user_id: string, positions: Positions): Promise<string> {
    const id = ids()
    const expires_at = new Date(clock().getTime() + KEPT_MS).toISOString()
    await cursors.save({ id, user_id, positions: { ...positions }, expires_at })
    return id
  }

  async function recall(user_id: string, cursor: string): Promise<CursorRecord | null> {
    const record = await cursors.find(cursor)
    return record && record.user_id === user_id && record.expires_at > clock().toISOString() ? record : null
  }

  /** The streams that the user reads now, the own one first, each with the change from which it may be read. */
  async function streamsOf(user_id: string): Promise<Map<string, number>> {
    const seats = await members.ofUser(user_id)
    return new Map([
      [user_id, 0],
      ...seats.map(({ member }) => [member.conversation_id, member.joined_change] as const),
    ])
  }

  /** Brings the positions to what can be replayed from; the rest is to be fetched anew. */
  async function align(
    streams: ReadonlyMap<string, number>,
    positions: Positions | null,
  ): Promise<[Positions, Resync[]]> {
    const heads = await log.heads([...streams.keys()])
    const [aligned, resync]: [Positions, Resync[]] = [{}, []]
    for (const [stream, from] of streams) {
      const head = heads.get(stream) ?? 0
      const position = positions?.[stream]
      if (position !== undefined && position >= from - 1 && position <= head) aligned[stream] = position
      else resync.push({ stream, change: (aligned[stream] = head) })
    }
    return [aligned, resync]
  }

  async function read(user_id: string, positions: Positions, bytes: number): Promise<[EventFrame[], boolean]> {
    const frames: EventFrame[] = []
    let left = bytes
    for (const stream of Object.keys(positions)) {
      for (;;) {
        if (left <= 0) return [frames, true]
        const entries = await log.read(stream, positions[stream] ?? 0, READ_AT_ONCE, left)
        const end = endOf(entries, user_id)
        for (const entry of end === -1 ? entries : entries.slice(0, end + 1)) {
          frames.push(toFrame(entry))
          left -= entry.json.length
          positions[stream] = entry.change
        }
        if (end !== -1) delete positions[stream]
        if (end !== -1 || entries.length === 0) break
      }
    }
    return [frames, false]
  }

  async function page({ id: user_id }: Caller, cursor: string | null): Promise<SyncPage> {
    const streams = await streamsOf(user_id)
    const record = cursor === null ? null : await recall(user_id, cursor)
    const [positions, resync] = await align(streams, record?.positions ?? null)
    if (cursor === null) return { events: [], resync: [], cursor: await store(user_id, positions), has_more: false }
    const [events, has_more] = await read(user_id, positions, MOST_BYTES)
    const fresh = record !== null && Date.parse(record.expires_at) - clock().getTime() > KEPT_MS - DAY_MS
    const unchanged = fresh && events.length === 0 && resync.length === 0
    return { events, resync, cursor: unchanged ? cursor : await store(user_id, positions), has_more }
  }

  async function* follow(caller: Caller, cursor: string | null, signal: AbortSignal): AsyncGenerator<Followed> {
    const user_id = caller.id
    const record = cursor === null ? null : await recall(user_id, cursor)
    let [positions, resync] = await align(await streamsOf(user_id), record?.positions ?? null)
    let stored = record && cursor !== null ? cursor : await store(user_id, positions)
    let stored_at = clock().getTime()
    if (cursor !== null) for (const each of resync) yield { cursor: stored, frame: { type: 'resync', ...each } }
    const bell = new Bell(signal)
    const timer = setInterval(() => bell.ring(), STORED_EVERY_MS)
    let unfollow = hub.follow(
      Object.keys(positions),
      id => positions[id] ?? 0,
      () => bell.ring(),
    )
    try {
      while (!signal.aborted && (await stands(caller))) {
        const own = positions[user_id]
        const [frames, more] = await read(user_id, positions, MOST_BYTES)
        for (const frame of frames) yield { cursor: stored, frame }
        if (positions[user_id] !== own) {
          // Something was joined or left: from the change of joining on it is read too.
          const streams = await streamsOf(user_id)
          for (const [stream, from] of streams) positions[stream] ??= from
          positions = Object.fromEntries(Object.entries(positions).filter(([stream]) => streams.has(stream)))
          unfollow()
          unfollow = hub.follow(
            Object.keys(positions),
            id => positions[id] ?? 0,
            () => bell.ring(),
          )
        }
        if (frames.length > 0 && clock().getTime() - stored_at >= STORED_EVERY_MS) {
          stored = await store(user_id, positions)
          stored_at = clock().getTime()
        }
        if (!more && frames.length === 0) await bell.rung()
      }
    } finally {
      clearInterval(timer)
      unfollow()
    }
  }

  async function stands({ session, token_expires_at }: Caller): Promise<boolean> {
    const expired = clock().getTime() > Date.parse(token_expires_at) + EXPIRY_GRACE_MS
    return !expired && dispatch.stands(session.id)
  }

  return { page, follow }
}

/** Remembers a ring that came while nobody listened. */
class Bell {
  #turn = Promise.withResolvers<void>()

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring(), { once: true })
  }

  ring(): void {
    this.#turn.resolve()
  }

  async rung(): Promise<void> {
    await this.#turn.promise
    this.#turn = Promise.withResolvers<void>()
  }
}

function toFrame({ event, stream, change, json, at }: StoredEntry): EventFrame {
  return { type: 'event', event, stream, change, data: JSON.parse(json) as EventFrame['data'], at }
}
