import { AppError } from '../../contracts/errors.ts'
import { EXPIRY_GRACE_MS } from '../../contracts/socket.ts'
import type { Caller } from '../context.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Storage } from '../ports/storage.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { Feed, type Positions } from './feed.ts'
import type { Hub } from './hub.ts'
import type { Followed, SyncPage, SyncSource } from './sync-source.ts'

const MOST_BYTES = 256 * 1024
/** A follower stores its positions, and asks whether its session still stands, at most this often. */
const STORED_EVERY_MS = 1_000
/** Seconds after which somebody with too many subscriptions may try again. */
const RETRY_SECONDS = 10

interface Uses {
  storage: Pick<Storage, 'log' | 'members' | 'cursors'>
  hub: Hub
  limit: ConnectionLimit
  dispatch: Pick<Dispatch, 'stands'>
  clock: () => Date
  /** Aborts when the server stops. */
  stopping: AbortSignal
}

/** What was missed, read from the log by positions that a stored cursor names. */
export function openSync(uses: Uses): SyncSource {
  const { hub, limit, dispatch, clock, stopping } = uses

  async function page({ id: user_id }: Caller, cursor: string | null): Promise<SyncPage> {
    const feed = new Feed(uses, user_id)
    const record = cursor === null ? null : await feed.recall(cursor)
    const [positions, resync] = await feed.align(record?.positions ?? null)
    if (cursor === null) return { events: [], resync: [], cursor: await feed.store(positions), has_more: false }
    const [events, has_more] = await feed.read(positions, MOST_BYTES)
    const unchanged = record !== null && feed.isFresh(record) && events.length === 0 && resync.length === 0
    return { events, resync, cursor: unchanged ? cursor : await feed.store(positions), has_more }
  }

  async function* follow(caller: Caller, cursor: string | null, gone: AbortSignal): AsyncGenerator<Followed> {
    const release = limit.take(caller.id)
    if (!release) throw new AppError('rate_limited', { retry_after: RETRY_SECONDS })
    const signal = AbortSignal.any([gone, stopping])
    const bell = new Bell(signal)
    const timer = setInterval(() => bell.ring(), STORED_EVERY_MS)
    let unfollow = () => {}
    try {
      const feed = new Feed(uses, caller.id)
      const record = cursor === null ? null : await feed.recall(cursor)
      let [positions, resync] = await feed.align(record?.positions ?? null)
      let stored = record && cursor !== null ? cursor : await feed.store(positions)
      let stored_at = clock().getTime()
      if (cursor !== null) for (const each of resync) yield { cursor: stored, frame: { type: 'resync', ...each } }
      for (let known: number | undefined; !signal.aborted && (await stands(caller));) {
        if (positions[caller.id] !== known) {
          // Something was joined or left: from the change of joining on it is read too.
          positions = joined(positions, await feed.streams())
          known = positions[caller.id]
          const before = unfollow
          unfollow = hub.follow(await feed.heads(Object.keys(positions)), () => bell.ring())
          before()
        }
        const [frames, more] = await feed.read(positions, MOST_BYTES)
        for (const frame of frames) yield { cursor: stored, frame }
        if (frames.length > 0 && clock().getTime() - stored_at >= STORED_EVERY_MS) {
          stored = await feed.store(positions)
          stored_at = clock().getTime()
        }
        if (!more && frames.length === 0) await bell.rung()
      }
    } finally {
      clearInterval(timer)
      unfollow()
      release()
    }
  }

  async function stands({ session, token_expires_at }: Caller): Promise<boolean> {
    const expired = clock().getTime() > Date.parse(token_expires_at) + EXPIRY_GRACE_MS
    return !expired && dispatch.stands(session.id)
  }

  return { page, follow }
}

function joined(positions: Positions, streams: ReadonlyMap<string, number>): Positions {
  return Object.fromEntries([...streams].map(([stream, from]) => [stream, positions[stream] ?? from]))
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
