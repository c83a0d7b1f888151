import { createHmac } from 'node:crypto'
import { Redis, type RedisOptions } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { Counting } from '../../ports/counting.ts'
import { openMemoryCounting, useOf } from './memory.ts'

/** A command that is not answered in this time ends the connection, and the node counts by itself until there is another. */
const ANSWER_MS = 2_000
const MAX_RETRY_MS = 1_000
/** A place whose node does not renew it for this long is free again. */
const PLACE_MS = 20_000
/** Renewals while a place is held. */
const RENEWALS = 3
/** Places that are renewed by one write. */
const RENEWED_AT_ONCE = 500

export interface RedisCountingOptions {
  url: string
  /** The signing secret, which all nodes share: keys are digested with it. */
  secret: string
  /** The installation: others count apart. */
  namespace: string
  /** How long a place is held without a renewal. */
  place_ms?: number
}

/** Counts for all nodes with the same secret and namespace. Does not wait for the first connection. */
export function openRedisCounting({ url, secret, namespace, place_ms = PLACE_MS }: RedisCountingOptions): Counting {
  const redis = new Redis(url, CONNECTION)
  // Nothing needs to be done about errors: without a connection each node counts by itself, and the library tries again.
  redis.on('error', () => undefined)
  const local = openMemoryCounting()
  const digest_key = createHmac('sha256', secret).update('parley counting').digest()
  const digestOf = (key: string) => createHmac('sha256', digest_key).update(key).digest('base64url')
  const placesOf = (key: string) => `parley:${namespace}:places:${digestOf(key)}`
  /** By holder, the places that this node holds. */
  const held = new Map<string, string>()
  const timer = setInterval(() => void renew(), place_ms / RENEWALS)
  timer.unref()
  // Places that were given while there was no connection.
  redis.on('ready', () => void renew())

  async function renew(): Promise<void> {
    const all = [...held]
    for (let at = 0; at < all.length && redis.status === 'ready'; at += RENEWED_AT_ONCE) {
      const pipeline = redis.pipeline()
      for (const [holder, places] of all.slice(at, at + RENEWED_AT_ONCE))
        if (held.has(holder)) pipeline.eval(ENTER, 1, places, holder, Number.MAX_SAFE_INTEGER, place_ms)
      // A place that is not renewed now is renewed by the next round, before it ends.
      await pipeline.exec().catch(() => undefined)
    }
  }

  return {
    limiter(name, points, duration) {
      const limiter = new RateLimiterRedis({
        storeClient: redis,
        rejectIfRedisNotReady: true,
        keyPrefix: `parley:${namespace}:${name}`,
        points,
        duration,
        insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration }),
      })
      return key => useOf(limiter.consume(digestOf(key)))
    },
    async enter(key, holder, places) {
      if (!(await local.enter(key, holder, places))) return false
      const name = placesOf(key)
      const isReady = redis.status === 'ready'
      // Without an answer this node has counted by itself above.
      const entered = isReady ? await redis.eval(ENTER, 1, name, holder, places, place_ms).catch(() => null) : null
      if (entered === REFUSED) {
        local.leave(key, holder)
        return false
      }
      // Not earlier: a renewal takes the place without asking whether it is free.
      held.set(holder, name)
      return true
    },
    leave(key, holder) {
      local.leave(key, holder)
      const name = held.get(holder)
      if (name === undefined || !held.delete(holder) || redis.status !== 'ready') return
      // A place that cannot be given back ends by itself.
      redis.zrem(name, holder).catch(() => undefined)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      redis.disconnect()
      await local[Symbol.asyncDispose]()
    },
  }
}

const REFUSED = 0
const ENTERED = 1

/** KEYS: the places. ARGV: holder, number of places, how long a place is held. By the clock of Redis, which all nodes share. */
const ENTER = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return ${REFUSED} end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return ${ENTERED}
`

const CONNECTION = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: ANSWER_MS,
  commandTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RETRY_MS),
} as const satisfies RedisOptions
