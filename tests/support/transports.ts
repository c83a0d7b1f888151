import { operationOf, type OperationName } from '../../contracts/index.ts'
import { fieldsIn, pathNames } from '../../contracts/kit.ts'
import type { Problem } from '../../contracts/errors.ts'
import { checkAnswer } from './checked.ts'
import { PART, TUS } from './tus.ts'

/** One call by one transport, as another client would make it, without the SDK. */
export interface Answer {
  status: number
  /** The result, or the problem document. */
  body: unknown
}
export type Transport = (name: OperationName, input: Record<string, unknown>, token: string | null) => Promise<Answer>

/** The fields of operations that have them in headers. */
const HEADERS: Partial<Record<OperationName, Record<string, string>>> = {
  'uploads.create': { ...TUS, 'upload-length': '5' },
  'uploads.status': TUS,
  'uploads.append': { ...PART, 'upload-offset': '0' },
  'uploads.terminate': TUS,
}

export function transportsOf(url: string): Record<'rest' | 'trpc' | 'socket', Transport> {
  return {
    rest: async (name, input, token) => checked(name, await rest(url, name, input, token)),
    trpc: async (name, input, token) => checked(name, await trpc(url, name, input, token)),
    socket: async (name, input, token) => checked(name, await socketCall(url, name, input, token)),
  }
}

function checked(name: OperationName, answer: Answer): Answer {
  checkAnswer(name, answer.status, answer.body)
  return answer
}

const bearer = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` }

async function rest(
  url: string,
  name: OperationName,
  input: Record<string, unknown>,
  token: string | null,
): Promise<Answer> {
  const operation = operationOf(name)
  const rest = { ...input }
  let path: string = operation.path
  for (const key of pathNames(operation)) {
    path = path.replace(`{${key}}`, encodeURIComponent(String(rest[key])))
    delete rest[key]
  }
  if (fieldsIn(operation) === 'form')
    return answerOf(
      await fetch(`${url}${path}`, { method: operation.method, headers: bearer(token), body: formOf(rest) }),
    )
  const inBody = fieldsIn(operation) === 'body' && (operation.method !== 'DELETE' || Object.keys(rest).length > 0)
  const { body, ...fields } = rest
  const query = fieldsIn(operation) === 'query' ? `?${queryOf(fields)}` : ''
  const response = await fetch(`${url}${path}${query}`, {
    method: operation.method,
    headers: { ...bearer(token), ...(inBody ? { 'content-type': 'application/json' } : {}), ...HEADERS[name] },
    ...(inBody ? { body: JSON.stringify(rest) } : body instanceof Blob ? { body } : {}),
  })
  return answerOf(response)
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

function formOf(fields: Record<string, unknown>): FormData {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, value instanceof Blob ? value : textOf(value))
  return form
}

function queryOf(fields: Record<string, unknown>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(fields))
    for (const each of Array.isArray(value) ? value : [value]) query.append(key, textOf(each))
  return query
}

/** Of any value: a generated object may have a `toString` that is no function. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

async function trpc(
  url: string,
  name: OperationName,
  input: Record<string, unknown>,
  token: string | null,
): Promise<Answer> {
  const operation = operationOf(name)
  const query = operation.method === 'GET'
  const response = await fetch(
    `${url}/trpc/${name}${query ? `?input=${encodeURIComponent(JSON.stringify(input))}` : ''}`,
    query
      ? { headers: bearer(token) }
      : {
          method: 'POST',
          headers: { ...bearer(token), 'content-type': 'application/json' },
          body: JSON.stringify(input),
        },
  )
  const body = (await response.json()) as {
    result?: { data?: unknown }
    error?: { data: { problem: Problem } }
  }
  if (body.error) return { status: body.error.data.problem.status, body: body.error.data.problem }
  const data = body.result?.data ?? null
  // tRPC has one success status. Which of several it was is compared between REST and the socket.
  return { status: operation.status.find(status => (status === 204) === (data === null)) ?? 200, body: data }
}

async function socketCall(
  url: string,
  name: OperationName,
  input: Record<string, unknown>,
  token: string | null,
): Promise<Answer> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`)
  const answer = Promise.withResolvers<Answer>()
  const call = () => socket.send(JSON.stringify({ type: 'call', id: 1, op: name, input }))
  socket.onmessage = event => {
    const frame = JSON.parse(String(event.data))
    if (frame.type === 'hello') {
      if (token === null) call()
      else socket.send(JSON.stringify({ type: 'auth', token }))
    }
    if (frame.type === 'ready') call()
    if (frame.type === 'result') answer.resolve({ status: frame.status, body: frame.data ?? null })
    if (frame.type === 'error') answer.resolve({ status: frame.error.status, body: frame.error })
  }
  socket.onclose = event => answer.reject(new Error(`closed ${event.code} before an answer to ${name}`))
  const result = await answer.promise
  socket.close()
  return result
}
