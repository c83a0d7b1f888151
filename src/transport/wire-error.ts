import { type AppError, toProblem } from '../../contracts/errors.ts'

/** An error as REST answers it: the problem document and the headers that go with its status. */
export function problemResponse(error: AppError, request_id: string, extra: Record<string, string> = {}): Response {
  const { retry_after, limit, allow } = error.details
  const headers: Record<string, string> = {
    ...extra,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': request_id,
  }
  if (error.status === 401) headers['www-authenticate'] = 'Bearer realm="parley"'
  if (retry_after !== undefined) headers['retry-after'] = String(retry_after)
  if (allow) headers['allow'] = allow.join(', ')
  if (limit) {
    headers['ratelimit-policy'] = `"${limit.policy}";q=${limit.quota};w=${limit.window}`
    headers['ratelimit'] = `"${limit.policy}";r=0;t=${retry_after ?? limit.window}`
  }
  return new Response(JSON.stringify(toProblem(error, request_id)), { status: error.status, headers })
}
