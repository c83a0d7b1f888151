import type { Scope } from '../../../contracts/scopes.ts'
import type { Caller, Services } from '../../context.ts'
import { mayActAs } from '../../domain/api-keys.ts'
import { isActive } from '../../identity/session-cache.ts'

/** Links end at a multiple of this time, at least one of it ahead, so that who asks again gets the same for a while. */
const STEP_SECONDS = 30 * 60

/** What an API key needs for a link, and for as long as the link is to last. */
const READS_FILES: Scope = 'files:read'

/** When a link that is given now ends, in seconds since 1970: in 30 to 60 minutes. */
export function linkEnd(now: Date): number {
  return (Math.floor(now.getTime() / 1_000 / STEP_SECONDS) + 2) * STEP_SECONDS
}

type Deps = Pick<Services, 'storage' | 'tokens' | 'sessionCache' | 'apiKeys' | 'clock'>

/** Who has asked for the link, if it is valid now and the session may still call as that user; else null. */
export async function linkedCaller(
  { storage, tokens, sessionCache, apiKeys, clock }: Deps,
  file_id: string,
  link: string,
): Promise<Pick<Caller, 'id' | 'user'> | null> {
  const now = clock()
  const claims = tokens.readFileLink(file_id, link)
  if (!claims || claims.expires * 1_000 <= now.getTime()) return null
  const principal = await sessionCache.find(claims.session_id)
  if (!principal || !isActive(principal, now)) return null
  const account = principal.user
  const key = await apiKeys.ofSession(claims.session_id)
  if (key && !key.scopes.includes(READS_FILES)) return null
  if (account.id === claims.user_id) return { id: account.id, user: account }
  const user = await storage.users.find(claims.user_id)
  return key && user && mayActAs(key, account, user) ? { id: user.id, user } : null
}
