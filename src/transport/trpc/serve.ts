import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type { Elysia } from 'elysia'
import { AppError } from '../../../contracts/errors.ts'
import { MAX_BATCHED } from '../../../contracts/limits.ts'
import type { Gate } from '../../gate.ts'
import { readText, type BodyLimits } from '../../http/body.ts'
import { clientOf } from '../../http/client.ts'
import { credentialsOf, openingCredentialsOf } from '../../http/credentials.ts'
import { markLostNumbers } from '../../http/exact-json.ts'
import type { Logger } from '../../logger.ts'
import type { SyncSource } from '../../ports/sync.ts'
import { ProblemCause, openResponseMeta, openRouter } from './router.ts'

interface TrpcOptions {
  gate: Gate
  sync: SyncSource
  limits: BodyLimits
  logger: Logger
}

/** The tRPC router under `/trpc`. */
export function addTrpc(app: Elysia, { gate, sync, limits, logger }: TrpcOptions): void {
  const router = openRouter(gate, sync)

  async function serve(request: Request): Promise<Response> {
    if (request.method !== 'GET' && request.method !== 'POST')
      throw new AppError('method_not_allowed', { allow: ['GET', 'POST'] })
    const text = request.method === 'POST' ? await readText(request, limits) : null
    const { method, headers, signal } = request
    const url = exactUrl(request.url)
    const body = text === null ? null : markLostNumbers(text)
    return fetchRequestHandler({
      endpoint: '/trpc',
      req: body === null && url === request.url ? request : new Request(url, { method, headers, signal, body }),
      router,
      maxBatchSize: MAX_BATCHED,
      createContext: ({ info }) => ({
        credentials: credentialsOf(request),
        opening: openingCredentialsOf(request, info.connectionParams?.['ticket']),
        client: clientOf(request),
        request_id: clientOf(request).request_id,
      }),
      responseMeta: openResponseMeta(),
      onError({ error }) {
        if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof ProblemCause))
          logger.error({ err: error }, 'tRPC call failed')
      },
    })
  }

  app.all('/trpc/*', ({ request }) => serve(request), { parse: 'none' })
}

/** The URL of a tRPC call with the numbers of its input exact or marked. */
function exactUrl(url: string): string {
  const parsed = new URL(url)
  const input = parsed.searchParams.get('input') ?? ''
  const marked = markLostNumbers(input)
  if (marked === input) return url
  parsed.searchParams.set('input', marked)
  return parsed.href
}
