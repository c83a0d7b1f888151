/** Every group of operations. REST, tRPC, OpenAPI, Eden, the socket's calls and the SDK are loops over it. */
import { analytics } from './analytics.ts'
import { auth } from './auth.ts'
import { contacts } from './contacts.ts'
import { conversations } from './conversations.ts'
import { files } from './files.ts'
import { groups } from './groups.ts'
import { invites } from './invites.ts'
import { keys } from './keys.ts'
import type { CallInput, Group, Operation, Output } from './kit.ts'
import { messages } from './messages.ts'
import { notifications } from './notifications.ts'
import { search } from './search.ts'
import { typing } from './typing.ts'
import { presence } from './presence.ts'
import { uploads } from './uploads.ts'
import { users } from './users.ts'
import { webhooks } from './webhooks.ts'

export const contract = {
  auth,
  keys,
  users,
  conversations,
  messages,
  contacts,
  groups,
  invites,
  files,
  notifications,
  search,
  analytics,
  typing,
  presence,
  uploads,
  webhooks,
} as const satisfies Record<string, Group>
export type Contract = typeof contract

/** `group.verb` of every operation. */
export type OperationName = { [G in keyof Contract]: `${G}.${keyof Contract[G] & string}` }[keyof Contract]

export type OperationOf<N extends OperationName> = N extends `${infer G extends keyof Contract & string}.${infer V}`
  ? V extends keyof Contract[G]
    ? Contract[G][V] extends Operation
      ? Contract[G][V]
      : never
    : never
  : never

/** The operations that the socket has. */
export type CallableName = {
  [N in OperationName]: OperationOf<N> extends { http_only: true } ? never : N
}[OperationName]

export type CallInputOf<N extends OperationName> = CallInput<OperationOf<N>>
export type OutputOf<N extends OperationName> = Output<OperationOf<N>>

/** The operation of that name; undefined for any other text. */
export function findOperation(name: string): Operation | undefined {
  const [group = '', verb = '', ...rest] = name.split('.')
  if (rest.length > 0 || !Object.hasOwn(contract, group)) return undefined
  const verbs: Group = contract[group as keyof Contract]
  return Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
}

export function operationOf(name: OperationName): Operation {
  const operation = findOperation(name)
  if (!operation) throw new Error(`${name} is not in the contract`)
  return operation
}

/** Whether the socket has an operation of that name. */
export function isCallable(name: string): name is CallableName {
  const operation = findOperation(name)
  return operation !== undefined && !operation.http_only
}

/** Every operation that REST has, with its name. */
export function restOperations(): [OperationName, Operation][] {
  return operations().filter(([, { socket_only }]) => !socket_only)
}

/** Every operation with its name, in the order of the contract. */
export function operations(): [OperationName, Operation][] {
  return Object.entries(contract).flatMap(([group, verbs]) =>
    Object.entries<Operation>(verbs).map(([verb, operation]) => [
      // Cast: a name built from two keys of the contract is an `OperationName`.
      `${group}.${verb}` as OperationName,
      operation,
    ]),
  )
}
