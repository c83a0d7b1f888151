import type { SignedIn } from '../../../contracts/entities.ts'
import { Conflict, type Client, type Services } from '../../context.ts'
import type { SessionRecord, UserRecord } from '../../domain/records.ts'
import { toUser } from '../../domain/users.ts'
import { ACCESS_SECONDS, REFRESH_DAYS } from '../../identity/tokens.ts'
import type { VerifiedPassword } from '../../ports/storage.ts'

type Deps = Pick<Services, 'storage' | 'tokens' | 'clock' | 'ids'>

const DAY_MS = 24 * 60 * 60 * 1000

/** When a session expires that is opened or refreshed now. */
export function sessionEnd(now: Date): string {
  return new Date(now.getTime() + REFRESH_DAYS * DAY_MS).toISOString()
}

/** Opens a session and issues its first tokens; throws `Conflict` if the user has changed since the password was verified. */
export async function signIn(
  deps: Deps,
  user: UserRecord,
  verified: VerifiedPassword,
  client: Client,
): Promise<SignedIn> {
  const now = deps.clock()
  const at = now.toISOString()
  const session: SessionRecord = {
    id: deps.ids(),
    user_id: user.id,
    generation: 0,
    rotated_at: at,
    created_at: at,
    last_used_at: at,
    expires_at: sessionEnd(now),
    revoked_at: null,
    user_agent: client.user_agent,
    address: client.address,
  }
  if ((await deps.storage.sessions.open(session, verified)) === 'conflict')
    throw new Conflict('the user was changed while the password was verified')
  return issueTokens(deps, user, session.id, 0)
}

/** The answer with the tokens of a session at a generation. */
export async function issueTokens(
  deps: Deps,
  user: UserRecord,
  session_id: string,
  generation: number,
): Promise<SignedIn> {
  return {
    user: toUser(user, user),
    access_token: await deps.tokens.signAccess(user.id, session_id, deps.clock()),
    refresh_token: deps.tokens.refreshToken(session_id, generation),
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    session_id,
  }
}
