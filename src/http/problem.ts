import { type AppError, toProblem } from '../../contracts/errors.ts'
import type { Standing } from '../limits.ts'

/** The headers of the IETF draft "RateLimit header fields for HTTP", version 10. */
export function rateLimitHeaders({ policy, quota, window, remaining, ends_in }: Standing): Record<string, string> {
  return {
    'ratelimit-policy': `"${policy}";q=${quota};w=${window}`,
    ratelimit: `"${policy}";r=${remaining};t=${ends_in}`,
  }
}

/** The headers that go with an error's status, on every HTTP transport. */
export function problemHeaders({ status, details }: AppError): Record<string, string> {
  const { retry_after, limit, allow, accept_encoding, size } = details
  const headers: Record<string, string> = {}
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="parley"'
  if (retry_after !== undefined) headers['retry-after'] = String(retry_after)
  // The rest of the body would be read as the next request.
  if (status === 408) headers['connection'] = 'close'
  if (accept_encoding) headers['accept-encoding'] = accept_encoding
  if (size !== undefined) headers['content-range'] = `bytes */${size}`
  if (allow) headers['allow'] = allow.join(', ')
  if (limit) {
    const ends_in = retry_after ?? limit.window
    Object.assign(headers, rateLimitHeaders({ ...limit, remaining: 0, ends_in }))
  }
  return headers
}

/** An error as REST answers it: the problem document and the headers that go with its status. */
export function problemResponse(error: AppError, request_id: string, extra: Record<string, string> = {}): Response {
  const headers = {
    ...extra,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': request_id,
    ...problemHeaders(error),
  }
  return new Response(JSON.stringify(toProblem(error, request_id)), { status: error.status, headers })
}
