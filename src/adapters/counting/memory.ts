import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Counting, Use } from '../../ports/counting.ts'

/** Counts for one process. */
export function openMemoryCounting(): Counting {
  const held = new Map<string, Set<string>>()
  return {
    limiter(name, points, duration) {
      const limiter = new RateLimiterMemory({ keyPrefix: name, points, duration })
      return key => useOf(limiter.consume(key))
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
export async function useOf(consumed: Promise<RateLimiterRes>): Promise<Use> {
  try {
    return toUse(await consumed, true)
  } catch (state) {
    if (state instanceof RateLimiterRes) return toUse(state, false)
    throw state
  }
}

function toUse({ consumedPoints, msBeforeNext }: RateLimiterRes, within: boolean): Use {
  return { within, uses: consumedPoints, ends_in: msBeforeNext }
}
