import manifest from '../package.json' with { type: 'json' }
import {
  openBus,
  openCounting,
  openFiles,
  openPush,
  openSearch,
  openStorage,
  openWebhookSender,
} from './adapters/open.ts'
import { makeVapidKeys } from './adapters/push/credentials.ts'
import { openBackground } from './background.ts'
import { blaming, type Config } from './config.ts'
import { joinNodes, setupOf } from './cluster.ts'
import type { Services } from './context.ts'
import { handlers } from './features/index.ts'
import { createFirstAdmin, type FirstAdmin } from './features/users/first-admin.ts'
import { rebuild } from './features/search/rebuild.ts'
import { profileOf } from './features/users/profile.ts'
import { openInspector } from './files/inspector.ts'
import type { Follower } from './followers/follower.ts'
import { openFollowers } from './followers/index.ts'
import { Gate } from './gate.ts'
import { Access } from './http/access.ts'
import { Listener } from './http/listener.ts'
import { Origins } from './http/origin.ts'
import { openPasswords, type HashCost } from './identity/passwords.ts'
import { openSessionCache } from './identity/session-cache.ts'
import { signingSecret } from './identity/secret.ts'
import { ApiKeyCache } from './identity/api-keys.ts'
import { openTokens } from './identity/tokens.ts'
import { openUserTokens } from './identity/user-tokens.ts'
import { openJobs, openWorkers } from './jobs/index.ts'
import { openLimits } from './limits.ts'
import { openLogger, type Logger } from './logger.ts'
import { Exposition } from './metrics/exposition.ts'
import { Measurements } from './metrics/measurements.ts'
import { timed, timedStorage } from './metrics/timed.ts'
import type { Files } from './ports/files.ts'
import type { Bus } from './ports/bus.ts'
import type { Storage } from './ports/storage.ts'
import type { Profile } from './realtime/authenticate.ts'
import type { Connection } from './realtime/connection.ts'
import { openRealtime } from './realtime/gateway.ts'
import { Ephemeral } from './realtime/ephemeral.ts'
import { Hub } from './realtime/hub.ts'
import { Online } from './realtime/online.ts'
import { PresenceService } from './realtime/presence.ts'
import { followOtherNodes } from './realtime/other-nodes.ts'
import { prefixOf } from './transport/docs.ts'
import { openHttp } from './transport/http.ts'

export interface Running extends AsyncDisposable {
  /** `BASE_URL`, or else the address at which the server listens. */
  readonly url: string
  /** The port at which the server listens. */
  readonly port: number
  readonly storage: Storage
  readonly files: Files
  /** Sockets that are open now. */
  sockets(): number
  /** Stops accepting, closes sockets 1012, finishes what runs, closes the store; at most 10 s. */
  stop(): Promise<void>
}

/** Replacements for tests, and the function that is called with the first ADMIN as soon as it exists. */
export interface Overrides {
  announce?: (admin: FirstAdmin) => void
  clock?: () => Date
  /** Milliseconds that only ever go forward. */
  monotonic?: () => number
  logger?: Logger
  storage?: Storage
  files?: Files
  bus?: Bus
  followers?: readonly Follower[]
  hash_cost?: HashCost
}

/** Wires one process: stores → identity → fan-out → gate → transports → one listener. Reads top to bottom. */
export async function startServer(config: Config, overrides: Overrides = {}): Promise<Running> {
  const clock = overrides.clock ?? (() => new Date())
  const monotonic = overrides.monotonic ?? (() => performance.now())
  const logger = overrides.logger ?? openLogger(config.log_level)
  const ids = () => Bun.randomUUIDv7()
  // What was opened is closed in the opposite order: if the start fails, or by `stop`.
  await using opened = new AsyncDisposableStack()

  const measurements = new Measurements()
  const access = new Access({ measurements, logger, logged: config.access_log })

  const place = config.s3 === null ? 'PARLEY_DATA_DIR' : 'S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET'
  const openedFiles = opened.use(
    overrides.files ?? (await blaming(place, () => openFiles(config, message => logger.warn(message)))),
  )
  const files = timed(openedFiles, 'files', measurements)
  const store = config.mongodb_url === null ? 'PARLEY_DATA_DIR' : 'MONGODB_URL'
  const openedStorage = opened.use(
    overrides.storage ?? (await blaming(store, () => openStorage(config, message => logger.warn(message)))),
  )
  const storage = timedStorage(openedStorage, measurements)
  const openedIndex = opened.use(await blaming('PARLEY_DATA_DIR', () => openSearch(config, storage)))
  const searchIndex = timed(openedIndex, 'search', measurements)
  const secret = await blaming('PARLEY_DATA_DIR', () => signingSecret(config))
  const bus_given = config.redis_url !== null || overrides.bus !== undefined
  await joinNodes(storage.nodes, await setupOf(config, secret, bus_given), logger)
  const tokens = openTokens(secret)
  const passwords = await openPasswords(config.hash_concurrency, overrides.hash_cost)
  const userTokens = await blaming('PARLEY_USER_TOKEN_JWKS', () => openUserTokens(config.user_tokens))
  const sessionCache = openSessionCache(storage, clock)
  storage.sessions.onRevoked(ids => sessionCache.ended(ids, true))
  sessionCache.onEnded(ids => {
    // A device whose session has ended gets nothing in any case; its row is removed at the latest when it expires.
    storage.devices.removeOfSessions(ids).catch((error: unknown) => logger.warn({ err: error }, 'devices stay'))
  })
  const vapid = await storage.devices.vapidKeys(makeVapidKeys())
  const push = opened.use(
    await blaming('PARLEY_FCM_ACCOUNT, PARLEY_APNS_KEY', () =>
      openPush(config.push, vapid, clock, (line, message) => logger.info(line, message)),
    ),
  )

  const listener = new Listener<Connection>({ config, logger, ids })
  const installation = { secret, namespace: storage.epoch, log: (message: string) => logger.warn(message) }
  const bus = opened.use(overrides.bus ?? (await blaming('REDIS_URL', () => openBus(config, installation))))
  const counting = opened.use(await openCounting(config, installation))
  const limits = openLimits(config.rate, counting)
  const hub = new Hub({ log: storage.log, publisher: listener, bus, measurements, logger })
  storage.log.onCommit(entries => hub.take(entries))
  bus.onLost(() => (measurements.bus_losses += 1))
  followOtherNodes({ bus, hub, log: storage.log, sessionCache, logger })

  const { typing_most_members } = config
  const ephemeral = opened.use(
    new Ephemeral({
      hub,
      bus,
      contacts: storage.contacts,
      members: storage.members,
      limits: { typing_most_members },
      measurements,
      clock,
      monotonic,
      logger,
    }),
  )
  const { publish, watchReceipts } = ephemeral
  const { statuses, contacts, log, users } = storage
  const online = opened.use(new Online({ hub, bus, statuses, users, clock, monotonic, logger }))
  const presence = opened.use(
    new PresenceService({ hub, bus, online, statuses, contacts, log, clock, monotonic, logger }),
  )
  const services: Services = {
    storage,
    files,
    inspector: openInspector(files),
    searchIndex,
    base_path: prefixOf(config.base_url),
    uploads: { ...config.uploads, location: `${prefixOf(config.base_url)}/uploads` },
    tokens,
    passwords,
    userTokens,
    sessionCache,
    apiKeys: new ApiKeyCache(storage.apiKeys, clock),
    presence,
    limits,
    push,
    webhookSender: openWebhookSender(config, clock),
    vapid_public_key: vapid.public_key,
    isConnected: user_id => online.isConnected(user_id),
    publish,
    watchReceipts,
    logger,
    clock,
    ids,
    default_role: config.default_role,
    online: () => online.count,
  }
  const gate = new Gate(services, handlers, measurements)
  const admin = await createFirstAdmin(services, config.admin)
  // Before anything else can fail: the password is not stored and could not be printed later.
  if (admin) overrides.announce?.(admin)
  // A new store has no messages, so its index is whole before the first call. If this fails, a job does it later.
  if (admin) await rebuild(searchIndex, storage).catch(() => {})

  const origins = new Origins(config, logger)
  const profile: Profile = (user_id, memberships) => profileOf(storage, user_id, memberships, clock())
  const realtime = opened.use(
    openRealtime({
      storage,
      sessionCache,
      hub,
      gate,
      origins,
      profile,
      counting,
      measurements,
      access,
      clock,
      monotonic,
      logger,
    }),
  )
  const { sync, upgrade, websocket } = realtime
  const followers = overrides.followers ?? openFollowers(services)
  const [jobs, workers] = [openJobs(services), openWorkers(services)]
  // Before the first call: a follower that begins now has everything that is committed from the start on.
  await Promise.all(followers.map(({ name, streams, from }) => storage.log.follow(name, { streams, from })))
  const background = opened.use(openBackground({ services, monotonic, followers, jobs, workers, measurements }))
  const metrics = new Exposition(measurements, {
    version: manifest.version,
    sockets: () => realtime.sockets(),
    streams: () => hub.streams.length,
    online: () => online.count,
    busConnected: () => bus.connected,
    background,
  })
  const { fetch } = openHttp({
    gate,
    limits,
    dependencies: {
      storage: { needed: true, check: () => storage.health() },
      files: { needed: true, check: () => files.health() },
      search: { needed: false, check: async () => (await searchIndex.state()) === 'whole' },
      ...(config.redis_url === null ? {} : { bus: { needed: false, check: async () => bus.connected } }),
    },
    background,
    metrics,
    access,
    config,
    origins,
    logger,
    sync,
    draining: () => listener.stopping,
  })

  await blaming('HOST, PORT', () => listener.listen({ fetch, upgrade, websocket }))

  const open = opened.move()
  async function stop(): Promise<void> {
    listener.stop()
    await realtime.closeAll()
    await listener.close()
    await open.disposeAsync()
  }

  let stopped: Promise<void> | null = null
  return {
    url: config.base_url ?? `http://${displayHost(config.host)}:${listener.port}`,
    port: listener.port,
    storage,
    files,
    sockets: () => realtime.sockets(),
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  }
}

function displayHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
}
