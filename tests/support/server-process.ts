import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADMIN, databaseUrl, dropDatabase, stack } from './server.ts'
import { dropBucket, s3Access } from './minio.ts'
import { spawnServer } from './spawn-server.ts'

/** A server in a process of its own, which a test may kill and start again on the same data and port. */
export class ServerProcess implements AsyncDisposable {
  readonly #folder: string
  readonly #bucket = `parley-test-${crypto.randomUUID()}`
  readonly #database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  readonly #settings: Record<string, string>
  #process: Bun.Subprocess | null = null
  #port = 0

  constructor(folder: string, settings: Record<string, string>) {
    this.#folder = folder
    this.#settings = settings
  }

  static async start(settings: Record<string, string> = {}): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(join(tmpdir(), 'parley-process-')), settings)
    await server.start()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const { child, port } = await spawnServer({ PATH: process.env['PATH'] ?? '', ...this.#environment() }, this.#port)
    this.#process = child
    this.#port = port
  }

  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.#process?.exited
  }

  /** The most memory that the process has held so far, in MiB. */
  async peakMemory(): Promise<number> {
    const status = await Bun.file(`/proc/${this.#process?.pid}/status`).text()
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
    if (stack === 'mongo') await dropDatabase(this.#database)
    if (stack === 'mongo' && s3Access()) await dropBucket(this.#bucket)
  }

  #environment(): Record<string, string> {
    const access = stack === 'mongo' ? s3Access() : null
    return {
      PARLEY_DATA_DIR: this.#folder,
      PARLEY_ADMIN_USERNAME: ADMIN.username,
      PARLEY_ADMIN_PASSWORD: ADMIN.password,
      PARLEY_RATE_CALLS: '0',
      PARLEY_RATE_AUTH: '0',
      PARLEY_LOG_LEVEL: 'error',
      ...(stack === 'mongo' ? { MONGODB_URL: databaseUrl(this.#database) } : {}),
      ...(access
        ? {
            S3_ENDPOINT: access.endpoint,
            S3_ACCESS_KEY: access.access_key,
            S3_SECRET_KEY: access.secret_key,
            S3_BUCKET: this.#bucket,
          }
        : {}),
      ...this.#settings,
    }
  }
}
