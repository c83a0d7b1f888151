import { afterAll } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { MongoClient } from 'mongodb'
import { openStorage } from '../../src/adapters/open.ts'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { readConfig, type Config } from '../../src/config.ts'
import type { FirstAdmin } from '../../src/features/users/first-admin.ts'
import type { HashCost } from '../../src/identity/passwords.ts'
import { openLogger } from '../../src/logger.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { startServer, type Overrides, type Running } from '../../src/server.ts'
import { checkedFetch } from './checked.ts'
import { dropBucket, s3Access } from './minio.ts'
import { openTestMeili } from './meili.ts'
import { patient } from './mongo.ts'
import { shared } from './shared.ts'

/**
 * What the API and realtime suites run on: with `PARLEY_TEST_STACK=mongo` on the MongoDB that `MONGODB_URL` names and, where
 * `REDIS_URL` names one, Redis.
 */
export const stack = process.env['PARLEY_TEST_STACK'] === 'mongo' ? 'mongo' : 'embedded'

/** Hashes of passwords are a quarter of what most suites would use of the processor. Suites about passwords give `HASH_COST`. */
const CHEAP_HASH: HashCost = { memoryCost: 64, timeCost: 1 }

export const ADMIN = { username: 'root', password: 'a long admin password' }

/** A server of a test. Hooks of its file stop it, or the test does if it is a `TestServer`. */
export interface SharedServer {
  readonly url: string
  readonly running: Running
  /** The first ADMIN, if this start has made one. */
  readonly admin: FirstAdmin | null
  /** Log lines of level warn and above so far. One that no test expects fails the test at the end. */
  readonly complaints: string[]
  /** Names part of a complaint that the test causes on purpose. */
  expectComplaint(part: string): void
  /** A client that is not signed in. Every answer of the REST API that it gets is checked against the contract. */
  client(): Client
  /** Stops the server and starts it again on the same data and port. */
  restart(): Promise<void>
}

/** A server that its owner stops. Stopping fails if there is a log line of level warn or above that no test expects. */
export interface TestServer extends SharedServer, AsyncDisposable {}

export interface TestOptions {
  settings?: Record<string, string>
  overrides?: Overrides
  /** Stands between the server and the store of the stack. */
  around?: (storage: Storage) => Storage
}

/**
 * One server for all tests of a file or `describe`, started before the first and stopped after the last. Options that a
 * hook has to prepare are given as a function.
 */
export function sharedServer(options: TestOptions | (() => Promise<TestOptions>) = {}): SharedServer {
  const server = shared(async () => startTestServer(typeof options === 'function' ? await options() : options))
  afterAll(() => server()[Symbol.asyncDispose]())
  return {
    get url() {
      return server().url
    },
    get running() {
      return server().running
    },
    get admin() {
      return server().admin
    },
    get complaints() {
      return server().complaints
    },
    expectComplaint: part => server().expectComplaint(part),
    client: () => server().client(),
    restart: () => server().restart(),
  }
}

/** A real server on a free port of loopback and temporary data, without rate limits unless set. */
export async function startTestServer({
  settings = {},
  overrides = {},
  around,
}: TestOptions = {}): Promise<TestServer> {
  const data_dir = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  const bucket = `parley-test-${crypto.randomUUID()}`
  const meili = stack === 'mongo' ? openTestMeili() : null
  const environment = {
    PORT: '0',
    PARLEY_DATA_DIR: data_dir,
    PARLEY_ADMIN_USERNAME: ADMIN.username,
    PARLEY_ADMIN_PASSWORD: ADMIN.password,
    PARLEY_RATE_CALLS: '0',
    PARLEY_RATE_AUTH: '0',
    ...(stack === 'mongo'
      ? {
          MONGODB_URL: databaseUrl(database),
          REDIS_URL: process.env['REDIS_URL'] ?? '',
          ...bucketSettings(bucket),
        }
      : {}),
    ...(meili ? { MEILI_URL: meili.url, MEILI_MASTER_KEY: meili.key ?? '', MEILI_INDEX: meili.index } : {}),
    ...settings,
  }
  const complaints: string[] = []
  // Nodes of a test have folders of their own where there is no bucket.
  const expected = s3Access() ? [] : ['set S3_ENDPOINT']
  const logger = openLogger(
    'warn',
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        complaints.push(chunk.toString())
        done()
      },
    }),
  )
  let admin: FirstAdmin | null = null
  const announce = (made: FirstAdmin) => {
    admin = made
  }
  const start = async () => {
    admin = null
    const config = readConfig(environment)
    const storage = overrides.storage ?? (await open(config))
    return startServer(config, {
      logger,
      announce,
      hash_cost: CHEAP_HASH,
      ...overrides,
      storage: around ? around(storage) : storage,
    })
  }
  const remove = async () => {
    await rm(data_dir, { recursive: true, force: true })
    await meili?.[Symbol.asyncDispose]()
    if (stack === 'mongo') await dropDatabase(database)
    if (stack === 'mongo' && s3Access()) await dropBucket(bucket)
  }
  let running = await start().catch(async (error: unknown) => {
    await remove()
    throw error
  })

  return {
    get url() {
      return running.url
    },
    get running() {
      return running
    },
    get admin() {
      return admin
    },
    complaints,
    expectComplaint: part => void expected.push(part),
    client: () => createClient({ url: running.url, fetch: checkedFetch }),
    async restart() {
      environment.PORT = new URL(running.url).port
      await running.stop()
      running = await start()
    },
    async [Symbol.asyncDispose]() {
      await running.stop()
      await remove()
      const surprising = complaints.filter(line => !expected.some(part => line.includes(part)))
      if (surprising.length > 0) throw new Error(`the server complained:\n${surprising.join('')}`)
    },
  }
}

/** As the server does, but a busy machine makes no call fail. */
function open(config: Config): Promise<Storage> {
  return config.mongodb_url === null ? openStorage(config) : openMongo({ url: config.mongodb_url, connect: patient })
}

/** With `S3_ENDPOINT` the full stack stores files there, each server in a bucket of its own. */
function bucketSettings(bucket: string): Record<string, string> {
  const access = s3Access()
  if (!access) return {}
  const { endpoint, access_key, secret_key } = access
  return { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: access_key, S3_SECRET_KEY: secret_key, S3_BUCKET: bucket }
}

export function databaseUrl(database: string): string {
  const given = process.env['MONGODB_URL']
  if (!given) throw new Error('PARLEY_TEST_STACK=mongo needs MONGODB_URL')
  const url = new URL(given)
  // Accounts are known to the database of the connection string, or to `admin`.
  if (url.username !== '' && !url.searchParams.has('authSource'))
    url.searchParams.set('authSource', url.pathname.slice(1) || 'admin')
  url.pathname = `/${database}`
  return url.href
}

export async function dropDatabase(database: string): Promise<void> {
  await using client = new MongoClient(databaseUrl(database))
  await client.db(database).dropDatabase()
}
