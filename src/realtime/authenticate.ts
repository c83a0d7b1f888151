import { AppError } from '../../contracts/errors.ts'
import { MAX_HEADS, type CloseCode, type ServerFrame } from '../../contracts/socket.ts'
import type { Credentials } from '../callers.ts'
import type { Gate } from '../gate.ts'
import type { Identity } from '../domain/identity.ts'
import type { InboxEntry, Storage } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { Hub } from './hub.ts'
import { broughtByOwnStream, type Resume } from './replay.ts'

export type Profile = (
  user_id: string,
  memberships: readonly InboxEntry[],
) => Promise<Pick<Extract<ServerFrame, { type: 'ready' }>, 'user' | 'unread'> | null>

interface Deps {
  gate: Gate
  hub: Hub
  connections: ConnectionLimit
  storage: Pick<Storage, 'epoch' | 'log' | 'members'>
  profile: Profile
}

export interface SignIn {
  credentials: Credentials
  resume: Resume | null
  /** Whether `ready` should have the heads of the conversations that are live from then on. */
  heads: boolean
}

/**
 * Authenticates a socket, for the first time or again. `ready` has the change of the user stream after which events follow.
 * Returns the part of `resume` that is left to replay; if the socket cannot be authenticated, closes it and returns null.
 */
export async function authenticate(
  deps: Deps,
  connection: Connection,
  { credentials, resume, heads }: SignIn,
): Promise<Resume | null> {
  const { gate, hub, connections } = deps
  let identity: Identity
  try {
    // Only the first authentication is not counted as a call.
    identity = await (connection.identity ? gate.admit(credentials) : gate.identify(credentials))
  } catch (error) {
    return refuse(connection, closeCodeOf(error))
  }
  if (!connection.open) return null
  const before = connection.identity
  if (before && before.user_id !== identity.user_id) return refuse(connection, 4403)
  connection.identity = identity
  if (!before) {
    const release = await connections.take(identity.user_id)
    if (!connection.open) {
      release?.()
      return null
    }
    if (!release) return refuse(connection, 4430)
    connection.release = release
    hub.add(identity.user_id, connection)
  }
  return enter(deps, connection, identity, { ...(resume ?? { epoch: deps.storage.epoch, positions: {} }), heads })
}

/**
 * Sends `ready` and, the first time, makes all streams of the user live on the socket, except those that have something to
 * replay. What is committed meanwhile is not missed, and not sent to a user who has just been removed.
 */
async function enter(
  { gate, hub, storage, profile }: Deps,
  connection: Connection,
  identity: Identity,
  wanted: Resume & Pick<SignIn, 'heads'>,
): Promise<Resume | null> {
  const { user_id, session_id } = identity
  const { epoch, positions } = wanted
  const first = !connection.ready
  const left = { ...positions }
  for (;;) {
    const membership_changes = hub.membership_changes(user_id)
    const head = (await storage.log.lastChanges([user_id])).get(user_id) ?? 0
    const memberships = await storage.members.ofUser(user_id)
    const [shown, isActive] = await Promise.all([profile(user_id, memberships), gate.isActive(identity)])
    const replayed = await broughtByOwnStream(storage, user_id, wanted, head)
    if (!connection.open) return null
    // The session may have ended before the end of sessions closed this socket.
    if (!shown || !isActive || connection.ending) return refuse(connection, 4401)
    if (hub.membership_changes(user_id) !== membership_changes) continue
    // No await from here to `ready`, so that no event is sent before it.
    const streams = [
      [user_id, head] as const,
      ...memberships.map(({ conversation: { id, last_change } }) => [id, last_change] as const),
    ]
    const live: Record<string, number> = {}
    for (const [id, at] of first ? streams : []) {
      if (left[id] === undefined) {
        if (!replayed(id) && !connection.joined?.has(id)) {
          hub.joinLive(id, connection, at)
          if (wanted.heads && id !== user_id) live[id] = at
        }
      } else if (epoch === storage.epoch && left[id] === at && hub.join(id, connection, at)) delete left[id]
    }
    if (!connection.ready || !first) {
      const change = Math.max(head, hub.emitted(user_id))
      connection.ready = true
      const named = wanted.heads && first ? { heads: Object.fromEntries(Object.entries(live).slice(0, MAX_HEADS)) } : {}
      connection.send(JSON.stringify({ type: 'ready', ...shown, session_id, epoch: storage.epoch, change, ...named }))
    }
    if (!first) return { epoch, positions: left }
    // What was committed between reading and joining was emitted to no reader: the hub reads the log up to it.
    const heads = await storage.log.lastChanges(streams.map(([id]) => id))
    for (const [id, at] of heads) hub.catchUp(id, at)
    if (!connection.open) return null
    if ((heads.get(user_id) ?? 0) === head) return { epoch, positions: left }
  }
}

const CLOSE_CODE_OF: Partial<Record<number, CloseCode>> = { 401: 4401, 403: 4403, 429: 4429, 503: 1012 }

/** The close code of a socket whose caller is not let in. */
export function closeCodeOf(error: unknown): CloseCode {
  const status = error instanceof AppError ? error.status : 500
  return CLOSE_CODE_OF[status] ?? 4500
}

function refuse(connection: Connection, code: CloseCode): null {
  connection.close(code)
  return null
}
