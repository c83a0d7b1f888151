import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { checkedFetch } from './checked.ts'
import { openTestMeili } from './meili.ts'
import { dropBucket, s3Access } from './minio.ts'
import { ADMIN, databaseUrl, dropDatabase, stack } from './server.ts'
import { spawnServer } from './spawn-server.ts'
import { openTcpProxy, through, type TcpProxy } from './tcp-proxy.ts'

/** Log lines of this level and above fail the test unless it expects them: those of failed calls and crashes. */
const ERROR_LEVEL = 50

/** Null: what a test of several nodes needs is there. Otherwise why it is skipped. */
export const noCluster =
  stack === 'mongo' && process.env['REDIS_URL'] ? null : 'not the full stack, or REDIS_URL is not set'

export interface ClusterOptions {
  /** How many nodes are started; default 3. */
  count?: number
  settings?: Record<string, string> | ((index: number) => Record<string, string>)
  /** Each node reaches Redis by a proxy of its own. */
  redisProxies?: boolean
  /** All nodes are started at the same time. Otherwise the first one is there before the others, and does the background work. */
  atOnce?: boolean
}

export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly ClusterNode[]
  readonly database: string
  /** The node with this index, counted from 0; beyond the last one it begins again. */
  node(index: number): ClusterNode
  /** Names part of an error that the test causes on purpose. */
  expectError(part: string): void
}

/**
 * Nodes of one installation, each a process: they share a MongoDB database, Redis, a bucket where `S3_ENDPOINT` is set, and a search
 * index in the Meilisearch that `MEILI_URL` names or in a stand-in. The end fails if a node has exited by itself or logged an error
 * that no test expects.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { count = 3, settings = {}, redisProxies = false, atOnce = false } = options
  const id = crypto.randomUUID()
  const [database, bucket] = [`parley_test_${id.replaceAll('-', '')}`, `parley-test-${id}`]
  const folder = await mkdtemp(join(tmpdir(), 'parley-cluster-'))
  const meili = openTestMeili()
  const expected: string[] = []
  const redis = new URL(process.env['REDIS_URL'] ?? '')
  const nodes: ClusterNode[] = []
  for (let index = 0; index < count; index += 1) {
    const proxy = redisProxies ? await openTcpProxy({ host: redis.hostname, port: Number(redis.port || 6379) }) : null
    const environment = {
      PATH: process.env['PATH'] ?? '',
      PARLEY_DATA_DIR: join(folder, String(index)),
      PARLEY_SECRET: `the secret of all nodes of ${id}`,
      PARLEY_ADMIN_USERNAME: ADMIN.username,
      PARLEY_ADMIN_PASSWORD: ADMIN.password,
      PARLEY_RATE_CALLS: '0',
      PARLEY_RATE_AUTH: '0',
      PARLEY_LOG_LEVEL: 'warn',
      MONGODB_URL: databaseUrl(database),
      REDIS_URL: proxy ? through(proxy, redis.href) : redis.href,
      MEILI_URL: meili.url,
      MEILI_MASTER_KEY: meili.key ?? '',
      MEILI_INDEX: meili.index,
      ...bucketOf(bucket),
      ...(typeof settings === 'function' ? settings(index) : settings),
    }
    nodes.push(new ClusterNode(environment, proxy))
  }
  const remove = async () => {
    for (const node of nodes) await node.kill()
    for (const node of nodes) await node.redis?.[Symbol.asyncDispose]()
    await meili[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
    await dropDatabase(database)
    if (s3Access()) await dropBucket(bucket)
  }
  const starts = async () => {
    if (!atOnce) await nodes[0]?.start()
    // All of them, so that none is still starting when the others are removed.
    const started = await Promise.allSettled((atOnce ? nodes : nodes.slice(1)).map(node => node.start()))
    for (const each of started) if (each.status === 'rejected') throw each.reason
  }
  await starts().catch(async (error: unknown) => {
    await remove()
    throw error
  })

  return {
    nodes,
    database,
    node(index) {
      const node = nodes[index % nodes.length]
      if (!node) throw new Error('a cluster has nodes')
      return node
    },
    expectError: part => void expected.push(part),
    async [Symbol.asyncDispose]() {
      const crashed = nodes.filter(node => node.hasCrashed)
      await remove()
      if (crashed.length > 0) throw new Error(`${crashed.length} nodes have exited by themselves`)
      const errors = nodes.flatMap(({ log }) => log.filter(line => levelOf(line) >= ERROR_LEVEL))
      const surprising = errors.filter(line => !expected.some(part => line.includes(part)))
      if (surprising.length > 0) throw new Error(`the nodes logged errors:\n${surprising.join('\n')}`)
    },
  }
}

/** A node, which may be killed and started again on the same data and port. */
export class ClusterNode {
  /** Lines of its log of level warn and above, of all its processes. */
  readonly log: string[] = []
  /** The proxy in front of its Redis, if there is one. */
  readonly redis: TcpProxy | null
  readonly #environment: Record<string, string>
  #process: Bun.Subprocess | null = null
  #port = 0

  constructor(environment: Record<string, string>, redis: TcpProxy | null) {
    this.#environment = environment
    this.redis = redis
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Whether it has exited although nobody stopped it. */
  get hasCrashed(): boolean {
    return this.#process !== null && (this.#process.exitCode !== null || this.#process.signalCode !== null)
  }

  /** A client that is not signed in. Every answer of the REST API that it gets is checked against the contract. */
  client(): Client {
    return createClient({ url: this.url, fetch: checkedFetch })
  }

  async start(): Promise<void> {
    const { child, port } = await spawnServer(this.#environment, this.#port, line => this.log.push(line))
    this.#process = child
    this.#port = port
  }

  /** SIGKILL, and waits until the process has ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM, and waits until the process has ended; fails unless it ends with code 0. */
  async stop(): Promise<void> {
    const code = await this.#end('SIGTERM')
    if (code !== 0) throw new Error(`the node ended with code ${code}`)
  }

  /** SIGSTOP: the process keeps its connections and does nothing until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    this.#process = null
    child?.kill(signal)
    return (await child?.exited) ?? null
  }
}

function bucketOf(bucket: string): Record<string, string> {
  const access = s3Access()
  if (!access) return {}
  const { endpoint, access_key, secret_key } = access
  return { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: access_key, S3_SECRET_KEY: secret_key, S3_BUCKET: bucket }
}

function levelOf(line: string): number {
  const [, level = '0'] = /"level":(\d+)/.exec(line) ?? []
  return Number(level)
}
