import { AppError } from '../contracts/errors.ts'
import { FLOOD, MAX_KEPT_UNAUTHENTICATED } from '../contracts/limits.ts'
import type { Counting, Use } from './ports/counting.ts'

const WINDOW_SECONDS = 60

/** How a limit stands after a use that was counted, for the headers of the answer. */
export interface Standing {
  policy: string
  quota: number
  /** Seconds. */
  window: number
  remaining: number
  /** Seconds until the window ends. */
  ends_in: number
}

/** Whose calls are counted together: a user's, or those of an API key, which has a limit of its own unless `rate` is null. */
export type CallsOf = { user_id: string } | { key_id: string; rate: number | null }

/** Each gives how its limit stands; null: there is no limit. */
export interface Limits {
  /** Counts one call of a user or of an API key. Throws `rate_limited` above the limit, and `Flood` above `FLOOD` times the limit. */
  call(by: CallsOf): Promise<Standing | null>
  /** Counts one attempt by an address or by a name of an account. Throws `rate_limited` above the limit. */
  signIn(by: { address: string } | { name: string }): Promise<Standing | null>
  /** Counts one attempt of a caller to confirm their password. Throws `rate_limited` above the limit. */
  password(user_id: string): Promise<Standing | null>
  /**
   * Counts one attempt on an account by any of its names; false above the limit. The answer must not depend on it, because that
   * would reveal which names belong to one account.
   */
  account(user_id: string): Promise<boolean>
  /**
   * Counts one request that was not authenticated; false if its connection is not to be kept open for another. Without it one
   * address could hold every descriptor of the process by asking once on each connection.
   */
  keepsAlive(network: string): Promise<boolean>
}

/** A `rate_limited` after which the socket is closed as well. */
export class Flood extends AppError {}

/** Counts in fixed windows of a minute, over all nodes that share `counting`. 0: no limit. */
export function openLimits(rate: { calls: number; auth: number }, counting: Pick<Counting, 'limiter'>): Limits {
  const limiter = (name: string, points: number) =>
    points === 0 ? NO_LIMIT : counting.limiter(name, points, WINDOW_SECONDS)
  const calls = limiter('calls', rate.calls)
  const auth = limiter('auth', rate.auth)
  const kept = limiter('kept', MAX_KEPT_UNAUTHENTICATED)

  /** By quota. ADMINs choose the quotas, so that there are few. */
  const by_quota = new Map<number, typeof calls>()
  function ofKeys(quota: number): typeof calls {
    const known = by_quota.get(quota) ?? limiter(`keys-${quota}`, quota)
    by_quota.set(quota, known)
    return known
  }

  async function attempt(key: string): Promise<Standing | null> {
    const use = await auth(key)
    if (use && !use.within) throw rateLimited('auth', rate.auth, use)
    return standing('auth', rate.auth, use)
  }

  return {
    async call(by) {
      const quota = ('rate' in by ? by.rate : null) ?? rate.calls
      const use = await ('user_id' in by ? calls(by.user_id) : ofKeys(quota)(`key:${by.key_id}`))
      if (!use || use.within) return standing('calls', quota, use)
      const error = rateLimited('calls', quota, use)
      throw use.uses > quota * FLOOD ? new Flood(error.code, error.details) : error
    },
    signIn: by => attempt('address' in by ? `address:${by.address}` : `name:${by.name}`),
    password: user_id => attempt(`user:${user_id}`),
    account: async user_id => (await auth(`user:${user_id}`))?.within ?? true,
    keepsAlive: async network => (await kept(network))?.within ?? true,
  }
}

const NO_LIMIT = async () => null

function standing(policy: string, quota: number, use: Use | null): Standing | null {
  if (!use) return null
  return { policy, quota, window: WINDOW_SECONDS, remaining: Math.max(0, quota - use.uses), ends_in: secondsOf(use) }
}

/** Rounded up, so that nobody asks again too early. */
function secondsOf({ ends_in }: Use): number {
  return Math.max(1, Math.ceil(ends_in / 1000))
}

function rateLimited(policy: string, quota: number, use: Use): AppError {
  const retry_after = secondsOf(use)
  return new AppError('rate_limited', { retry_after, limit: { policy, quota, window: WINDOW_SECONDS } })
}
