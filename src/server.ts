import { AppError } from '../contracts/errors.ts'
import { openStorage } from './adapters/open.ts'
import { ConfigError, type Config } from './config.ts'
import type { Services } from './context.ts'
import { openDispatch } from './dispatch.ts'
import { toUser } from './domain/users.ts'
import { unreadTotals } from './features/conversations/unread-totals.ts'
import { handlers } from './features/index.ts'
import { createFirstAdmin, type FirstAdmin } from './features/users/first-admin.ts'
import { openPasswords } from './identity/passwords.ts'
import { openSessionCache } from './identity/session-cache.ts'
import { signingSecret } from './identity/secret.ts'
import { openTokens } from './identity/tokens.ts'
import { openLimits } from './limits.ts'
import { openLog, type Logger } from './log.ts'
import type { Storage } from './ports/storage.ts'
import type { Connection } from './realtime/connection.ts'
import { openRealtime } from './realtime/gateway.ts'
import { clientOf } from './http/client.ts'
import { hasHost, pathFrom } from './http/host.ts'
import { openHttp } from './transport/http.ts'
import { problemResponse } from './http/problem.ts'

export interface Running extends AsyncDisposable {
  readonly url: string
  readonly storage: Storage
  /** Sockets that are open now. */
  sockets(): number
  /** Stops accepting, closes sockets 1012, finishes what runs, closes the store; at most 10 s. */
  stop(): Promise<void>
}

/** What tests may put in the place of the real thing, and who is told of the first ADMIN as soon as there is one. */
export interface Overrides {
  announce?: (admin: FirstAdmin) => void
  clock?: () => Date
  /** Milliseconds that only ever go forward. */
  monotonic?: () => number
  log?: Logger
  storage?: Storage
}

/** Calls that still run when the server stops get this long. */
const DRAIN_MS = 8_000
/** How often a stopping server looks whether all is answered. */
const POLL_MS = 10
/** Larger than any body that a route reads, so that the routes' own limit answers with a problem document. */
const MAX_BODY_BYTES = Number.MAX_SAFE_INTEGER

/** How often expired sessions, tickets and cursors are dropped. */
const SWEEP_MS = 10 * 60 * 1000

/** Wires one process: store → identity → gate → transports → one listener. Reads top to bottom. */
export async function startServer(config: Config, overrides: Overrides = {}): Promise<Running> {
  const clock = overrides.clock ?? (() => new Date())
  const monotonic = overrides.monotonic ?? (() => performance.now())
  const log = overrides.log ?? openLog(config.log_level)
  const ids = () => Bun.randomUUIDv7()

  const store = config.mongodb_url === null ? 'PARLEY_DATA_DIR' : 'MONGODB_URL'
  const storage = overrides.storage ?? (await blaming(store, () => openStorage(config)))
  const tokens = openTokens(await blaming('PARLEY_DATA_DIR', () => signingSecret(config)))
  const passwords = await openPasswords(config.hash_concurrency)
  const sessionCache = openSessionCache(storage, clock)
  const limits = openLimits(config.rate)

  const services: Services = {
    storage,
    tokens,
    passwords,
    sessionCache,
    limits,
    log,
    clock,
    ids,
    default_role: config.default_role,
    ephemeral: (event, data, audience) => realtime.ephemeral(event, data, audience),
  }
  const dispatch = openDispatch(services, handlers)
  const admin = await createFirstAdmin(services, config.admin)
  // At once: if the start fails further on, nobody would ever learn the password.
  if (admin) overrides.announce?.(admin)

  let stopping = false
  const realtime = openRealtime({ ...services, dispatch, config, profile, monotonic })
  const http = openHttp({ dispatch, storage, config, log, sync: realtime.sync, draining: () => stopping })

  const listen = () =>
    Bun.serve<Connection>({
      hostname: config.host,
      port: config.port,
      reusePort: false,
      maxRequestBodySize: MAX_BODY_BYTES,
      // Its error page would show sources.
      development: false,
      fetch(request, listener) {
        if (!hasHost(request)) return problemResponse(new AppError('malformed'), ids())
        return isSocketPath(request.url)
          ? realtime.upgrade(request, listener, clientOf(request, listener, config.trusted_proxies))
          : http.fetch(request, listener)
      },
      error(error) {
        const request_id = ids()
        log.error({ err: error, request_id }, 'request failed')
        return problemResponse(new AppError('internal'), request_id)
      },
      websocket: realtime.websocket,
    })
  const server = await blaming('HOST, PORT', listen).catch(async (error: unknown) => {
    await storage[Symbol.asyncDispose]()
    throw error
  })
  realtime.attach(server)

  const sweeper = setInterval(() => {
    storage.sweep(clock().toISOString()).catch((error: unknown) => log.warn({ err: error }, 'sweep failed'))
  }, SWEEP_MS)

  async function profile(user_id: string) {
    const user = await storage.users.find(user_id)
    return user && { user: toUser(user, user), unread: await unreadTotals(storage, user_id, clock()) }
  }

  let stopped: Promise<void> | null = null
  async function stop(): Promise<void> {
    stopping = true
    clearInterval(sweeper)
    // Nobody new; who is connected already stays until told, and `stop()` alone waits for idle ones too, for ever: what
    // counts is what is being answered.
    void server.stop()
    await realtime.drain()
    const deadline = Date.now() + DRAIN_MS
    while (server.pendingRequests > 0 && Date.now() < deadline) await Bun.sleep(POLL_MS)
    await server.stop(true)
    await realtime[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
  }

  return {
    url: config.base_url ?? `http://${displayHost(config.host)}:${server.port}`,
    storage,
    sockets: () => realtime.sockets(),
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  }
}

/** Names the setting behind a start that fails. */
async function blaming<T>(setting: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new ConfigError(`${setting}: ${error instanceof Error ? error.message : 'cannot be used'}`, { cause: error })
  }
}

function isSocketPath(url: string): boolean {
  const path = pathFrom(url)
  return url.startsWith('/ws', path) && (url.length === path + 3 || url[path + 3] === '?')
}

function displayHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
}
