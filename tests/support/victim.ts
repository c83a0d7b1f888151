import { databaseUrl, stack } from './server.ts'
import { spawnServer } from './spawn-server.ts'

/** A server process that is killed and started again on the same data and port. */
export class Victim {
  readonly folder: string
  readonly #environment: Record<string, string>
  #process: Bun.Subprocess | null = null
  port = 0

  constructor(folder: string, database: string, settings: Record<string, string> = {}) {
    this.folder = folder
    this.#environment = {
      PARLEY_DATA_DIR: folder,
      PARLEY_RATE_CALLS: '0',
      PARLEY_RATE_AUTH: '0',
      PARLEY_LOG_LEVEL: 'error',
      ...(stack === 'mongo' ? { MONGODB_URL: databaseUrl(database) } : {}),
      ...settings,
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const { child, port } = await spawnServer(
      { ...process.env, PARLEY_TEST_STACK: '', ...this.#environment },
      this.port,
    )
    this.#process = child
    this.port = port
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#process?.kill(signal)
    await this.#process?.exited
  }
}
