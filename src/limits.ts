import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../contracts/errors.ts'

const WINDOW_SECONDS = 60
/** Above this multiple of its calls a user's sockets are closed 4429 (specification, Limits). */
const FLOOD = 5

export interface Limits {
  /** Counts one call of a user. Throws `rate_limited` above the limit, as `Flood` far above it. */
  call(user_id: string): Promise<void>
  /** Counts one sign-in or registration of an account or address. */
  signIn(key: string): Promise<void>
}

/** The `rate_limited` of somebody so far above the limit that the socket is closed too. */
export class Flood extends AppError {}

/** Counts in fixed windows of a minute, in this process. 0 lifts a limit. */
export function openLimits(rate: { calls: number; auth: number }): Limits {
  const calls = limiter('calls', rate.calls)
  const auth = limiter('auth', rate.auth)
  return {
    async call(user_id) {
      if (!calls) return
      const state = await consume(calls, user_id)
      if (!state) return
      const error = refusal('calls', rate.calls, state)
      throw state.consumedPoints > rate.calls * FLOOD ? new Flood(error.code, error.details) : error
    },
    async signIn(key) {
      const state = auth && (await consume(auth, key))
      if (state) throw refusal('auth', rate.auth, state)
    },
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

function refusal(policy: string, quota: number, state: RateLimiterRes): AppError {
  const retry_after = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new AppError('rate_limited', { retry_after, limit: { policy, quota, window: WINDOW_SECONDS } })
}
