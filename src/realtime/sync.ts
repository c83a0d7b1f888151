import { AppError } from '../../contracts/errors.ts'
import { MAX_ANSWER_BYTES } from '../../contracts/limits.ts'
import { EXPIRY_GRACE_MS } from '../../contracts/socket.ts'
import type { Gate } from '../gate.ts'
import type { Identity } from '../domain/identity.ts'
import type { Storage } from '../ports/storage.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { CatchUpReader, type Positions } from './catch-up.ts'
import type { Hub } from './hub.ts'
import type { Followed, SyncPage, SyncSource } from '../ports/sync.ts'

/** A subscription stores its positions and checks its session at most this often. */
const STORED_EVERY_MS = 1_000
/** `retry_after` of a user with too many subscriptions, in seconds. */
const RETRY_SECONDS = 10

interface Deps {
  storage: Pick<Storage, 'log' | 'members' | 'cursors'>
  hub: Hub
  connections: ConnectionLimit
  gate: Pick<Gate, 'isActive'>
  clock: () => Date
  /** Aborts when the server stops. */
  stopping: AbortSignal
}

/** Reads missed events from the log by the positions of a stored cursor. */
export function openSync(deps: Deps): SyncSource {
  const { hub, connections, gate, clock, stopping } = deps

  async function page({ user_id }: Identity, cursor: string | null): Promise<SyncPage> {
    const reader = new CatchUpReader(deps, user_id)
    const record = cursor === null ? null : await reader.recall(cursor)
    const [positions, resync] = await reader.align(record?.positions ?? null)
    if (cursor === null) return { events: [], resync: [], cursor: await reader.store(positions), has_more: false }
    const [events, has_more] = await reader.read(positions, MAX_ANSWER_BYTES)
    const unchanged = record !== null && reader.isFresh(record) && events.length === 0 && resync.length === 0
    return { events, resync, cursor: unchanged ? cursor : await reader.store(positions), has_more }
  }

  async function* follow(identity: Identity, cursor: string | null, gone: AbortSignal): AsyncGenerator<Followed> {
    const { user_id } = identity
    const release = await connections.take(user_id)
    if (!release) throw new AppError('rate_limited', { retry_after: RETRY_SECONDS })
    const signal = AbortSignal.any([gone, stopping])
    const bell = new Bell(signal)
    const timer = setInterval(() => bell.ring(), STORED_EVERY_MS)
    let unwatch = () => {}
    try {
      const reader = new CatchUpReader(deps, user_id)
      const record = cursor === null ? null : await reader.recall(cursor)
      const [start, resync] = await reader.align(record?.positions ?? null)
      let positions = start
      // Under the cursor that was given: a client that is cut off here gets all of them again.
      if (cursor !== null) for (const each of resync) yield { cursor, frame: { type: 'resync', ...each } }
      let stored = record && cursor !== null && resync.length === 0 ? cursor : await reader.store(positions)
      let stored_at = clock().getTime()
      yield { cursor: stored, frame: { type: 'cursor' } }
      for (let known: number | undefined; !signal.aborted && (await isActive(identity));) {
        if (positions[user_id] !== known) {
          // A conversation was joined or left. One that was joined is read from the change of joining on.
          positions = joined(positions, await reader.streams())
          known = positions[user_id]
          const before = unwatch
          unwatch = hub.watch(await reader.lastChanges(Object.keys(positions)), () => bell.ring())
          before()
        }
        const [frames, more] = await reader.read(positions, MAX_ANSWER_BYTES)
        for (const frame of frames) yield { cursor: stored, frame }
        if (frames.length > 0 && clock().getTime() - stored_at >= STORED_EVERY_MS) {
          stored = await reader.store(positions)
          stored_at = clock().getTime()
        }
        if (!more && frames.length === 0) await bell.rung()
      }
    } finally {
      clearInterval(timer)
      unwatch()
      release()
    }
  }

  async function isActive(identity: Identity): Promise<boolean> {
    const expired = clock().getTime() > Date.parse(identity.expires_at) + EXPIRY_GRACE_MS
    return !expired && gate.isActive(identity)
  }

  return { page, follow }
}

function joined(positions: Positions, streams: ReadonlyMap<string, number>): Positions {
  return Object.fromEntries([...streams].map(([stream, from]) => [stream, positions[stream] ?? from]))
}

/** Remembers a ring that came before `rung` was called. */
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
