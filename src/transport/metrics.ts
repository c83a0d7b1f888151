import { AppError } from '../../contracts/errors.ts'
import type { Gate } from '../gate.ts'
import { clientOf } from '../http/client.ts'
import { credentialsOf } from '../http/credentials.ts'
import type { Networks } from '../http/networks.ts'
import { problemResponse } from '../http/problem.ts'

/** The text of `/metrics`. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

export interface MetricsOptions {
  gate: Gate
  metrics: Metrics
  /** Those whose requests need no token. */
  networks: Networks
}

/** What a proxy adds to the requests that it passes on. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']

/** Answers `GET /metrics` for ADMINs, and for the networks of the settings (specification, Running). */
export async function metricsPage({ gate, metrics, networks }: MetricsOptions, request: Request): Promise<Response> {
  const client = clientOf(request)
  try {
    if (!isNear(networks, request)) client.calledBy(await gate.identifyAdmin(credentialsOf(request)))
    const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
    return new Response(await metrics.text(), { headers })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return problemResponse(error, client.request_id)
  }
}

/**
 * Whether the client itself is in one of the networks. Behind a proxy that is not configured as trusted, or that was reached by
 * another way than through the proxies in front of it, everybody seems to be on the proxy's machine: what a proxy has passed on
 * is near only by an address that a trusted one gave.
 */
function isNear(networks: Networks, request: Request): boolean {
  const client = clientOf(request)
  if (!client.forwarded && FORWARDED.some(name => request.headers.has(name))) return false
  return networks.has(client.address)
}
