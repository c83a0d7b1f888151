import { ERRORS } from '../../contracts/errors.ts'
import { operationOf, restOperations, type OperationName } from '../../contracts/index.ts'
import { errorsOf } from '../../contracts/kit.ts'
import { ProblemSchema } from '../../contracts/socket.ts'

/**
 * Checks an answer against the contract: its status and error code are declared, and the body has exactly the fields of the
 * output.
 */
export function checkAnswer(name: OperationName, status: number, body: unknown): void {
  const operation = operationOf(name)
  if (status < 400) {
    if (!(operation.status as readonly number[]).includes(status))
      throw new Error(`${name} answered an undeclared ${status}`)
    if (operation.output === null) return
    const parsed = operation.output.parse(body)
    if (!Bun.deepEquals(parsed, body, true))
      throw new Error(`${name} answered undeclared fields: ${difference(parsed, body)}`)
    return
  }
  const problem = ProblemSchema.strict().parse(body)
  if (!errorsOf(operation).some(code => code === problem.code))
    throw new Error(`${name} answered the undeclared error ${problem.code}`)
  const declared = Object.entries(ERRORS).find(([code]) => code === problem.code)?.[1]
  if (problem.status !== status || declared?.status !== status)
    throw new Error(`${name}: ${problem.code} with status ${status}`)
}

/** The operation of a REST request; null for other paths. */
export function operationAt(method: string, pathname: string): OperationName | null {
  const literalFirst = restOperations().toSorted(([, a], [, b]) => braces(a.path) - braces(b.path))
  for (const [name, operation] of literalFirst) {
    const pattern = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    if (operation.method === method && pattern.test(pathname)) return name
  }
  return null
}

const braces = (path: string) => path.split('{').length

/** A `fetch` that checks every answer of the REST API against the contract. */
export const checkedFetch = (async (input: string | URL | Request, init?: RequestInit) => {
  const request = new Request(input, init)
  const response = await fetch(request)
  const name = operationAt(request.method, new URL(request.url).pathname)
  if (name) {
    const text = await response.clone().text()
    checkAnswer(name, response.status, text === '' ? null : JSON.parse(text))
  }
  return response
}) as typeof fetch

function difference(parsed: unknown, body: unknown): string {
  const keys = (value: unknown): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => [key, ...keys(inner).map(rest => `${key}.${rest}`)])
      : []
  const known = new Set(keys(parsed))
  return keys(body)
    .filter(key => !known.has(key))
    .join(', ')
}
