import type { Origins } from '../http/origin.ts'

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers': 'authorization, content-type, last-event-id, trpc-accept',
  'access-control-max-age': '600',
}
const EXPOSED = 'x-request-id, retry-after, ratelimit, ratelimit-policy'

/** Lets web pages of the listed origins call the API. No origin is reflected unless it is listed, and no cookie is used. */
export class Cors {
  readonly #origins: Origins

  constructor(origins: Origins) {
    this.#origins = origins
  }

  /** The answer to the preflight of a listed origin; null for any other request. */
  preflight(request: Request): Response | null {
    if (request.method !== 'OPTIONS') return null
    const origin = this.#listed(request)
    return origin === null ? null : this.mark(request, new Response(null, { status: 204, headers: PREFLIGHT }))
  }

  /** Adds to an answer what the browser asks for. Caches keep it by origin, also where no origin came. */
  mark(request: Request, response: Response): Response {
    // Asked for its line in the log: the browser itself refuses an answer without the headers.
    this.#origins.allows(request)
    if (!this.#origins.some) return response
    response.headers.append('vary', 'origin')
    const origin = this.#listed(request)
    if (origin === null) return response
    response.headers.set('access-control-allow-origin', origin)
    response.headers.set('access-control-expose-headers', EXPOSED)
    return response
  }

  #listed({ headers }: Request): string | null {
    const origin = headers.get('origin')
    return origin !== null && this.#origins.isListed(origin) ? origin : null
  }
}
