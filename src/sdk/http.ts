import { ConnectionLost, ParleyError, ProxyAnswered, strangeAnswer } from './errors.ts'
import type { Operation } from './operations.ts'
import type { Problem } from './wire-types.ts'

export type Fields = Readonly<Record<string, unknown>>

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
  cookie?: boolean
}

/** One REST request of an operation. */
export async function request(
  { url, fetch, timeout_ms, cookie = false }: HttpOptions,
  operation: Operation,
  input: Fields,
  token: string | null,
): Promise<Answer> {
  const { path, rest } = fillPath(operation, input)
  const { query, body, type } = placed(operation, rest)
  const headers: Record<string, string> = {}
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (type !== null) headers['content-type'] = type
  // The operations that read or write the cookie of the refresh token.
  const withCookie = cookie && (operation.flags.includes('i') || operation.name === 'auth.logout')
  if (withCookie) headers['parley-refresh'] = 'cookie'
  const answer = fetch(`${url}${path}${query}`, {
    method: operation.method,
    headers,
    // How long bytes take depends on how many there are.
    signal: /[fo]/.test(operation.flags) ? null : AbortSignal.timeout(timeout_ms),
    ...(body === null ? {} : { body }),
    ...(withCookie ? { credentials: 'include' } : {}),
  })
  const { response, text } = await answer
    .then(async response => ({ response, text: await response.text() }))
    .catch((error: unknown) => {
      throw isBroken(error) ? new ConnectionLost(error.message, { cause: error }) : error
    })
  if (!response.ok) throw problemOf(response, text)
  if (response.status === 204 || operation.flags.includes('n')) return { status: response.status, data: null }
  return { status: response.status, data: parsed(text) }
}

/** The fields that are not in the path, where the operation has them. A form's type is set by `fetch`, with its boundary. */
function placed(
  operation: Operation,
  fields: Fields,
): { query: string; body: string | Blob | FormData | null; type: string | null } {
  const { method, flags } = operation
  if (flags.includes('o')) {
    const { body, ...rest } = fields
    return { query: queryOf(rest), body: body instanceof Blob ? body : null, type: 'application/octet-stream' }
  }
  if (flags.includes('f')) return { query: '', body: formOf(fields), type: null }
  if (!flags.includes('b')) return { query: queryOf(fields), body: null, type: null }
  const bare = method === 'DELETE' && Object.keys(fields).length === 0
  return { query: '', body: bare ? null : JSON.stringify(fields), type: bare ? null : 'application/json' }
}

/** The file last, so that the server knows the fields before it reads the file. */
function formOf({ file, ...fields }: Fields): FormData {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, String(value))
  if (file instanceof Blob) form.append('file', file)
  return form
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

function fillPath(operation: Operation, input: Fields) {
  const rest = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, key: string) => {
    delete rest[key]
    return encodeURIComponent(String(input[key]))
  })
  return { path, rest }
}

function queryOf(fields: Fields): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(fields))
    for (const each of Array.isArray(value) ? value : [value]) query.append(key, String(each))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

function problemOf({ status, headers }: Response, text: string): ParleyError | ConnectionLost {
  const problem = problemIn(text)
  if (problem) return new ParleyError(problem)
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return strangeAnswer(status, Number.isInteger(seconds) ? seconds : undefined)
}

/** The problem document of the server; null for what a proxy or the server's runtime answers. */
function problemIn(text: string): Problem | null {
  try {
    const { code, status, detail, request_id, errors } = JSON.parse(text) as Partial<Record<string, unknown>>
    const complete = [code, detail, request_id].every(field => typeof field === 'string') && typeof status === 'number'
    // Cast: it has the fields of a problem document. A newer server may use codes that this client does not know.
    return complete && Array.isArray(errors) ? (JSON.parse(text) as Problem) : null
  } catch {
    return null
  }
}
