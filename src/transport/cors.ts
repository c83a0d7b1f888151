import type { Elysia } from 'elysia'

const ALLOWED = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '600',
}

/** Lets web pages of the listed origins call the API. No origin is reflected unless it is listed, and no cookie is used. */
export function addCors(app: Elysia, origins: readonly string[]): void {
  if (origins.length === 0) return
  const listed = new Set(origins)
  app.onRequest(({ request, set }) => {
    const origin = request.headers.get('origin')
    if (origin === null || !listed.has(origin)) return
    const headers = {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-request-id, retry-after, ratelimit, ratelimit-policy',
      vary: 'origin',
    }
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...headers, ...ALLOWED } })
    Object.assign(set.headers, headers)
  })
}
