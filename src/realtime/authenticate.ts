import { AppError } from '../../contracts/errors.ts'
import type { ServerFrame } from '../../contracts/socket.ts'
import type { Credentials, Dispatch } from '../dispatch.ts'
import type { Storage } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
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

/**
 * Signs a socket in, or again, and joins it to all streams of the user; `ready` tells from which change of the own stream on
 * events come. Closes the socket where that cannot be; true if it is signed in.
 */
export async function authenticate(uses: Uses, connection: Connection, credentials: Credentials): Promise<boolean> {
  const { dispatch, hub } = uses
  let caller
  try {
    caller = await dispatch.identify(credentials)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    connection.close(4401)
    return false
  }
  if (!connection.open) return false
  const identity = { user_id: caller.id, session_id: caller.session.id, expires_at: caller.token_expires_at }
  const before = connection.identity
  if (before && before.user_id !== identity.user_id) {
    connection.close(4403)
    return false
  }
  connection.identity = identity
  connection.opening = null
  if (!before && hub.add(identity.user_id, connection) > MOST_SOCKETS) {
    connection.close(4429)
    return false
  }
  const { user_id, session_id } = identity
  const { seats, head, profile } = await present(uses, user_id)
  if (!connection.open || !profile) return false
  // From here to `ready` nothing waits: no event can come before it, and none after it is missed.
  connection.ready = true
  if (!before) {
    hub.joinLive(user_id, connection, head)
    for (const { conversation } of seats) hub.joinLive(conversation.id, connection, conversation.last_change)
  }
  const change = Math.max(head, hub.published(user_id))
  connection.send(JSON.stringify({ type: 'ready', ...profile, session_id, epoch: uses.storage.epoch, change }))
  return true
}

/** The user's seats and profile, none of them older than the head of the own stream, which tells of joins and leaves. */
async function present({ storage, profile }: Uses, user_id: string) {
  const headNow = async () => (await storage.log.heads([user_id])).get(user_id) ?? 0
  for (let head = await headNow(); ;) {
    const [seats, shown] = await Promise.all([storage.members.ofUser(user_id), profile(user_id)])
    const after = await headNow()
    if (after === head) return { seats, head, profile: shown }
    head = after
  }
}
