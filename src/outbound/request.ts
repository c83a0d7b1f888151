import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isPublicAddress } from './address.ts'
import { hostOf, type Endpoint } from './endpoint.ts'

const LOOKUP_MS = 3_000
const ANSWER_MS = 10_000
/** Addresses of one name that are tried; the next only if no connection could be made. */
const MAX_ADDRESSES = 2
/** Bytes of an answer's body that are read. */
const MAX_ANSWER_BYTES = 16 * 1024

/** Resolves a name to all its addresses; rejects if there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface OutboundRequest {
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

export interface OutboundAnswer {
  readonly status: number
  readonly headers: Headers
  /** The first bytes of the body as text. */
  readonly text: string
}

/** The endpoint leads to an address that is not public. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic'
}

export interface Outbound {
  /** Throws `NotPublic` if the endpoint's name has an address that is not public; passes a name that cannot be resolved now. */
  check(endpoint: Endpoint): Promise<void>
  /**
   * Sends a request to a URL that a user gave. The name is resolved once, every address of it must be public, and the connection
   * goes to the address that was checked: an answer of the name server that changes afterwards has no effect. Redirects are not
   * followed. TLS verifies the certificate for the name. Throws `NotPublic`, or the error of the network.
   */
  request(endpoint: Endpoint, request: OutboundRequest): Promise<OutboundAnswer>
}

export interface OutboundOptions {
  resolve?: Resolve
  /** Certificates that are trusted besides the usual ones; for tests. */
  ca?: string
}

export function openOutbound({ resolve = resolveName, ca }: OutboundOptions = {}): Outbound {
  async function addressesOf({ url, exempt }: Endpoint): Promise<readonly string[]> {
    const host = hostOf(url)
    const addresses = isIP(host) === 0 ? await within(LOOKUP_MS, resolve(host)) : [host]
    // All of them: otherwise the order in which a name server lists them would decide.
    if (!exempt && !addresses.every(isPublicAddress)) throw new NotPublic('the endpoint is not public')
    return addresses
  }

  async function connect({ url }: Endpoint, address: string, request: OutboundRequest): Promise<OutboundAnswer> {
    const target = new URL(url)
    target.hostname = isIP(address) === 6 ? `[${address}]` : address
    const answer = await fetch(target, {
      method: request.method,
      headers: { ...request.headers, host: url.host },
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
      // A compressed answer could be made to expand without an end.
      decompress: false,
      ...(url.protocol === 'https:' ? { tls: { serverName: hostOf(url), ...(ca === undefined ? {} : { ca }) } } : {}),
    })
    return { status: answer.status, headers: answer.headers, text: await firstBytes(answer) }
  }

  return {
    async check(endpoint) {
      await addressesOf(endpoint).catch((error: unknown) => {
        if (error instanceof NotPublic) throw error
      })
    },
    async request(endpoint, request) {
      const addresses = (await addressesOf(endpoint)).slice(0, MAX_ADDRESSES)
      for (const [index, address] of addresses.entries())
        try {
          return await connect(endpoint, address, request)
        } catch (error) {
          if (index === addresses.length - 1 || !isNotConnected(error)) throw error
        }
      throw new Error('the name has no address')
    },
  }
}

/** IPv4 first, because a machine without a route to IPv6 is more frequent than one without IPv4. */
async function resolveName(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.toSorted((a, b) => a.family - b.family).map(({ address }) => address)
}

/** Nothing was sent, so that another address may be tried. */
function isNotConnected(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'ConnectionRefused' || code === 'FailedToOpenSocket' || code === 'ECONNREFUSED'
}

async function firstBytes({ body }: Response): Promise<string> {
  if (!body) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = body.getReader()
  while (bytes < MAX_ANSWER_BYTES) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    bytes += value.length
  }
  await reader.cancel()
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
