import ipaddr from 'ipaddr.js'

type Network = ReturnType<typeof ipaddr.parseCIDR>

/** A set of networks, each an address or an address with the length of its prefix. */
export class Networks {
  readonly #networks: readonly Network[]

  constructor(networks: readonly string[]) {
    this.#networks = networks.map(parse)
  }

  /** Whether one of them has the address, which is in canonical form. */
  has(address: string): boolean {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.parse(address)
    return this.#networks.some(network => network[0].kind() === parsed.kind() && parsed.match(network))
  }
}

function parse(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.toByteArray().length * 8]
}
