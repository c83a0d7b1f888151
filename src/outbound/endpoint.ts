import { isIP } from 'node:net'
import { isPublicAddress } from './address.ts'

/** The longest URL that is taken. */
const MAX_ENDPOINT_LENGTH = 2_048

/** Names that lead into this machine, its network or its cloud, wherever they are resolved. */
const INTERNAL_NAMES = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|corp|home|private|onion|arpa)$/

/** A URL that users gave and that requests may be sent to. */
export interface Endpoint {
  readonly url: URL
  /** The operator has exempted it: any address and plain http. */
  readonly exempt: boolean
}

/**
 * Reads a URL that a user gave. It must be https, without credentials, on port 443 or one above 1023, and not name an internal
 * host or an address that is not public. `allow` is a list of `host:port` that are exempt from all but the syntax. Returns the
 * rule that it breaks otherwise.
 *
 * What a name resolves to is checked when it is connected to (`request.ts`).
 */
export function readEndpoint(text: string, allow: readonly string[]): Endpoint | string {
  if (text.length > MAX_ENDPOINT_LENGTH) return `must have at most ${MAX_ENDPOINT_LENGTH} characters`
  if (!/^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/i.test(text) || !URL.canParse(text)) return 'must be a URL'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'must have no credentials and no fragment'
  const port = portOf(url)
  if (allow.includes(`${url.hostname}:${port}`)) return { url, exempt: true }
  if (url.protocol !== 'https:') return 'must be an https URL'
  if (port !== 443 && port < 1024) return 'must use port 443 or one above 1023'
  return isInternalHost(url) ? 'must name a public host' : { url, exempt: false }
}

/** The port that a request to the URL connects to. */
function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** The address or name that is connected to, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function isInternalHost(url: URL): boolean {
  const host = hostOf(url).replace(/\.$/, '')
  if (isIP(host) !== 0) return !isPublicAddress(host)
  return !host.includes('.') || INTERNAL_NAMES.test(host)
}
