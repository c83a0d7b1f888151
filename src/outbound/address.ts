import ipaddr from 'ipaddr.js'

/** The only IPv6 addresses that are routed between networks (RFC 4291, Section 2.4). */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')
/** Public addresses that a cloud answers inside its own network only: the platform of Azure. */
const CLOUD_INTERNAL: readonly string[] = ['168.63.129.16']

/**
 * Whether an IP address belongs to the public internet. Private, loopback, link-local, shared, reserved and multicast ones do
 * not. Neither do IPv6 addresses that embed an IPv4 address for a translator or tunnel (64:ff9b::/96, 2002::/16, 2001::/32): they
 * may lead to a private one. An IPv4-mapped address counts as the IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast' || CLOUD_INTERNAL.includes(address.toString())) return false
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST)
}
