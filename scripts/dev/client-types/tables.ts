import * as entities from '../../../contracts/entities.ts'
import { ERRORS } from '../../../contracts/errors.ts'
import { operations } from '../../../contracts/index.ts'
import { fieldsIn, type Operation } from '../../../contracts/kit.ts'
import * as limits from '../../../contracts/limits.ts'
import * as socket from '../../../contracts/socket.ts'
import { isList, partsOf } from './operations.ts'

/** What a client has to know of an operation at run time, one line each. */
export function operationTable(): string {
  const lines = operations().flatMap(([name, operation], index, all) => {
    const [group, verb] = partsOf(name)
    const line = `${verb} ${operation.method} ${operation.path} ${flagsOf(operation)}`.trim()
    return index > 0 && partsOf(all[index - 1]?.[0] ?? '')[0] === group ? [line] : [group, line]
  })
  return `
/**
 * Every operation below the name of its group: verb, method, path and flags. \`a\`: anyone may call it, without a token. \`i\`:
 * its answer signs in. \`h\`: over HTTP only. \`s\`: over the socket only. \`l\`: it answers a list. \`n\`: it answers
 * nothing. Where the fields outside the path are: \`b\` in a JSON body, \`f\` in a form with the file, \`o\` in the query, the
 * body being bytes; else in the query.
 */
export const OPERATIONS = \`${lines.join('\n')}\`
`
}

const PLACES = { query: '', body: 'b', form: 'f' }

function flagsOf(operation: Operation): string {
  const { allow, output, http_only, socket_only, body } = operation
  return [
    allow === 'anyone' ? 'a' : '',
    output === entities.SignedIn ? 'i' : '',
    http_only ? 'h' : '',
    socket_only ? 's' : '',
    isList(output) ? 'l' : '',
    output === null ? 'n' : '',
    body === 'bytes' ? 'o' : PLACES[fieldsIn(operation)],
  ].join('')
}

export function errorTable(): string {
  const codes = new Map<string, string[]>()
  for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
    const head = `${status}${retryable ? '!' : ''}`
    codes.set(head, [...(codes.get(head) ?? []), code])
  }
  const lines = [...codes].map(([head, names]) => [head, ...names].join(' '))
  return `
/** Every error: status, \`!\` if the same call may succeed later, and the codes with both. */
export const ERRORS = \`${lines.join('\n')}\`
`
}

/** The limits and constants of the wire that a client needs. */
const LIMITS: Record<string, { value: number; text: string }> = {
  PROTOCOL: { value: socket.PROTOCOL, text: 'The version of the socket’s protocol.' },
  HEARTBEAT_MS: { value: socket.HEARTBEAT_MS, text: 'How often the server asks whether the client is there.' },
  MAX_FRAME_BYTES: { value: socket.MAX_FRAME_BYTES, text: 'A larger frame to the server is closed 1009.' },
  MAX_POSITIONS: { value: socket.MAX_POSITIONS, text: 'Streams that one `resume` may name.' },
  INLINE_PARTICIPANTS: { value: entities.INLINE_PARTICIPANTS, text: 'Participants that a conversation lists.' },
  INLINE_REACTORS: { value: entities.INLINE_REACTORS, text: 'Users that a reaction lists.' },
  TYPING_MS: { value: limits.TYPING_MS, text: 'How long a user counts as typing after the last call that says so.' },
  MAX_PRESENCE_IDS: { value: limits.MAX_PRESENCE_IDS, text: 'Users of whom one call asks the status.' },
  MAX_SUBSCRIBED: { value: limits.MAX_SUBSCRIBED, text: 'Users to whose statuses one socket is subscribed.' },
}

export function limitsTable(): string {
  const reactions = Object.entries(socket.CLOSE_CODES).map(
    ([code, { reason, reconnect }]) => `${code}: { reason: '${reason}', reconnect: '${reconnect}' },`,
  )
  const constants = Object.entries(LIMITS).map(
    ([name, { value, text }]) => `/** ${text} */\nexport const ${name} = ${value}`,
  )
  return `
${constants.join('\n')}

/** Why the server closes a socket, and what a client does then. */
export const CLOSE_CODES = { ${reactions.join('\n')} } as const
export type CloseCode = keyof typeof CLOSE_CODES
`
}
