import type { SessionRecord, UserRecord } from '../domain/records.ts'
import type { Storage } from '../ports/storage.ts'

/** How long a user and a session may be cached (specification, Roles). */
const CACHED_MS = 1_000

export interface Principal {
  user: UserRecord
  session: SessionRecord
}

/** Not ended, not expired, and its user neither disabled nor deleted. */
export function isActive({ user, session }: Principal, now: Date): boolean {
  return !user.disabled && !user.deleted && session.revoked_at === null && session.expires_at > now.toISOString()
}

/** Sessions with their users as storage had them at most a second ago; never from a token. */
export interface SessionCache {
  /** null: no such session. A revoked or expired one is returned as it is. */
  find(session_id: string): Promise<Principal | null>
  /** As `find`, without the cache. */
  read(session_id: string): Promise<Principal | null>
  /** Drops what is cached of the user. */
  forgetUser(user_id: string): void
  /** These sessions have ended: drops them and calls the listeners, which close their sockets. `elsewhere`: on another node. */
  ended(session_ids: readonly string[], elsewhere?: boolean): void
  onEnded(listener: (session_ids: readonly string[], elsewhere: boolean) => void): void
}

export function openSessionCache(storage: Pick<Storage, 'users' | 'sessions'>, clock: () => Date): SessionCache {
  /** In the order of `at`. */
  const cached = new Map<string, { principal: Principal; at: number }>()
  const listeners: Parameters<SessionCache['onEnded']>[0][] = []
  /** Reads in flight. An invalidation during a read marks it stale, and it reads again. */
  const reads = new Set<{ session_id: string; stale: boolean }>()

  async function read(session_id: string): Promise<Principal | null> {
    const session = await storage.sessions.find(session_id)
    const user = session && (await storage.users.find(session.user_id))
    return session && user && { user, session }
  }

  return {
    read,
    async find(session_id) {
      const now = clock().getTime()
      const known = cached.get(session_id)
      if (known && now - known.at < CACHED_MS) return known.principal
      for (;;) {
        const present = { session_id, stale: false }
        reads.add(present)
        const principal = await read(session_id).finally(() => reads.delete(present))
        if (present.stale) continue
        if (!principal) return null
        for (const [oldest, { at }] of cached) {
          if (now - at < CACHED_MS) break
          cached.delete(oldest)
        }
        cached.delete(session_id)
        cached.set(session_id, { principal, at: now })
        return principal
      }
    },
    forgetUser(user_id) {
      for (const each of reads) each.stale = true
      for (const [session_id, { principal }] of cached) if (principal.user.id === user_id) cached.delete(session_id)
    },
    ended(session_ids, elsewhere = false) {
      for (const each of reads) each.stale ||= session_ids.includes(each.session_id)
      for (const session_id of session_ids) cached.delete(session_id)
      for (const listener of listeners) listener(session_ids, elsewhere)
    },
    onEnded(listener) {
      listeners.push(listener)
    },
  }
}
