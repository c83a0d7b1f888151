import { AppError } from '../contracts/errors.ts'
import type { Scope } from '../contracts/scopes.ts'
import type { Caller, Services } from './context.ts'
import { mayActAs, type ApiKeyRecord } from './domain/api-keys.ts'
import type { Identity } from './domain/identity.ts'
import type { UserRecord } from './domain/records.ts'
import { isApiKey } from './identity/api-keys.ts'
import { isActive } from './identity/session-cache.ts'
import { hashTicket } from './identity/tokens.ts'
import type { CallsOf } from './limits.ts'

/**
 * A bearer token (an access token, or an API key with the user whom it calls as), a ticket, which is used up, or the identity of an
 * authenticated socket.
 */
export type Credentials = { token: string; act_as?: string } | { ticket: string } | Identity | null

type Deps = Pick<Services, 'storage' | 'tokens' | 'sessionCache' | 'apiKeys' | 'clock'>

/** What credentials say, before the session is looked up. */
interface Claims {
  session_id: string
  expires_at: string
  key: ApiKeyRecord | null
  /** The user whom a key calls as: an id, or an external id after one of the prefixes. null: its own account. */
  act_as: string | null
}

/** Before an external id in `Parley-Act-As`; the second before one that is percent-encoded, because headers have no Unicode. */
const EXTERNAL = 'external:'
const ENCODED = 'external-encoded:'

/** Who calls, by the credentials of a request. */
export class Callers {
  readonly #deps: Deps
  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Rejects with `unauthenticated` unless the session is active; `accepted`: one that has ended is taken too. */
  async identify(credentials: Credentials, ended: 'refused' | 'accepted'): Promise<Caller> {
    const now = this.#deps.clock()
    const claims = await this.#claimsOf(credentials, now)
    const principal = claims && (await this.#deps.sessionCache.find(claims.session_id))
    if (!claims || !principal) throw new AppError('unauthenticated')
    if (!isActive(principal, now) && ended === 'refused') throw new AppError('unauthenticated')
    const { session } = principal
    const { key, act_as, expires_at } = claims
    const user = act_as === null ? principal.user : await this.#actedFor(act_as, principal.user, key)
    return { id: user.id, user, session, token_expires_at: expires_at, key }
  }

  async #claimsOf(credentials: Credentials, now: Date): Promise<Claims | null> {
    if (!credentials) return null
    if ('session_id' in credentials) return this.#ofIdentity(credentials)
    const { storage, tokens, apiKeys } = this.#deps
    if ('ticket' in credentials) {
      const ticket = await storage.sessions.takeTicket(hashTicket(credentials.ticket), now.toISOString())
      return ticket && { session_id: ticket.session_id, expires_at: ticket.token_expires_at, key: null, act_as: null }
    }
    const { token, act_as = null } = credentials
    if (isApiKey(token)) {
      const key = await apiKeys.find(token)
      return key && { session_id: key.id, expires_at: key.expires_at ?? NEVER, key, act_as }
    }
    const claims = await tokens.verifyAccess(token, now)
    if (claims && act_as !== null) throw new AppError('act_as_refused')
    return claims && { session_id: claims.session_id, expires_at: claims.expires_at, key: null, act_as: null }
  }

  async #ofIdentity({ user_id, session_id, expires_at, by_key }: Identity): Promise<Claims | null> {
    if (!by_key) return { session_id, expires_at, key: null, act_as: null }
    const key = await this.#deps.apiKeys.ofSession(session_id)
    return key && { session_id, expires_at, key, act_as: user_id === key.user_id ? null : user_id }
  }

  /** The user whom a key calls as: never one with more rights than its own account. */
  async #actedFor(act_as: string, account: UserRecord, key: ApiKeyRecord | null): Promise<UserRecord> {
    const { users } = this.#deps.storage
    const external_id = externalIdIn(act_as)
    const user = !key?.act_as
      ? null
      : external_id === null
        ? await users.find(act_as)
        : await users.findByExternalId(external_id)
    if (!key || !user || !mayActAs(key, account, user)) throw new AppError('act_as_refused')
    return user
  }
}

/** null: it is no external id, or not well encoded. */
function externalIdIn(act_as: string): string | null {
  if (act_as.startsWith(EXTERNAL)) return act_as.slice(EXTERNAL.length)
  if (!act_as.startsWith(ENCODED)) return null
  try {
    return decodeURIComponent(act_as.slice(ENCODED.length))
  } catch {
    return null
  }
}

/** When the token behind a key without end expires. */
const NEVER = '9999-12-31T23:59:59.000Z'

/** What a connection keeps of its caller. */
export function toIdentity({ id, session, token_expires_at, key }: Caller): Identity {
  return { user_id: id, session_id: session.id, expires_at: token_expires_at, by_key: key !== null }
}

/** Throws unless the caller is no API key, or one with the scope; null: no key has it. */
export function checkScope(caller: Caller | null, scope: Scope | null): void {
  if (!caller?.key || (scope !== null && caller.key.scopes.includes(scope))) return
  throw new AppError('scope_missing', {
    detail: scope === null ? 'No API key may do this' : `The API key does not have the scope ${scope}`,
  })
}

/** Whose calls are counted together. */
export function limitedBy({ id, key }: Caller): CallsOf {
  return key ? { key_id: key.id, rate: key.rate } : { user_id: id }
}
