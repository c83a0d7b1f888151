import type { Identity } from '../domain/identity.ts'
import type { Client } from '../context.ts'
import type { Standing } from '../limits.ts'
import { parseAddress, UNKNOWN, type Address } from './address.ts'

const MAX_AGENT = 256
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/

/** How often a connection is kept open for what is going on. */
const KEEP_OPEN_MS = 1_000

interface Connections {
  requestIP(request: Request): { address: string } | null
  timeout(request: Request, seconds: number): void
}

interface ClientOptions {
  trusted_proxies: number
  idle_seconds: number
}

/**
 * The client of one request. Its address is looked up at the first use, by limits and sessions only, because the look-up costs
 * more than most other parts of a call.
 */
export class RequestClient implements Client {
  readonly #request: Request
  readonly #server: Connections
  readonly #options: ClientOptions
  #kept_open_at = 0
  #address: Address | null = null
  user_id: string | null = null
  key_id?: string
  /** The template of the path that serves the request; null: none. For counts and the access log. */
  route: string | null = null
  limit?: Standing
  #request_id: string | null = null

  constructor(request: Request, server: Connections, options: ClientOptions) {
    this.#request = request
    this.#server = server
    this.#options = options
  }

  /** As the client sent it: HEAD is answered by the route of GET. */
  get method(): string {
    return this.#request.method
  }

  /** The `X-Request-Id` of the request, if it is 1 to 128 visible ASCII characters; else made here. */
  get request_id(): string {
    return (this.#request_id ??= this.#givenId() ?? Bun.randomUUIDv7())
  }

  get address(): string {
    return this.#resolved.address
  }

  get network(): string {
    return this.#resolved.network
  }

  /** Whether the address is the one that the outermost trusted proxy gave. */
  get forwarded(): boolean {
    return this.#forwarded() !== null
  }

  get user_agent(): string | null {
    return this.#request.headers.get('user-agent')?.slice(0, MAX_AGENT) ?? null
  }

  /**
   * Starts the idle time of the connection anew. The runtime does so for neither bytes that arrive nor bytes that leave, and would
   * end a slow upload or download.
   */
  keepOpen(): void {
    const now = performance.now()
    if (now - this.#kept_open_at < KEEP_OPEN_MS) return
    this.#kept_open_at = now
    this.#server.timeout(this.#request, this.#options.idle_seconds)
  }

  /** Keeps who calls, for the access log. */
  calledBy({ user_id, session_id, by_key }: Identity): void {
    this.user_id = user_id
    if (by_key) this.key_id = session_id
  }

  /** As plain data, to be kept after the request. */
  toClient(): Client {
    return {
      address: this.address,
      network: this.network,
      user_agent: this.user_agent,
      user_id: this.user_id,
    }
  }

  get #resolved(): Address {
    return (this.#address ??= this.#forwarded() ?? parseAddress(this.#peer()) ?? UNKNOWN)
  }

  #givenId(): string | null {
    const given = this.#request.headers.get('x-request-id')
    return given !== null && REQUEST_ID.test(given) ? given : null
  }

  /** The entry of `X-Forwarded-For` that the outermost trusted proxy added. Entries before it may be forged. */
  #forwarded(): Address | null {
    const { trusted_proxies } = this.#options
    if (trusted_proxies === 0) return null
    const hops = (this.#request.headers.get('x-forwarded-for') ?? '').split(',')
    return parseAddress(hops.at(-trusted_proxies)?.trim() ?? '')
  }

  #peer(): string {
    return this.#server.requestIP(this.#request)?.address ?? ''
  }
}

/** A request that carries its client. */
interface Incoming extends Request {
  client: RequestClient
}

/**
 * Attaches the client to the request, because Elysia gives a route nothing but the request. A request without a host (HTTP/1.0)
 * gets one, because Elysia searches the path after the host.
 */
export function withClient(request: Request, client: RequestClient): Request {
  const whole = request.url.startsWith('/') ? new Request(`http://localhost${request.url}`, request) : request
  return Object.assign(whole, { client })
}

/** The client of a request that went through `withClient`. */
export function clientOf(request: Request): RequestClient {
  // Cast: every route is called with a request of `withClient`.
  return (request as Incoming).client
}
