import type { Config } from '../config.ts'
import type { Logger } from '../logger.ts'

/** Refused origins that are logged; further ones are refused without a log line. */
const MAX_LOGGED = 100

/** The web origins whose pages may call the API and open sockets. Origins are compared whole; `null` is never allowed. */
export class Origins {
  readonly #own: string | null
  readonly #listed: ReadonlySet<string>
  readonly #logged = new Set<string>()
  readonly #logger: Logger

  constructor({ base_url, allowed_origins }: Pick<Config, 'base_url' | 'allowed_origins'>, logger: Logger) {
    this.#own = base_url === null ? null : new URL(base_url).origin
    this.#listed = new Set(allowed_origins)
    this.#logger = logger
  }

  /** Whether answers depend on the origin. */
  get some(): boolean {
    return this.#listed.size > 0
  }

  isListed(origin: string): boolean {
    return this.#listed.has(origin)
  }

  /**
   * Whether the request comes from a page of the server's own or a listed origin. Browsers always send the origin of a socket.
   * A request without one is from another kind of client, without cookies that could be abused. Another origin is logged once.
   */
  allows({ headers }: Request): boolean {
    const origin = headers.get('origin')
    if (origin === null || this.#listed.has(origin) || this.#isOwn(origin, headers.get('host'))) return true
    if (this.#logged.has(origin) || this.#logged.size === MAX_LOGGED) return false
    this.#logged.add(origin)
    this.#logger.info({ origin: origin.slice(0, 256) }, 'origin refused: it is not in PARLEY_ALLOWED_ORIGINS')
    return false
  }

  #isOwn(origin: string, host: string | null): boolean {
    if (this.#own !== null) return origin === this.#own
    return origin === `http://${host}` || origin === `https://${host}`
  }
}
