import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { Elysia, type DefinitionBase, type MetadataBase, type SingletonBase } from 'elysia'
import { AppError } from '../../contracts/errors.ts'
import { operations } from '../../contracts/index.ts'
import type { Config } from '../config.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Logger } from '../log.ts'
import type { Storage } from '../ports/storage.ts'
import type { SyncSource } from '../ports/sync.ts'
import { readText } from '../http/body.ts'
import { markLostNumbers } from '../http/exact-json.ts'
import { clientOf } from '../http/client.ts'
import { credentialsOf, openingCredentialsOf } from '../http/credentials.ts'
import { addCors } from './cors.ts'
import { SCRIPT, addDocs } from './docs.ts'
import { live, ready } from './health.ts'
import { plainHost } from '../http/host.ts'
import type { Routes } from './rest/eden.ts'
import { addRoutes } from './rest/routes.ts'
import { MAX_BATCHED, ProblemCause, errorMeta, openRouter } from './trpc/router.ts'
import { problemResponse } from '../http/problem.ts'

export interface HttpOptions {
  dispatch: Dispatch
  storage: Pick<Storage, 'health'>
  config: Config
  log: Logger
  sync: SyncSource
  draining: () => boolean
}

type Listener = Bun.Server<unknown>

/** The REST API as `treaty<App>` of Eden sees it. */
export type App = Elysia<'', SingletonBase, DefinitionBase, MetadataBase, Routes>

export interface Http {
  fetch(request: Request, server: Listener): Response | Promise<Response>
}

/** Everything that is served over HTTP: REST, tRPC, `/sync`, health, the API reference. */
export function openHttp({ dispatch, storage, config, log, sync, draining }: HttpOptions): Http {
  const app = new Elysia({ name: 'parley' })
  const { trusted_proxies, max_body_bytes, allowed_origins } = config
  let listener: Listener | null = null
  /** Requests under a plain host, each with the one that came in: the listener knows only that. */
  const received = new WeakMap<Request, Request>()
  const cameAs = (request: Request) => received.get(request) ?? request
  const client = (request: Request) => clientOf(cameAs(request), listener ?? { requestIP: () => null }, trusted_proxies)

  app.onError({ as: 'global' }, ({ error, request, code }) => {
    if (error instanceof AppError) return problemResponse(error, Bun.randomUUIDv7())
    if (code === 'NOT_FOUND') return problemResponse(unserved(request), Bun.randomUUIDv7())
    const request_id = Bun.randomUUIDv7()
    log.error({ err: error, request_id, path: new URL(request.url).pathname }, 'request failed')
    return problemResponse(new AppError(code === 'PARSE' ? 'malformed' : 'internal'), request_id)
  })
  addCors(app, allowed_origins)
  addRoutes(app, { dispatch, clientOf: client, max_body_bytes })
  app.get('/', () => Response.redirect('/docs', 302))
  app.get('/health/live', () => live())
  app.get('/health/ready', () => ready(storage, draining()))
  app.get('/sync', ({ request }) => syncPage(request))
  const router = openRouter(dispatch, sync)
  app.all('/trpc/*', ({ request }) => trpc(request), { parse: 'none' })
  addDocs(app, config)

  async function syncPage(request: Request): Promise<Response> {
    const request_id = Bun.randomUUIDv7()
    try {
      const identity = await dispatch.admit(credentialsOf(request))
      const cursor = new URL(request.url).searchParams.get('cursor')
      if (cursor !== null && (cursor.length > 200 || cursor === ''))
        throw new AppError('validation_failed', {
          errors: [{ path: 'cursor', message: 'must be a cursor given before' }],
        })
      const page = await sync.page(identity, cursor)
      return Response.json(page, { headers: { 'cache-control': 'no-store', 'x-request-id': request_id } })
    } catch (error) {
      return problemResponse(dispatch.toAppError(error, 'sync.page', request_id), request_id)
    }
  }

  async function trpc(request: Request): Promise<Response> {
    if (request.method !== 'GET' && request.method !== 'POST')
      throw new AppError('method_not_allowed', { allow: ['GET', 'POST'] })
    const text = request.method === 'POST' ? await readText(request, max_body_bytes) : null
    const { url, method, headers, signal } = request
    if (headers.get('accept')?.includes('text/event-stream')) listener?.timeout(cameAs(request), 0)
    return fetchRequestHandler({
      endpoint: '/trpc',
      req: new Request(exactUrl(url), { method, headers, signal, body: text && markLostNumbers(text) }),
      router,
      maxBatchSize: MAX_BATCHED,
      createContext: ({ info }) => ({
        credentials: credentialsOf(request),
        opening: openingCredentialsOf(request, info.connectionParams?.['ticket']),
        client: client(request),
      }),
      responseMeta: ({ errors }) => errorMeta(errors),
      onError({ error }) {
        if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof ProblemCause))
          log.error({ err: error }, 'tRPC call failed')
      },
    })
  }

  return {
    fetch(request, server) {
      listener = server
      const plain = plainHost(request)
      if (plain !== request) received.set(plain, request)
      return app.fetch(plain)
    },
  }
}

/** The URL of a tRPC call, the numbers of whose input are exact or marked. */
function exactUrl(url: string): string {
  const parsed = new URL(url)
  const input = parsed.searchParams.get('input') ?? ''
  const marked = markLostNumbers(input)
  if (marked === input) return url
  parsed.searchParams.set('input', marked)
  return parsed.href
}

/** 405 for a path that takes other methods, else 404. */
function unserved(request: Request): AppError {
  const { pathname } = new URL(request.url)
  const allow = new Set<string>()
  for (const [, { method, path }] of operations())
    if (new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`).test(pathname)) allow.add(method)
  if (FIXED.has(pathname)) allow.add('GET')
  return allow.size > 0 ? new AppError('method_not_allowed', { allow: [...allow] }) : new AppError('not_found')
}

const FIXED = new Set([
  '/',
  '/ws',
  '/health/live',
  '/health/ready',
  '/sync',
  '/docs',
  '/docs/json',
  SCRIPT,
  '/openapi.json',
])
