import { z } from 'zod'
import { AppError } from '../../contracts/errors.ts'
import { MAX_QUEUED, MAX_REPLAYS } from '../../contracts/limits.ts'
import { CallHead, ClientFrame } from '../../contracts/socket.ts'
import { authenticate, closeCodeOf, type Profile } from './authenticate.ts'
import { answerCall } from './calls.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { Connection } from './connection.ts'
import { PARSING, fieldErrors } from '../../contracts/field-errors.ts'
import type { Credentials } from '../callers.ts'
import type { Gate } from '../gate.ts'
import { parseJson } from '../http/exact-json.ts'
import type { Hub } from './hub.ts'
import type { Logger } from '../logger.ts'
import { Unavailable, type Storage } from '../ports/storage.ts'
import { PONG, errorFrame } from './frames.ts'
import { Replays, type Resume } from './replay.ts'

const FRAME = z.compile(ClientFrame)
const CALL_HEAD = z.compile(CallHead)

interface Deps {
  gate: Gate
  hub: Hub
  connections: ConnectionLimit
  storage: Storage
  profile: Profile
  logger: Logger
  /** Milliseconds of a monotonic clock. */
  monotonic: () => number
}

/** Handles the frames of each socket in order; replays run beside the calls. */
export function openFrameHandler(deps: Deps) {
  const { gate, storage, logger, monotonic } = deps
  const replayDeps = { hub: deps.hub, epoch: storage.epoch, log: storage.log, members: storage.members }

  async function handle(connection: Connection, frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'call':
        return answerCall(gate, connection, frame)
      case 'auth':
        return signIn(
          connection,
          { token: frame.token, ...(frame.act_as === undefined ? {} : { act_as: frame.act_as }) },
          frame.resume ?? null,
          frame.heads === true,
        )
      case 'resume':
        return resume(connection, frame)
      case 'ping':
      case 'pong':
        return
    }
  }

  async function signIn(
    connection: Connection,
    credentials: Credentials,
    wanted: Resume | null,
    heads: boolean,
  ): Promise<void> {
    const rest = await authenticate(deps, connection, { credentials, resume: wanted, heads })
    if (rest && wanted) replay(connection, rest, wanted.positions)
  }

  async function resume(connection: Connection, wanted: Resume): Promise<void> {
    try {
      await gate.admit(connection.identity)
    } catch (error) {
      return connection.close(closeCodeOf(error))
    }
    replay(connection, wanted, wanted.positions)
  }

  /** Replays beside the calls; `named` are the positions as the client gave them. */
  function replay(connection: Connection, rest: Resume, named: Resume['positions']): void {
    const { identity, replays } = connection
    if (!identity || !connection.open) return
    if (replays) {
      if (replays.count === MAX_REPLAYS) connection.close(4429)
      else replays.add(rest, named)
      return
    }
    const started = new Replays(replayDeps, connection, identity.user_id)
    connection.replays = started
    started.add(rest, named)
    started.run().catch((error: unknown) => fail(connection, error))
  }

  function fail(connection: Connection, error: unknown): void {
    if (error instanceof Unavailable) return connection.close(1012)
    logger.error({ err: error }, 'a socket failed')
    connection.close(4500)
  }

  async function work(connection: Connection, queue: (() => Promise<void>)[]): Promise<void> {
    connection.queue = queue
    try {
      for (let next = queue[0]; next && connection.open; next = queue[0]) {
        await next()
        if (connection.ending) connection.close(4401)
        queue.shift()
      }
    } catch (error) {
      fail(connection, error)
    }
    connection.queue = null
  }

  return {
    /** Authenticates by the credentials of the upgrade; frames wait until it is done. */
    begin(connection: Connection, opening: Credentials): void {
      void work(connection, [() => signIn(connection, opening, null, false)])
    },

    receive(connection: Connection, message: string | Buffer): void {
      connection.heard_at = monotonic()
      if (!connection.open) return
      const frame = typeof message === 'string' ? parse(message) : null
      if (!frame) return connection.close(4400)
      if (frame.type === 'pong') return
      if (frame.type === 'ping') return connection.send(PONG)
      const job = () => ('refused' in frame ? refuseCall(connection, frame) : handle(connection, frame))
      if (!connection.queue) void work(connection, [job])
      else if (connection.queue.length < MAX_QUEUED) connection.queue.push(job)
      else connection.close(4429)
    },
  }
}

interface RefusedCall {
  type: 'refused'
  id: string | number
  refused: z.ZodError
}

/** null: not a frame. An invalid call that has an id can still be answered. */
function parse(message: string): ClientFrame | RefusedCall | null {
  let value: unknown
  try {
    value = parseJson(message)
  } catch {
    return null
  }
  const frame = FRAME.safeParse(value, PARSING)
  if (frame.success) return frame.data
  const head = CALL_HEAD.safeParse(value)
  return head.success ? { type: 'refused', id: head.data.id, refused: frame.error } : null
}

async function refuseCall(connection: Connection, { id, refused }: RefusedCall): Promise<void> {
  const error = new AppError('validation_failed', { errors: fieldErrors(refused) })
  connection.send(errorFrame(id, error, Bun.randomUUIDv7()))
}
