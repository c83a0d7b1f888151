import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Counting, UsedUp } from '../../ports/counting.ts'

/** Counts for one process. */
export function openMemoryCounting(): Counting {
  const held = new Map<string, Set<string>>()
  return {
    limiter(name, points, duration) {
      const limiter = new RateLimiterMemory({ keyPrefix: name, points, duration })
      return key => usedUp(limiter.consume(key))
    },
    async enter(key, holder, places) {
      const holders = held.get(key) ?? new Set()
      if (holders.size >= places) return false
      held.set(key, holders.add(holder))
      return true
    },
    leave(key, holder) {
      const holders = held.get(key)
      if (holders?.delete(holder) && holders.size === 0) held.delete(key)
    },
    async [Symbol.asyncDispose]() {
      held.clear()
    },
  }
}

/** The library rejects with the state of the window where the limit is passed. */
export async function usedUp(consumed: Promise<RateLimiterRes>): Promise<UsedUp | null> {
  try {
    await consumed
    return null
  } catch (state) {
    if (state instanceof RateLimiterRes) return { uses: state.consumedPoints, ends_in: state.msBeforeNext }
    throw state
  }
}
