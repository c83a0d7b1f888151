import type { Services } from '../../context.ts'
import type { SessionRecord } from '../../domain/records.ts'
import { sessionEnd } from './sign-in.ts'

/** How long a refresh token stays valid after its rotation, while its successor is not used: a lost answer (specification, Auth). */
const GRACE_MS = 60_000

/**
 * The generation whose tokens a refresh hands out; null: the token is not good any more. A token that was replaced by one
 * already used, or too long ago, may be stolen: its session ends.
 */
export async function rotate(
  { storage, sessionCache, clock }: Pick<Services, 'storage' | 'sessionCache' | 'clock'>,
  given: { session_id: string; generation: number },
): Promise<{ session: SessionRecord; generation: number } | null> {
  const now = clock()
  const at = now.toISOString()
  const session = await storage.sessions.find(given.session_id)
  if (!session || session.revoked_at !== null || session.expires_at <= at) return null
  if (given.generation > session.generation) return null
  if (given.generation === session.generation) {
    const rotated = await storage.sessions.rotate(session.id, session.generation, at, sessionEnd(now))
    if (rotated) return { session, generation: session.generation + 1 }
    // Somebody with the same token was faster: this one is now the previous token.
    return rotate({ storage, sessionCache, clock }, given)
  }
  const fresh = now.getTime() - Date.parse(session.rotated_at) <= GRACE_MS
  if (given.generation === session.generation - 1 && fresh) return { session, generation: session.generation }
  await storage.sessions.revoke(session.id, at)
  sessionCache.ended([session.id])
  return null
}
