import type { Client } from '../context.ts'
import { parseAddress, UNKNOWN, type Address } from './address.ts'

const MAX_AGENT = 256

interface Addresses {
  requestIP(request: Request): { address: string } | null
}

/**
 * The client of one request. Its address is looked up when it is first asked for, which only limits and sessions do: the
 * look-up costs more than most of what a call does besides.
 */
export class RequestClient implements Client {
  readonly #request: Request
  readonly #server: Addresses
  readonly #trusted_proxies: number
  #address: Address | null = null
  authenticated = false

  constructor(request: Request, server: Addresses, trusted_proxies: number) {
    this.#request = request
    this.#server = server
    this.#trusted_proxies = trusted_proxies
  }

  get address(): string {
    return this.#resolved.address
  }

  get network(): string {
    return this.#resolved.network
  }

  get user_agent(): string | null {
    return this.#request.headers.get('user-agent')?.slice(0, MAX_AGENT) ?? null
  }

  /** As plain data, for what outlives the request. */
  toClient(): Client {
    return {
      address: this.address,
      network: this.network,
      user_agent: this.user_agent,
      authenticated: this.authenticated,
    }
  }

  get #resolved(): Address {
    return (this.#address ??= this.#forwarded() ?? parseAddress(this.#peer()) ?? UNKNOWN)
  }

  /** The entry of `X-Forwarded-For` that the outermost of our own proxies wrote: what is before it anyone may have written. */
  #forwarded(): Address | null {
    if (this.#trusted_proxies === 0) return null
    const hops = (this.#request.headers.get('x-forwarded-for') ?? '').split(',')
    return parseAddress(hops.at(-this.#trusted_proxies)?.trim() ?? '')
  }

  #peer(): string {
    return this.#server.requestIP(this.#request)?.address ?? ''
  }
}

/** A request with its client on it. */
interface Incoming extends Request {
  client: RequestClient
}

/**
 * Elysia hands a route nothing but the request that it was given, so that the client travels on it. A request without a host
 * (HTTP/1.0) gets one, because Elysia looks for the path behind it.
 */
export function withClient(request: Request, client: RequestClient): Request {
  const whole = request.url.startsWith('/') ? new Request(`http://localhost${request.url}`, request) : request
  return Object.assign(whole, { client })
}

/** The client of a request that went through `withClient`. */
export function clientOf(request: Request): RequestClient {
  // Every route is called with what `withClient` made.
  return (request as Incoming).client
}
