import type { Origins } from '../http/origin.ts'

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, if-none-match, if-range, last-event-id, parley-act-as, parley-refresh, range, trpc-accept, tus-resumable, upload-length, upload-metadata, upload-offset, x-http-method-override',
  'access-control-max-age': '600',
}
const EXPOSED =
  'accept-ranges, content-disposition, content-length, content-range, deprecation, etag, x-request-id, location, parley-file-id, retry-after, ratelimit, ratelimit-policy, sunset, tus-extension, tus-max-size, tus-resumable, tus-version, upload-expires, upload-length, upload-metadata, upload-offset'

/**
 * Allows web pages of the listed origins to call the API. Only listed origins are reflected. The cookie of a
 * session counts only where a request asks for it by a header (`http/session-cookie.ts`).
 */
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

  /** Adds the headers that browsers require. Caches keep answers by origin, also answers to requests without one. */
  mark(request: Request, response: Response): Response {
    // Called for its log line; the browser itself refuses an answer without the headers.
    this.#origins.allows(request)
    if (!this.#origins.some) return response
    response.headers.append('vary', 'origin')
    const origin = this.#listed(request)
    if (origin === null) return response
    response.headers.set('access-control-allow-origin', origin)
    response.headers.set('access-control-allow-credentials', 'true')
    response.headers.set('access-control-expose-headers', EXPOSED)
    return response
  }

  #listed({ headers }: Request): string | null {
    const origin = headers.get('origin')
    return origin !== null && this.#origins.isListed(origin) ? origin : null
  }
}
