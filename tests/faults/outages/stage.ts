import { openMongo } from '../../../src/adapters/storage/mongo/open.ts'
import { Unavailable, type Storage } from '../../../src/ports/storage.ts'
import { openTestMeili } from '../../support/meili.ts'
import { dropBucket } from '../../support/minio.ts'
import { patient } from '../../support/mongo.ts'
import { groupOf, PASSWORD, register, type Person } from '../../support/people.ts'
import { Probe, type Reply } from '../../support/probe.ts'
import { databaseUrl, dropDatabase, stack, startTestServer, type TestServer } from '../../support/server.ts'
import { addressOf, openTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { openPushService, type PushService } from '../../support/web-push.ts'

export type Dependency = 'MongoDB' | 'Redis' | 'Meilisearch' | 'MinIO' | 'push'

/** A server that reaches each dependency through a proxy of its own. */
export interface Stage extends AsyncDisposable {
  readonly server: TestServer
  readonly proxies: Readonly<Record<Dependency, TcpProxy>>
  readonly web: PushService
  /** Starts another node of the installation, which reaches Redis without the proxy. */
  join(): Promise<TestServer>
}

/** The services of the full stack, or why a test that needs them is skipped. */
export function fullStack(): { mongo: string; redis: string; minio: string } | string {
  const { MONGODB_URL: mongo, REDIS_URL: redis, S3_ENDPOINT: minio } = process.env
  if (stack !== 'mongo' || !mongo) return 'not the full stack'
  if (!redis) return 'REDIS_URL is not set'
  return minio ? { mongo, redis, minio } : 'S3_ENDPOINT is not set'
}

/** `store`: whether the limits in time of the store are those of a real server, or those that no busy machine reaches. */
export async function openStage(
  services: Exclude<ReturnType<typeof fullStack>, string>,
  store: 'as it is' | 'patient',
): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const [database, bucket] = [`parley_test_${crypto.randomUUID().replaceAll('-', '')}`, `parley-${crypto.randomUUID()}`]
  opened.defer(() => dropDatabase(database))
  opened.defer(() => dropBucket(bucket))
  const meili = opened.use(openTestMeili())
  const web = opened.use(openPushService())
  const proxyOf = async (url: string) => opened.use(await openTcpProxy(addressOf(url)))
  const proxies = {
    MongoDB: await proxyOf(services.mongo),
    Redis: await proxyOf(services.redis),
    Meilisearch: await proxyOf(meili.url),
    MinIO: await proxyOf(services.minio),
    push: await proxyOf(web.url),
  }
  const url = databaseUrl(database)
  const settings = {
    PARLEY_SECRET: 'the same secret of all nodes, long enough',
    // Counted, but not reached.
    PARLEY_RATE_CALLS: '1000000',
    PARLEY_RATE_AUTH: '1000000',
    PARLEY_PUSH_ALLOW: `127.0.0.1:${proxies.push.port}`,
    MONGODB_URL: through(proxies.MongoDB, url),
    REDIS_URL: through(proxies.Redis, services.redis),
    MEILI_URL: through(proxies.Meilisearch, meili.url),
    MEILI_MASTER_KEY: meili.key ?? '',
    MEILI_INDEX: meili.index,
    S3_ENDPOINT: through(proxies.MinIO, services.minio),
    S3_BUCKET: bucket,
  }
  // Does what takes long at the first start.
  const prepared = await openMongo({ url, connect: patient })
  await prepared[Symbol.asyncDispose]()
  const storage = await (store === 'patient'
    ? openMongo({ url: settings.MONGODB_URL, connect: patient })
    : openStorage(settings.MONGODB_URL))
  const server = opened.use(await startTestServer({ settings, overrides: { storage } }))
  for (const part of EXPECTED) server.expectComplaint(part)
  const all = opened.move()
  return {
    server,
    proxies,
    web,
    async join() {
      const node = all.use(await startTestServer({ settings: { ...settings, REDIS_URL: services.redis } }))
      for (const part of EXPECTED) node.expectComplaint(part)
      return node
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A busy machine may be slower than the limits of the start. */
async function openStorage(url: string): Promise<Storage> {
  let storage: Storage | null = null
  await until(async () => {
    storage = await openMongo({ url }).catch((error: unknown) => {
      if (error instanceof Unavailable) return null
      throw error
    })
    return storage !== null
  }, 'the store opens')
  return storage ?? Promise.reject(new Error('the store is open'))
}

/** What the log says while a dependency is away. An unexpected failure, `call failed`, is not among it. */
const EXPECTED = [
  'unavailable',
  'the connection to Redis is lost',
  'a follower failed',
  'a job failed',
  'devices stay',
  'could not be stored',
]

/** People in a room of a stage. */
export interface Scene extends Disposable {
  readonly ada: Person
  readonly bob: Person
  readonly room: string
  readonly probe: Probe
}

export async function openScene({ server }: Stage): Promise<Scene> {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id } = await groupOf(ada, [bob])
  const probe = new Probe(server.url)
  return { ada, bob, room: id, probe, [Symbol.dispose]: () => probe[Symbol.dispose]() }
}

/** Calls that need the store and nothing else, at the same time. */
export async function useEverything({ ada, bob, room, probe }: Scene): Promise<Reply[]> {
  return Promise.all([
    probe.call(null, 'POST', '/auth/login', { username: ada.name, password: PASSWORD }),
    probe.call(ada, 'GET', '/users/me'),
    probe.call(bob, 'GET', '/users/me/conversations'),
    probe.call(ada, 'GET', `/conversations/${room}/messages`),
    probe.call(bob, 'POST', `/conversations/${room}/messages`, { content: 'anybody there?' }),
    probe.call(bob, 'PUT', `/conversations/${room}/read`, { seq: 0 }),
    probe.call(bob, 'POST', `/conversations/${room}/typing`),
    probe.call(ada, 'GET', `/presence?ids=${bob.id}`),
    probe.call(ada, 'POST', '/auth/ws-ticket'),
    probe.call(ada, 'GET', '/sync'),
  ])
}
