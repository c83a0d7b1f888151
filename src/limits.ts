import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../contracts/errors.ts'
import { FLOOD, MAX_KEPT_UNAUTHENTICATED } from '../contracts/limits.ts'

const WINDOW_SECONDS = 60

export interface Limits {
  /** Counts one call of a user. Throws `rate_limited` above the limit, and `Flood` above `FLOOD` times the limit. */
  call(user_id: string): Promise<void>
  /** Counts one attempt by an address or by a name of an account. Throws `rate_limited` above the limit. */
  signIn(by: { address: string } | { name: string }): Promise<void>
  /** Counts one attempt of a caller to confirm their password. Throws `rate_limited` above the limit. */
  password(user_id: string): Promise<void>
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

/** Counts in fixed windows of a minute, in this process. 0: no limit. */
export function openLimits(rate: { calls: number; auth: number }): Limits {
  const calls = limiter('calls', rate.calls)
  const auth = limiter('auth', rate.auth)
  const kept = new RateLimiterMemory({ points: MAX_KEPT_UNAUTHENTICATED, duration: WINDOW_SECONDS })

  async function attempt(key: string): Promise<void> {
    const state = auth && (await consume(auth, key))
    if (state) throw rateLimited('auth', rate.auth, state)
  }

  return {
    async call(user_id) {
      if (!calls) return
      const state = await consume(calls, user_id)
      if (!state) return
      const error = rateLimited('calls', rate.calls, state)
      throw state.consumedPoints > rate.calls * FLOOD ? new Flood(error.code, error.details) : error
    },
    signIn: by => attempt('address' in by ? `address:${by.address}` : `name:${by.name}`),
    password: user_id => attempt(`user:${user_id}`),
    async account(user_id) {
      return !auth || (await consume(auth, `user:${user_id}`)) === null
    },
    keepsAlive: async network => (await consume(kept, network)) === null,
  }
}

function limiter(keyPrefix: string, points: number): RateLimiterMemory | null {
  return points === 0 ? null : new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS })
}

/** The state of the window if it is used up, else null. */
async function consume(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes | null> {
  try {
    await limiter.consume(key)
    return null
  } catch (state) {
    if (state instanceof RateLimiterRes) return state
    throw state
  }
}

function rateLimited(policy: string, quota: number, state: RateLimiterRes): AppError {
  const retry_after = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new AppError('rate_limited', { retry_after, limit: { policy, quota, window: WINDOW_SECONDS } })
}
