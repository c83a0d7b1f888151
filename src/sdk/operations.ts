import { OPERATIONS } from './generated/operation-table.ts'
import type { OperationName } from './wire-types.ts'

/** What the client knows of an operation, from the generated table. */
export interface Operation {
  name: OperationName
  method: string
  path: string
  /** See `OPERATIONS`. */
  flags: string
}

export type OperationTable = ReadonlyMap<string, Operation>

export function readOperations(): OperationTable {
  const operations = new Map<string, Operation>()
  let group = ''
  for (const line of OPERATIONS.split('\n')) {
    const [verb = '', method, path = '', flags = ''] = line.split(' ')
    // Cast: the table has a line for each operation.
    const name = `${group}.${verb}` as OperationName
    if (method === undefined) group = verb
    else operations.set(name, { name, method, path, flags })
  }
  return operations
}

export function operationIn(operations: OperationTable, name: string): Operation {
  const operation = operations.get(name)
  if (!operation) throw new TypeError(`${name} is no operation`)
  return operation
}
