import { AppError } from '../../contracts/errors.ts'
import { isCallable } from '../../contracts/index.ts'
import type { ClientFrame } from '../../contracts/socket.ts'
import type { Gate } from '../gate.ts'
import { Flood } from '../limits.ts'
import type { Connection } from './connection.ts'
import { errorFrame, resultFrame } from './frames.ts'

/** The operations that may be called on a socket before it is authenticated. */
const BEFORE_AUTH: ReadonlySet<string> = new Set(['auth.register', 'auth.login', 'auth.exchange', 'auth.refresh-token'])

/** Answers one call with exactly one `result` or `error`. */
export async function answerCall(
  gate: Gate,
  connection: Connection,
  { id, op, input }: Extract<ClientFrame, { type: 'call' }>,
): Promise<void> {
  const { identity, client } = connection
  const request_id = Bun.randomUUIDv7()
  try {
    if (!isCallable(op)) throw new AppError('not_found', { detail: 'There is no such operation' })
    if (!identity && !BEFORE_AUTH.has(op)) throw new AppError('unauthenticated')
    const { status, data } = await gate.call({
      name: op,
      input: input ?? {},
      credentials: identity,
      client,
      transport: 'socket',
      request_id,
      socket: connection,
    })
    connection.send(resultFrame(id, status, data))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    connection.send(errorFrame(id, error, request_id))
    if (error instanceof Flood) connection.close(4429)
  }
}
