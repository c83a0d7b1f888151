import { AppError } from '../../contracts/errors.ts'
import type { Logger } from '../logger.ts'
import { RequestClient } from './client.ts'
import { pathOf } from './host.ts'
import { problemResponse } from './problem.ts'

/** How long running calls may take after the server was told to stop. */
const DRAIN_MS = 8_000
/** How often a stopping server checks whether all requests are answered. */
const POLL_MS = 10
/** Larger than any body that a route reads, so that the routes' own limit answers with a problem document. */
const MAX_BODY_BYTES = Number.MAX_SAFE_INTEGER

interface Options {
  config: { host: string; port: number; trusted_proxies: number; idle_seconds: number }
  logger: Logger
  ids: () => string
}

export type Upgrader<Socket> = Pick<Bun.Server<Socket>, 'upgrade'>

/** What a listener serves. */
export interface Service<Socket> {
  /** Answers a request for any path but `/ws`. */
  fetch(request: Request, client: RequestClient): Response | Promise<Response>
  /** Answers a request for `/ws`; undefined once `server` has made it a socket. */
  upgrade(request: Request, client: RequestClient, server: Upgrader<Socket>): Promise<Response | undefined>
  readonly websocket: Bun.WebSocketHandler<Socket>
}

/** The server on one address and port. Created before its service, because the hub publishes through it; serves after `listen`. */
export class Listener<Socket> {
  readonly #options: Options
  #server: Bun.Server<Socket> | null = null
  #stopping = false

  constructor(options: Options) {
    this.#options = options
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  /** Whether `stop` was called. */
  get stopping(): boolean {
    return this.#stopping
  }

  /** Sends a text to every socket that is subscribed to the topic; there are none before `listen`. */
  publish(topic: string, text: string): void {
    // Without `false` Bun compresses a message once per subscriber. The return value is ignored: a client that
    // reads too slowly is closed and resumes.
    // oxlint-disable-next-line no-restricted-properties -- the one place that publishes to sockets
    this.#server?.publish(topic, text, false)
  }

  /** Throws if the address cannot be used. */
  listen(service: Service<Socket>): void {
    const { config, logger, ids } = this.#options
    this.#server = Bun.serve<Socket>({
      hostname: config.host,
      port: config.port,
      reusePort: false,
      idleTimeout: config.idle_seconds,
      maxRequestBodySize: MAX_BODY_BYTES,
      // The error page of development would show sources.
      development: false,
      fetch(request, server) {
        const path = pathOf(request)
        if (path === null) return problemResponse(new AppError('malformed'), ids())
        const client = new RequestClient(request, server, config)
        if (path !== '/ws' && !path.startsWith('/ws?')) return service.fetch(request, client)
        return service.upgrade(request, client, server)
      },
      error(error) {
        const request_id = ids()
        logger.error({ err: error, request_id }, 'request failed')
        return problemResponse(new AppError('internal'), request_id)
      },
      websocket: service.websocket,
    })
  }

  /** Accepts no new connections. Existing ones are closed by `close`. */
  stop(): void {
    this.#stopping = true
    // Not awaited: the promise also waits for idle connections, without a limit.
    void this.#server?.stop()
  }

  /** Closes all connections once every request is answered, after 8 s at the latest. */
  async close(): Promise<void> {
    const deadline = Date.now() + DRAIN_MS
    while ((this.#server?.pendingRequests ?? 0) > 0 && Date.now() < deadline) await Bun.sleep(POLL_MS)
    await this.#server?.stop(true)
  }
}
