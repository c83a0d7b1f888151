import { ProblemSchema } from '../../contracts/socket.ts'
import type { Problem } from '../../contracts/errors.ts'
import { contract, type OperationName } from '../../contracts/index.ts'
import { fieldsIn, pathNames, type Operation } from '../../contracts/kit.ts'
import { ConnectionLost, ParleyError, strangeAnswer } from './errors.ts'

export interface Answer {
  status: number
  data: unknown
}

/** One REST request, made from the contract. */
export async function request(
  base: { url: string; fetch: typeof fetch },
  name: OperationName,
  input: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<Answer> {
  const operation = operationOf(name)
  const { path, rest } = fillPath(operation, input)
  const inBody = fieldsIn(operation) === 'body'
  const body = inBody && (operation.method !== 'DELETE' || Object.keys(rest).length > 0)
  const headers: Record<string, string> = {}
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (body) headers['content-type'] = 'application/json'
  const response = await base
    .fetch(`${base.url}${path}${inBody ? '' : queryOf(rest)}`, {
      method: operation.method,
      headers,
      ...(body ? { body: JSON.stringify(rest) } : {}),
    })
    .catch((error: unknown) => {
      if (error instanceof TypeError || (error instanceof Error && 'code' in error))
        throw new ConnectionLost(error.message)
      throw error
    })
  if (response.status === 204) return { status: 204, data: null }
  const text = await response.text()
  if (response.ok) return { status: response.status, data: JSON.parse(text) }
  throw problemOf(response.status, text)
}

export function operationOf(name: OperationName): Operation {
  const [group = '', verb = ''] = name.split('.')
  // Read by name: `OperationName` is made of exactly these keys.
  const operation = (contract as Record<string, Record<string, Operation>>)[group]?.[verb]
  if (!operation) throw new Error(`${name} is not in the contract`)
  return operation
}

function fillPath(operation: Operation, input: Readonly<Record<string, unknown>>) {
  const rest: Record<string, unknown> = {}
  const names = pathNames(operation)
  for (const [key, value] of Object.entries(input)) if (!names.includes(key) && value !== undefined) rest[key] = value
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => encodeURIComponent(String(input[key])))
  return { path, rest }
}

function queryOf(fields: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(fields)) query.append(key, String(value))
  return query.size > 0 ? `?${query}` : ''
}

function problemOf(status: number, text: string): ParleyError {
  try {
    // The table of codes is the server's; one that this client does not know yet is still a problem.
    return new ParleyError(ProblemSchema.parse(JSON.parse(text)) as Problem)
  } catch {
    return strangeAnswer(status)
  }
}
