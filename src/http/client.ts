import type { Client } from '../context.ts'

const MAX_AGENT = 256

interface Addresses {
  requestIP(request: Request): { address: string } | null
}

/**
 * Who is at the other end. `X-Forwarded-For` counts only as far as our own proxies added to it: the entry that the outermost
 * of them wrote.
 */
export function clientOf(request: Request, server: Addresses, trusted_proxies: number): Client {
  const user_agent = request.headers.get('user-agent')?.slice(0, MAX_AGENT) ?? null
  const peer = server.requestIP(request)?.address ?? 'unknown'
  if (trusted_proxies === 0) return { address: peer, user_agent }
  const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map(hop => hop.trim())
  return { address: hops.at(-trusted_proxies) || peer, user_agent }
}
