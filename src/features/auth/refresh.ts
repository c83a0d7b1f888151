import type { Services } from '../../context.ts'
import type { SessionRecord } from '../../domain/records.ts'
import { sessionEnd } from './sign-in.ts'

/** How long a replaced refresh token stays valid while the new one is unused, in case the answer was lost (specification, Auth). */
const GRACE_MS = 60_000

/**
 * The session and the generation of the tokens to hand out; null: the refresh token is not valid. If it was replaced by one
 * that has been used, or too long ago, it may be stolen: the session ends. After a restore the tokens of clients may be ahead.
 */
export async function rotate(
  { storage, sessionCache, clock }: Pick<Services, 'storage' | 'sessionCache' | 'clock'>,
  given: { session_id: string; generation: number },
): Promise<{ session: SessionRecord; generation: number } | null> {
  const now = clock()
  const at = now.toISOString()
  const session = await storage.sessions.find(given.session_id)
  if (!session || session.revoked_at !== null || session.expires_at <= at) return null
  const ahead = given.generation > session.generation
  if (ahead && storage.restored_at === null) return null
  // Given after the backup that was restored. Once: a second one, of a session that goes on here, is that of somebody else.
  const lost = ahead && storage.restored_at !== null && session.rotated_at <= storage.restored_at
  if (given.generation === session.generation || lost) {
    const to = given.generation + 1
    const rotated = await storage.sessions.rotate(session.id, { from: session.generation, to }, at, sessionEnd(now))
    if (rotated) return { session, generation: to }
    // A concurrent call with the same token was faster: this token is now the previous one.
    return rotate({ storage, sessionCache, clock }, given)
  }
  const fresh = now.getTime() - Date.parse(session.rotated_at) <= GRACE_MS
  if (given.generation === session.generation - 1 && fresh) return { session, generation: session.generation }
  await storage.sessions.revoke(session.id, at)
  sessionCache.ended([session.id])
  return null
}
