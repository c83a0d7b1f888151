import type { Logger } from '../logger.ts'
import type { Measurements } from '../metrics/measurements.ts'
import type { RequestClient } from './client.ts'

interface Options {
  measurements: Measurements
  logger: Logger
  /** Whether each request is logged. */
  logged: boolean
}

/** Counts every HTTP request, and logs it if the setting says so: never a token, a query, a body or the path itself. */
export class Access {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** `begun` is a time of `performance.now()`. What a stream of the answer takes is not part of the duration. */
  ended(method: string, route: string, client: RequestClient, status: number, begun: number): void {
    const { measurements, logger, logged } = this.#options
    measurements.requests.of(route).add(status)
    if (!logged) return
    const { request_id, user_id, key_id, network } = client
    const ms = Math.round((performance.now() - begun) * 10) / 10
    logger.info({ request_id, method, route, status, ms, user_id, key_id, network }, 'request')
  }
}
