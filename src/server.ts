import { openStorage } from './adapters/open.ts'
import type { Config } from './config.ts'
import type { Services } from './context.ts'
import { openDispatch } from './dispatch.ts'
import { toUser } from './domain/users.ts'
import { unreadTotals } from './features/conversations/unread-totals.ts'
import { handlers } from './features/index.ts'
import { createFirstAdmin } from './features/users/first-admin.ts'
import { openPasswords } from './identity/passwords.ts'
import { openPrincipals } from './identity/principals.ts'
import { signingSecret } from './identity/secret.ts'
import { openTokens } from './identity/tokens.ts'
import { openLimits } from './limits.ts'
import { openLog, type Logger } from './log.ts'
import type { Storage } from './ports/storage.ts'
import { openRealtime } from './realtime/gateway.ts'
import { clientOf } from './transport/client.ts'
import { openHttp } from './transport/http.ts'

export interface Running extends AsyncDisposable {
  readonly url: string
  /** The first ADMIN if this start created one; `password` only if it was generated. */
  readonly admin: { username: string; password: string | null } | null
  readonly storage: Storage
  /** Sockets that are open now. */
  sockets(): number
  /** Stops accepting, closes sockets 1012, finishes what runs, closes the store; at most 10 s. */
  stop(): Promise<void>
}

/** What tests may put in the place of the real thing. */
export interface Overrides {
  clock?: () => Date
  log?: Logger
  storage?: Storage
}

/** Calls that still run when the server stops get this long. */
const DRAIN_MS = 8_000
/** How often a stopping server looks whether all is answered. */
const POLL_MS = 10
/** Larger than any body that a route reads, so that the routes' own limit answers with a problem document. */
const MOST_BODY_BYTES = 128 * 1024 * 1024

/** How often expired sessions, tickets and cursors are dropped. */
const SWEEP_MS = 10 * 60 * 1000

/** Wires one process: store → identity → gate → transports → one listener. Reads top to bottom. */
export async function startServer(config: Config, overrides: Overrides = {}): Promise<Running> {
  const clock = overrides.clock ?? (() => new Date())
  const log = overrides.log ?? openLog(config.log_level)
  const ids = () => Bun.randomUUIDv7()

  const storage = overrides.storage ?? (await openStorage(config))
  const tokens = openTokens(await signingSecret(config))
  const passwords = await openPasswords(config.hash_concurrency)
  const principals = openPrincipals(storage, clock)
  const limits = openLimits(config.rate)

  const services: Services = {
    storage,
    tokens,
    passwords,
    principals,
    log,
    clock,
    ids,
    default_role: config.default_role,
    ephemeral: (event, data, audience) => realtime.ephemeral(event, data, audience),
  }
  const dispatch = openDispatch(services, handlers, limits)
  const admin = await createFirstAdmin(services, config.admin)

  let stopping = false
  const realtime = openRealtime({ ...services, dispatch, config, profile })
  const http = openHttp({ dispatch, storage, config, log, sync: realtime.sync, draining: () => stopping })

  const server = Bun.serve({
    hostname: config.host,
    port: config.port,
    reusePort: false,
    maxRequestBodySize: MOST_BODY_BYTES,
    fetch: (request, listener) =>
      isSocketPath(request.url)
        ? realtime.upgrade(request, listener, clientOf(request, listener, config.trusted_proxies))
        : http.fetch(request, listener),
    websocket: realtime.websocket,
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
    await realtime.drain()
    // `stop()` alone waits for idle keep-alive connections too, for ever: what counts is what is being answered.
    void server.stop()
    const deadline = Date.now() + DRAIN_MS
    while (server.pendingRequests > 0 && Date.now() < deadline) await Bun.sleep(POLL_MS)
    await server.stop(true)
    await realtime[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
  }

  return {
    url: config.base_url ?? `http://${displayHost(config.host)}:${server.port}`,
    admin,
    storage,
    sockets: () => realtime.sockets(),
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  }
}

function isSocketPath(url: string): boolean {
  const path = url.indexOf('/', url.indexOf('//') + 2)
  return url.startsWith('/ws', path) && (url.length === path + 3 || url[path + 3] === '?')
}

function displayHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
}
