import type { Elysia } from 'elysia'
import { AppError } from '../../../contracts/errors.ts'
import { restOperations, type OperationName } from '../../../contracts/index.ts'
import { isBytes, type Operation } from '../../../contracts/kit.ts'
import type { Gate } from '../../gate.ts'
import type { BodyLimits } from '../../http/body.ts'
import { clientOf } from '../../http/client.ts'
import { credentialsOf } from '../../http/credentials.ts'
import { deprecationHeaders } from '../../http/deprecation.ts'
import { Exchange } from '../../http/exchange.ts'
import { problemResponse } from '../../http/problem.ts'
import type { SessionCookie } from '../../http/session-cookie.ts'
import { bytesResponse } from './answer.ts'
import { CookieCall } from './cookie-call.ts'
import { inputReader } from './input.ts'

export interface RestOptions {
  gate: Pick<Gate, 'call' | 'toAppError'>
  limits: BodyLimits
  /** The path of `BASE_URL`. */
  prefix: string
  cookie: SessionCookie
  /** Default: those of the contract. */
  operations?: readonly [OperationName, Operation][]
}

const NO_STORE = { 'cache-control': 'no-store' }
const HEADERS = { ...NO_STORE, 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
/** What is left of a body that nobody reads would be read as the next request. */
const CLOSE = { connection: 'close' }

/** A route for every operation: read the input, call the gate, answer. */
export function addRoutes(app: Elysia, options: RestOptions): void {
  for (const [name, operation] of options.operations ?? restOperations()) {
    const serve = route(name, operation, options)
    // Destructured, because passing Elysia's whole context on makes Elysia parse everything.
    app.route(
      operation.method,
      operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      ({ request, params }) => serve(request, params),
      {
        parse: 'none',
      },
    )
  }
}

function route(name: OperationName, operation: Operation, { gate, limits, prefix, cookie }: RestOptions) {
  const read = inputReader(operation, limits)
  const headers = { ...operation.headers, ...deprecationHeaders(operation) }
  const own = Object.entries(headers)
  const carriesBytes = operation.http_only ?? operation.media !== undefined
  // Made once, because a Response copies `Headers` in about half the time that it takes for an object.
  const [json, empty] = [new Headers(HEADERS), new Headers(NO_STORE)]
  return async (request: Request, params: Record<string, string>): Promise<Response> => {
    const client = clientOf(request)
    client.route = operation.path
    const { request_id } = client
    const exchange = carriesBytes ? new Exchange(request, operation, limits) : null
    let kept: CookieCall | null = null
    try {
      const call = (kept = CookieCall.of(operation, cookie, request))
      const answer = await gate.call({
        name,
        input: async () => {
          const fields = await read(request, params, exchange)
          return call ? call.input(fields) : fields
        },
        credentials: credentialsOf(request),
        client,
        transport: 'rest',
        request_id,
        ...(exchange ? { http: exchange } : {}),
      })
      const { status } = answer
      const { data, set_cookie } = call ? call.answer(answer.data) : { data: answer.data, set_cookie: null }
      const response = isBytes(data)
        ? await bytesResponse(data, client)
        : status === 204
          ? new Response(null, { status, headers: empty })
          : new Response(JSON.stringify(data), { status, headers: json })
      for (const [header, value] of own) response.headers.set(header, value)
      if (set_cookie !== null) response.headers.set('set-cookie', set_cookie)
      if (status === 201 && operation.location)
        response.headers.set('location', prefix + filled(operation.location, data))
      return response
    } catch (error) {
      // Only opening the body of an answer fails with another error: the gate's calls do not.
      const refusal = error instanceof AppError ? error : gate.toAppError(error, name, request_id)
      const set_cookie = kept?.refused(refusal) ?? null
      return problemResponse(refusal, request_id, {
        ...headers,
        ...(operation.body ? CLOSE : {}),
        ...(set_cookie === null ? {} : { 'set-cookie': set_cookie }),
      })
    } finally {
      if (operation.body) exchange?.close()
    }
  }
}

/** The path with the names in braces replaced by fields of the answer. */
function filled(path: string, data: unknown): string {
  // Cast: `location` names fields of the output.
  const fields = data as Record<string, string>
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(fields[name] ?? ''))
}
