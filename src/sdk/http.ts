import type { UploadOptions } from './call-options.ts'
import { ConnectionLost, ParleyError, ProxyAnswered, strangeAnswer } from './errors.ts'
import type { Operation } from './operations.ts'
import { requestOf, type Fields } from './request.ts'
import { sendWithProgress } from './upload.ts'
import { within } from './within.ts'
import type { Problem } from './wire-types.ts'

export interface Answer<T = unknown> {
  status: number
  data: T
}

export interface HttpOptions {
  url: string
  fetch: typeof fetch
  /** A call without an answer after this time fails with `ConnectionLost`. */
  timeout_ms: number
  /** Whether the browser keeps the refresh token in a cookie. */
  cookie: boolean
}

export interface RequestOptions extends UploadOptions {
  /** Reads the answer as bytes. */
  blob?: boolean
}

/** One REST request of an operation. What is wrong with the request itself is thrown as it is, before anything is sent. */
export async function request(
  { url, fetch, cookie, ...base }: HttpOptions,
  operation: Operation,
  input: Fields,
  token: string | null,
  { blob = false, onProgress, ...options }: RequestOptions = {},
): Promise<Answer> {
  const { name, method, flags } = operation
  const { to, body, type } = requestOf(operation, input)
  const headers: Record<string, string> = {}
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (type !== null) headers['content-type'] = type
  // The operations that read or write the cookie of the refresh token.
  const withCookie = cookie && (flags.includes('i') || name === 'auth.logout')
  if (withCookie) headers['parley-refresh'] = 'cookie'
  // Throws for a value that no header can have.
  void new Headers(headers)
  const bytes = typeof body === 'string' ? null : body
  // How long bytes take depends on how many there are.
  const timeout_ms = options.timeout_ms ?? (bytes || blob ? undefined : base.timeout_ms)
  return within({ ...options, timeout_ms }, async signal => {
    const answer =
      bytes && onProgress && typeof XMLHttpRequest === 'function'
        ? sendWithProgress(url + to, { method, headers, body: bytes, signal }, onProgress)
        : fetch(url + to, {
            method,
            headers,
            signal,
            body,
            ...(withCookie && { credentials: 'include' as const }),
          })
    const { response, data } = await answer
      .then(async response => ({
        response,
        data: await (blob && response.ok ? response.blob() : response.text()),
      }))
      .catch((error: unknown) => {
        throw isBroken(error) ? new ConnectionLost(error.message, { cause: error }) : error
      })
    const { ok, status } = response
    if (typeof data !== 'string') return { status, data }
    if (!ok) throw problemOf(operation, response, data)
    return { status, data: status === 204 || flags.includes('n') ? null : parsed(data) }
  })
}

/** Whether `fetch` failed because of the network: Node and browsers throw a TypeError, Bun an error with a code. */
function isBroken(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && 'code' in error)
}

/** A success without JSON comes from a proxy; the call may not have reached the server. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProxyAnswered('a proxy answered in place of the server')
  }
}

function problemOf({ name }: Operation, { status, headers }: Response, text: string): ParleyError | ConnectionLost {
  const problem = problemIn(text)
  if (problem) return new ParleyError(problem, name)
  const seconds = Number(headers.get('retry-after') || Number.NaN)
  return strangeAnswer(status, Number.isInteger(seconds) ? seconds : undefined)
}

/** The problem document of the server; null for what a proxy or the server's runtime answers. */
function problemIn(text: string): Problem | null {
  try {
    // Cast: looked at in the next line. A newer server may use codes that this client does not know.
    const problem = JSON.parse(text) as Problem
    const { code, status, detail, request_id, errors } = problem
    const types = [code, status, detail, request_id].map(field => typeof field)
    return types.join() === 'string,number,string,string' && Array.isArray(errors) ? problem : null
  } catch {
    return null
  }
}
