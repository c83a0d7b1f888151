import { type AppError, toProblem } from '../../contracts/errors.ts'

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
    headers['ratelimit-policy'] = `"${limit.policy}";q=${limit.quota};w=${limit.window}`
    headers['ratelimit'] = `"${limit.policy}";r=0;t=${retry_after ?? limit.window}`
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
