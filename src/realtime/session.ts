import { z } from 'zod'
import { ClientFrame } from '../../contracts/socket.ts'
import { authenticate, type Profile, type Resume } from './authenticate.ts'
import { answerCall } from './calls.ts'
import type { Connection } from './connection.ts'
import type { Credentials, Dispatch } from '../dispatch.ts'
import type { Hub } from './hub.ts'
import type { Logger } from '../log.ts'
import type { Storage } from '../ports/storage.ts'
import { PONG } from './frames.ts'
import { hold, resume } from './replay.ts'

/** Frames of one socket that may wait; a socket cannot be told to pause, so more is a flood. */
const MOST_QUEUED = 256
const FRAME = z.compile(ClientFrame)

interface Uses {
  dispatch: Dispatch
  hub: Hub
  storage: Storage
  profile: Profile
  log: Logger
  clock: () => Date
}

/** What a socket says, frame by frame in order; replays run beside the calls. */
export function openSession({ dispatch, hub, storage, profile, log, clock }: Uses) {
  const uses = { dispatch, hub, storage, profile }
  const replays = { hub, epoch: storage.epoch, log: storage.log, members: storage.members }

  async function handle(connection: Connection, frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'call':
        return answerCall(dispatch, connection, frame)
      case 'auth':
        return signIn(connection, { token: frame.token }, frame.resume ?? null)
      case 'resume':
        return replay(connection, frame)
      case 'ping':
      case 'pong':
        return
    }
  }

  async function signIn(connection: Connection, credentials: Credentials, wanted: Resume | null): Promise<void> {
    const rest = await authenticate(uses, connection, credentials, wanted)
    if (rest && wanted) replay(connection, rest)
  }

  function replay(connection: Connection, wanted: Resume): void {
    const { identity } = connection
    if (!identity) return connection.close(4401)
    const missing = hold(replays, connection, wanted)
    // One after the other: the second may name a stream of the first.
    const before = connection.replay ?? Promise.resolve()
    const after = before
      .then(() => resume(replays, connection, identity.user_id, missing))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'a replay failed')
        connection.close(4408)
      })
    connection.replay = after
    void after.finally(() => {
      if (connection.replay === after) connection.replay = null
    })
  }

  async function work(connection: Connection, queue: ClientFrame[]): Promise<void> {
    try {
      for (let frame = queue[0]; frame && connection.open; frame = queue[0]) {
        await handle(connection, frame)
        if (connection.ending) connection.close(4401)
        queue.shift()
      }
    } catch (error) {
      log.error({ err: error }, 'a socket failed')
      connection.close(4408)
    }
    connection.queue = null
  }

  return {
    /** Signs in what was settled at the upgrade; frames wait until it is. */
    begin(connection: Connection): void {
      const queue: ClientFrame[] = [{ type: 'pong' }]
      connection.queue = queue
      signIn(connection, connection.opening, null)
        .catch((error: unknown) => {
          log.error({ err: error }, 'a socket could not be signed in')
          connection.close(4408)
        })
        .finally(() => void work(connection, queue))
    },

    receive(connection: Connection, message: string | Buffer): void {
      connection.heard_at = clock().getTime()
      if (!connection.open) return
      const frame = typeof message === 'string' ? parse(message) : null
      if (!frame) return connection.close(4400)
      if (frame.type === 'pong') return
      if (frame.type === 'ping') return connection.send(PONG)
      if (connection.queue) {
        if (connection.queue.length >= MOST_QUEUED) return connection.close(4429)
        connection.queue.push(frame)
        return
      }
      const queue = [frame]
      connection.queue = queue
      void work(connection, queue)
    },
  }
}

function parse(message: string): ClientFrame | null {
  let value: unknown
  try {
    value = JSON.parse(message)
  } catch {
    return null
  }
  const frame = FRAME.safeParse(value)
  return frame.success ? frame.data : null
}
