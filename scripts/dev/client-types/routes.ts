import { ERRORS, type ErrorCode } from '../../../contracts/errors.ts'
import { contract, operationOf, restOperations, type OperationName } from '../../../contracts/index.ts'
import { errorsOf, fieldsIn, pathNames, type Operation } from '../../../contracts/kit.ts'

/** The procedures of tRPC: which are queries and which mutations. */
export function procedures(): string {
  const groups = Object.entries(contract).flatMap(([group, verbs]) => {
    const kinds = Object.entries<Operation>(verbs).flatMap(([verb, { http_only, socket_only, method }]) =>
      http_only || socket_only ? [] : [`'${verb}': '${method === 'GET' ? 'query' : 'mutation'}'`],
    )
    return kinds.length > 0 ? [`${group}: { ${kinds.join('\n')} }`] : []
  })
  return `
/** What tRPC has, by group and verb of the operation's name. */
export interface ProcedureKinds { ${groups.join('\n')} }
`
}

interface Tree {
  [key: string]: Tree | string
}

/** The REST API as Eden reads it: segments of the path as nested keys, with the method last. */
export function routes(): string {
  const tree: Tree = {}
  for (const [name, operation] of restOperations()) {
    const keys = operation.path
      .replaceAll(/\{(\w+)\}/g, ':$1')
      .split('/')
      .slice(1)
    let at = tree
    // Cast: a path is never the beginning of another one with a method's name behind it.
    for (const key of keys) at = (at[key] ??= {}) as Tree
    at[operation.method.toLowerCase()] = route(name, operation)
  }
  return `
type Input<N extends keyof Operations> = Operations[N]['input']
type Output<N extends keyof Operations> = Operations[N]['output']
/** A problem document with one of these codes. */
type Refused<C extends ErrorCode> = Problem & { code: C }

/** The tree of the REST API. */
export type Routes = ${printed(tree)}
`
}

function printed(tree: Tree): string {
  const lines = Object.entries(tree).map(
    ([key, value]) => `'${key}': ${typeof value === 'string' ? value : printed(value)}`,
  )
  return `{ ${lines.join('\n')} }`
}

function route(name: OperationName, operation: Operation): string {
  const names = pathNames(operation)
  const fields = Object.keys(operation.input.shape).filter(field => !names.includes(field))
  const rest =
    names.length > 0 ? `Omit<Input<'${name}'>, ${names.map(each => `'${each}'`).join(' | ')}>` : `Input<'${name}'>`
  const place = fieldsIn(operation)
  const empty = fields.length === 0
  const body = place === 'form' || (place === 'body' && !empty) ? rest : 'unknown'
  const params = names.map(each => `${each}: string`).join('; ')
  return `{
    body: ${body}
    params: { ${params} }
    query: ${place === 'query' && !empty ? queryOf(operation, rest) : 'unknown'}
    headers: unknown
    response: { ${[...successes(name), ...failures(name)].join('\n')} }
  }`
}

/** Bytes are the body of the request, not a field of its query. */
function queryOf({ body }: Operation, rest: string): string {
  return body === 'bytes' ? `Omit<${rest}, 'body'>` : rest
}

function successes(name: OperationName): string[] {
  return operationOf(name).status.map(status => `${status}: Output<'${name}'>`)
}

function failures(name: OperationName): string[] {
  const byStatus = Map.groupBy(errorsOf(operationOf(name)), code => ERRORS[code].status)
  return [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(
      ([status, codes]: [number, ErrorCode[]]) => `${status}: Refused<${codes.map(code => `'${code}'`).join(' | ')}>`,
    )
}
