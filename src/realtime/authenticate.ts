import { AppError } from '../../contracts/errors.ts'
import type { ServerFrame } from '../../contracts/socket.ts'
import type { Credentials, Dispatch } from '../dispatch.ts'
import type { Storage } from '../ports/storage.ts'
import type { Connection, Identity } from './connection.ts'
import type { Hub } from './hub.ts'

/** Sockets that one user may have open. */
export const MOST_SOCKETS = 10

export type Profile = (
  user_id: string,
) => Promise<Pick<Extract<ServerFrame, { type: 'ready' }>, 'user' | 'unread'> | null>

interface Uses {
  dispatch: Dispatch
  hub: Hub
  storage: Pick<Storage, 'epoch' | 'log' | 'members'>
  profile: Profile
}

/** Where a client's reading ended: the changes it has, per stream, in the history that `epoch` names. */
export interface Resume {
  epoch: string
  positions: Readonly<Record<string, number>>
}

/**
 * Signs a socket in, or again; `ready` tells from which change of the own stream on events come. Gives what of `resume` is
 * left to replay, or closes the socket where it cannot be signed in and gives null.
 */
export async function authenticate(
  uses: Uses,
  connection: Connection,
  credentials: Credentials,
  resume: Resume | null,
): Promise<Resume | null> {
  const { dispatch, hub } = uses
  let caller
  try {
    caller = await dispatch.identify(credentials)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    connection.close(4401)
    return null
  }
  if (!connection.open) return null
  const identity = { user_id: caller.id, session_id: caller.session.id, expires_at: caller.token_expires_at }
  const before = connection.identity
  if (before && before.user_id !== identity.user_id) {
    connection.close(4403)
    return null
  }
  connection.identity = identity
  connection.opening = null
  if (!before && hub.add(identity.user_id, connection) > MOST_SOCKETS) {
    connection.close(4429)
    return null
  }
  return enter(uses, connection, identity, resume ?? { epoch: uses.storage.epoch, positions: {} })
}

/**
 * Sends `ready` and, the first time, joins the socket to all streams of the user, those apart that have something to replay:
 * their live events wait. What is committed meanwhile is neither missed nor read by somebody who has just been removed.
 */
async function enter(
  { hub, storage, profile }: Uses,
  connection: Connection,
  { user_id, session_id }: Identity,
  { epoch, positions }: Resume,
): Promise<Resume | null> {
  const first = !connection.ready
  const left = { ...positions }
  for (;;) {
    const turns = hub.turns(user_id)
    const head = (await storage.log.heads([user_id])).get(user_id) ?? 0
    const [seats, shown] = await Promise.all([storage.members.ofUser(user_id), profile(user_id)])
    if (!connection.open) return null
    if (!shown) {
      connection.close(4401)
      return null
    }
    if (hub.turns(user_id) !== turns) continue
    // From here to `ready` nothing waits: no event can come before it.
    const streams = [
      [user_id, head] as const,
      ...seats.map(({ conversation: { id, last_change } }) => [id, last_change] as const),
    ]
    for (const [id, at] of first ? streams : []) {
      if (epoch === storage.epoch && left[id] === at) delete left[id]
      if (left[id] === undefined) hub.joinLive(id, connection, at)
    }
    if (!connection.ready || !first) {
      const change = Math.max(head, hub.published(user_id))
      connection.ready = true
      connection.send(JSON.stringify({ type: 'ready', ...shown, session_id, epoch: storage.epoch, change }))
    }
    if (!first) return { epoch, positions: left }
    // What was committed between reading and joining was told to nobody: the hub reads it on.
    const heads = await storage.log.heads(streams.map(([id]) => id))
    for (const [id, at] of heads) hub.catchUp(id, at)
    if (!connection.open) return null
    if ((heads.get(user_id) ?? 0) === head) return { epoch, positions: left }
  }
}
