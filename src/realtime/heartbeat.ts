import { AUTH_DEADLINE_MS, EXPIRY_GRACE_MS, HEARTBEAT_MS } from '../../contracts/socket.ts'
import type { Gate } from '../gate.ts'
import type { Logger } from '../log.ts'
import type { Connection } from './connection.ts'
import { PING } from './frames.ts'

/** How often all sockets are looked at: one timer for all of them. */
const LOOK_MS = 1_000
/** Looks between two checks that the sessions of silent sockets still stand (ended on another node). */
const LOOKS_PER_CHECK = 5
/** Nothing heard for this long, in spite of pings: the peer is gone (specification, Realtime: within 60 s). */
const SILENCE_MS = 2 * HEARTBEAT_MS + 5_000

/**
 * A socket with more unsent when it is looked at is closed with a code that still reaches a peer that reads. Above
 * `MAX_SOCKET_UNSENT` the runtime drops the socket at once, and the peer sees 1006.
 */
export const SLOW_UNSENT = 768 * 1024

interface Deps {
  clock: () => Date
  /** Milliseconds that only ever go forward: a wrong clock put right closes nobody. */
  monotonic: () => number
  gate: Pick<Gate, 'isActive'>
  log: Logger
}

/** Pings, and closes what did not authenticate in time, has expired, or is not there any more. */
export function openHeartbeat(sockets: ReadonlySet<Connection>, { clock, monotonic, gate, log }: Deps): Disposable {
  let looks = 0

  function look(connection: Connection, now: number, date: number): void {
    const { identity } = connection
    if (connection.ending) return connection.close(4401)
    if (!identity && now - connection.opened_at > AUTH_DEADLINE_MS) return connection.close(4401)
    if (identity && date > Date.parse(identity.expires_at) + EXPIRY_GRACE_MS) return connection.close(4401)
    if (now - connection.heard_at > SILENCE_MS) return connection.close(4410)
    if (connection.unsent > SLOW_UNSENT) return connection.close(4408)
    if (now - connection.pinged_at < HEARTBEAT_MS) return
    connection.pinged_at = now
    connection.send(PING)
  }

  /** Sockets of the same session are asked for once. */
  async function check(): Promise<void> {
    const sessions = Map.groupBy(
      [...sockets].filter(connection => connection.identity),
      connection => connection.identity?.session_id ?? '',
    )
    for (const [session_id, connections] of sessions) {
      const standing = await gate.isActive(session_id)
      if (!standing) for (const connection of connections) connection.close(4401)
    }
  }

  let checking = false
  const timer = setInterval(() => {
    const [now, date] = [monotonic(), clock().getTime()]
    for (const connection of sockets) look(connection, now, date)
    looks += 1
    if (looks % LOOKS_PER_CHECK !== 0 || checking) return
    checking = true
    check()
      .catch((error: unknown) => log.warn({ err: error }, 'sessions of sockets could not be checked'))
      .finally(() => {
        checking = false
      })
  }, LOOK_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
