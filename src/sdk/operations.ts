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
  return new Map(
    OPERATIONS.split('\n').map(line => {
      const [name = '', method = '', path = '', flags = ''] = line.split(' ')
      // Cast: the table has a line for each operation.
      return [name, { name: name as OperationName, method, path, flags }]
    }),
  )
}

export function operationIn(operations: OperationTable, name: string): Operation {
  const operation = operations.get(name)
  if (!operation) throw new TypeError(`${name} is no operation`)
  return operation
}
