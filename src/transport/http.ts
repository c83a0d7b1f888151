import { Elysia } from 'elysia'
import { AppError } from '../../contracts/errors.ts'
import { restOperations } from '../../contracts/index.ts'
import type { Config } from '../config.ts'
import type { Gate } from '../gate.ts'
import { clientOf, withClient, type RequestClient } from '../http/client.ts'
import { credentialsOf } from '../http/credentials.ts'
import type { Access } from '../http/access.ts'
import { Networks } from '../http/networks.ts'
import type { Origins } from '../http/origin.ts'
import { problemResponse, rateLimitHeaders } from '../http/problem.ts'
import { SessionCookie } from '../http/session-cookie.ts'
import type { Limits } from '../limits.ts'
import type { Logger } from '../logger.ts'
import type { SyncSource } from '../ports/sync.ts'
import { Cors } from './cors.ts'
import { SCRIPT, addDocs, prefixOf } from './docs.ts'
import { live, ready, type Background, type Dependencies } from './health.ts'
import { metricsPage, type Metrics } from './metrics.ts'
import { addRoutes } from './rest/routes.ts'
import { addTrpc } from './trpc/serve.ts'

export interface HttpOptions {
  gate: Gate
  limits: Limits
  dependencies: Dependencies
  background: Background
  metrics: Metrics
  access: Access
  config: Config
  origins: Origins
  logger: Logger
  sync: SyncSource
  draining: () => boolean
}

export interface Http {
  fetch(request: Request, client: RequestClient): Promise<Response>
}

/** Everything that is served over HTTP: REST, tRPC, `/sync`, health, the API reference. */
export function openHttp(options: HttpOptions): Http {
  const { gate, limits, dependencies, background, metrics, access, config, origins, logger, sync, draining } = options
  // Host names may be shorter than Elysia expects by default.
  const app = new Elysia({ name: 'parley', handler: { standardHostname: false } })
  const cors = new Cors(origins)
  const { base_url } = config

  app.onError({ as: 'global' }, ({ error, request, code }) => {
    const { request_id } = clientOf(request)
    if (error instanceof AppError) return problemResponse(error, request_id)
    if (code === 'NOT_FOUND') return problemResponse(unserved(request), request_id)
    logger.error({ err: error, request_id, path: loggedPath(request) }, 'request failed')
    return problemResponse(new AppError(code === 'PARSE' ? 'malformed' : 'internal'), request_id)
  })
  const cookie = new SessionCookie(origins, base_url)
  addRoutes(app, { gate, limits: config, prefix: prefixOf(base_url), cookie })
  addTrpc(app, { gate, sync, limits: config, logger })
  app.get('/', () => new Response(null, { status: 302, headers: { location: `${prefixOf(base_url)}/docs` } }))
  app.get('/health/live', () => live())
  app.get('/health/ready', () => ready(dependencies, background, draining()))
  const networks = new Networks(config.metrics_networks)
  app.get('/metrics', ({ request }) => metricsPage({ gate, metrics, networks }, request))
  app.get('/sync', ({ request }) => syncPage(gate, sync, request))
  addDocs(app, base_url)

  const serve = (request: Request, client: RequestClient) => app.fetch(withClient(request, client))

  /** HEAD is answered as GET, without the body. Elysia would count the length of a body that was not opened. */
  async function head(request: Request, client: RequestClient): Promise<Response> {
    const { status, headers, body } = await serve(new Request(request, { method: 'GET' }), client)
    if (body) headers.set('content-length', String((await new Response(body).arrayBuffer()).byteLength))
    return new Response(null, { status, headers })
  }

  return {
    async fetch(given, client) {
      const begun = performance.now()
      const request = overridden(given)
      const answer = request.method === 'HEAD' ? head : serve
      const preflight = cors.preflight(request)
      const response = preflight ?? cors.mark(request, await answer(request, client))
      response.headers.set('x-request-id', client.request_id)
      markLimit(client, response)
      if (client.user_id === null && !(await limits.keepsAlive(client.network)))
        response.headers.set('connection', 'close')
      const route = preflight ? 'preflight' : (client.route ?? fixedRoute(request))
      access.ended(request.method, route, client, response.status, begun)
      return response
    },
  }
}

/** The protocol tus lets clients that can send nothing else name the method in a header. */
function overridden(request: Request): Request {
  if (request.method !== 'POST') return request
  const method = request.headers.get('x-http-method-override')?.toUpperCase()
  if (method === undefined || !OVERRIDES.has(method)) return request
  return UPLOAD.test(new URL(request.url).pathname) ? new Request(request, { method }) : request
}

const OVERRIDES = new Set(['HEAD', 'PATCH', 'DELETE'])
const UPLOAD = /^\/uploads\/[^/]+$/

async function syncPage(gate: Gate, sync: SyncSource, request: Request): Promise<Response> {
  const client = clientOf(request)
  const { request_id } = client
  try {
    const identity = await gate.admit(credentialsOf(request), client)
    client.calledBy(identity)
    const cursor = new URL(request.url).searchParams.get('cursor')
    if (cursor !== null && (cursor.length > 200 || cursor === ''))
      throw new AppError('validation_failed', {
        errors: [{ path: 'cursor', message: 'must be a cursor given before' }],
      })
    const page = await sync.page(identity, cursor)
    return Response.json(page, { headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    return problemResponse(gate.toAppError(error, 'sync.page', request_id), request_id)
  }
}

/** Answers of calls that were counted say what is left. A 429 says so itself. */
function markLimit({ limit }: RequestClient, { headers }: Response): void {
  if (!limit || headers.has('ratelimit')) return
  for (const [name, value] of Object.entries(rateLimitHeaders(limit))) headers.set(name, value)
}

/** Only the first part, because what follows may be the code of an invite. */
function loggedPath(request: Request): string {
  return new URL(request.url).pathname.split('/', 2).join('/')
}

/** 405 for a path that takes other methods, else 404. */
function unserved(request: Request): AppError {
  const { pathname } = new URL(request.url)
  const allow = new Set<string>()
  for (const [, { method, path }] of restOperations())
    if (new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`).test(pathname)) allow.add(method)
  if (FIXED.has(pathname)) allow.add('GET')
  return allow.size > 0 ? new AppError('method_not_allowed', { allow: [...allow] }) : new AppError('not_found')
}

/** The route of a request that no operation serves. One name for all unknown paths, of which there are any number. */
function fixedRoute(request: Request): string {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (FIXED.has(pathname)) return pathname
  return pathname.startsWith('/trpc/') ? '/trpc' : 'unknown'
}

const FIXED = new Set([
  '/',
  '/ws',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/sync',
  '/docs',
  '/docs/json',
  '/docs/socket',
  SCRIPT,
  '/openapi.json',
  '/asyncapi.json',
  '/schemas/frames.json',
])
