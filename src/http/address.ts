import ipaddr from 'ipaddr.js'

export interface Address {
  /** In canonical form: IPv4 with dots, IPv6 as in RFC 5952. */
  address: string
  /** The key of limits: the IPv4 address, or the /64 network of the IPv6 address, because one host may have a whole /64. */
  network: string
}

export const UNKNOWN: Address = { address: 'unknown', network: 'unknown' }

const NETWORK_PARTS = 4
const REST = [0, 0, 0, 0]

/** Parses an address of a peer or of `X-Forwarded-For`, with or without port, brackets and zone; null if it is not one. */
export function parseAddress(text: string): Address | null {
  const host = hostOf(text)
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return ipv4(ipaddr.IPv4.parse(host))
  if (!ipaddr.IPv6.isValid(host)) return null
  const ip = ipaddr.IPv6.parse(host)
  if (ip.isIPv4MappedAddress()) return ipv4(ip.toIPv4Address())
  const network = new ipaddr.IPv6([...ip.parts.slice(0, NETWORK_PARTS), ...REST])
  return { address: ip.toRFC5952String(), network: `${network.toRFC5952String()}/64` }
}

function ipv4(ip: ipaddr.IPv4): Address {
  return { address: ip.toString(), network: ip.toString() }
}

/** `1.2.3.4:5` → `1.2.3.4`, `[::1]:5` → `::1`, `fe80::1%eth0` → `fe80::1`. */
function hostOf(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d*)?$/.exec(text) ?? []
  const host = bracketed ?? text.replace(/^([\d.]+):\d*$/, '$1')
  return host.replace(/%.*$/, '')
}
