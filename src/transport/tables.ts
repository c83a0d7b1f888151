import { ERRORS } from '../../contracts/errors.ts'
import {
  FLOOD,
  MAX_BATCHED,
  MAX_CONNECTIONS,
  MAX_KEPT_UNAUTHENTICATED,
  MAX_QUEUED,
  MAX_SOCKET_UNSENT,
  MAX_UNAUTHENTICATED,
  SLOW_UNSENT,
} from '../../contracts/limits.ts'
import {
  AUTH_DEADLINE_MS,
  EXPIRY_GRACE_MS,
  HEARTBEAT_MS,
  MAX_FRAME_BYTES,
  MAX_POSITIONS,
} from '../../contracts/socket.ts'

/** Every error code, as a table of Markdown. */
export function errorsTable(): string {
  return table(
    ['Status', 'Code', 'Meaning', 'Retry unchanged?'],
    Object.entries(ERRORS).map(([name, { status, title, retryable }]) => [
      String(status),
      code(name),
      title,
      retryable ? 'yes' : 'no',
    ]),
  )
}

/** The limits of sockets and calls, as a table of Markdown. */
export function limitsTable(): string {
  return table(
    ['Limit', 'Value'],
    [
      ['Time to authenticate', `${AUTH_DEADLINE_MS / 1000} s`],
      ['Heartbeat', `${HEARTBEAT_MS / 1000} s`],
      ['Inbound frame', `${MAX_FRAME_BYTES / 1024} KiB`],
      ['Streams in one `resume`', String(MAX_POSITIONS)],
      ['Frames of one socket that wait for their turn', String(MAX_QUEUED)],
      ['Unsent bytes of one socket, at a check: closed 4408', `${SLOW_UNSENT / 1024} KiB`],
      ['Unsent bytes of one socket, at any time: dropped, seen as 1006', `${MAX_SOCKET_UNSENT / 1024 ** 2} MiB`],
      ['Connections of one user', String(MAX_CONNECTIONS)],
      ['Sockets of one address that are not authenticated', String(MAX_UNAUTHENTICATED)],
      [
        'Connections of one address that stay open, in a minute, after a request that was not authenticated',
        String(MAX_KEPT_UNAUTHENTICATED),
      ],
      ['Calls of one user in a minute', '`PARLEY_RATE_CALLS`'],
      ['Calls in a minute that close the socket', `${FLOOD} × \`PARLEY_RATE_CALLS\``],
      ['Calls in one tRPC batch', String(MAX_BATCHED)],
      ['Life after the expiry of the token', `${EXPIRY_GRACE_MS / 1000} s`],
    ],
  )
}

export function code(text: string): string {
  return `\`${text}\``
}

/** A table of Markdown. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
