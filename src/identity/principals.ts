import type { SessionRecord, UserRecord } from '../domain/records.ts'
import type { Storage } from '../ports/storage.ts'

/** How long a role or a session may be believed without asking storage (SPEC, Roles). */
const BELIEVED_MS = 1_000
const MOST_BELIEVED = 50_000

export interface Principal {
  user: UserRecord
  session: SessionRecord
}

/** Whom a session belongs to, read from storage at most a second ago, never from a token. */
export interface Principals {
  /** null: no such session. A revoked or expired one is returned as it is. */
  find(session_id: string): Promise<Principal | null>
  /** What was believed of the user is asked again at the next call. */
  forgetUser(user_id: string): void
  /** These sessions have ended: forgets them and tells the listeners, which close their sockets. */
  ended(session_ids: readonly string[]): void
  onEnded(listener: (session_ids: readonly string[]) => void): void
}

export function openPrincipals(storage: Pick<Storage, 'users' | 'sessions'>, clock: () => Date): Principals {
  const believed = new Map<string, { principal: Principal; at: number }>()
  const listeners: ((session_ids: readonly string[]) => void)[] = []
  return {
    async find(session_id) {
      const now = clock().getTime()
      const known = believed.get(session_id)
      if (known && now - known.at < BELIEVED_MS) return known.principal
      const session = await storage.sessions.find(session_id)
      const user = session && (await storage.users.find(session.user_id))
      if (!session || !user) return null
      if (believed.size >= MOST_BELIEVED) believed.clear()
      believed.set(session_id, { principal: { user, session }, at: now })
      return { user, session }
    },
    forgetUser(user_id) {
      for (const [session_id, { principal }] of believed) if (principal.user.id === user_id) believed.delete(session_id)
    },
    ended(session_ids) {
      for (const session_id of session_ids) believed.delete(session_id)
      for (const listener of listeners) listener(session_ids)
    },
    onEnded(listener) {
      listeners.push(listener)
    },
  }
}
