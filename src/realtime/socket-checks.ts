import { SLOW_UNSENT } from '../../contracts/limits.ts'
import { AUTH_DEADLINE_MS, EXPIRY_GRACE_MS, HEARTBEAT_MS } from '../../contracts/socket.ts'
import type { Gate } from '../gate.ts'
import type { Logger } from '../logger.ts'
import type { Connection } from './connection.ts'
import { PING } from './frames.ts'

/** How often all sockets are checked, by one timer. */
const LOOK_MS = 1_000
/** Checks of sockets between two checks of their sessions, which may have ended on another node. */
const LOOKS_PER_CHECK = 5
/** A socket that sends nothing for this long, in spite of pings, is closed (specification, Realtime: within 60 s). */
const SILENCE_MS = 2 * HEARTBEAT_MS + 5_000

interface Deps {
  clock: () => Date
  /** Milliseconds of a monotonic clock, so that correcting the system clock closes no socket. */
  monotonic: () => number
  gate: Pick<Gate, 'isActive'>
  logger: Logger
}

/**
 * Pings every socket, and closes those that did not authenticate in time, whose token has expired or whose session has ended
 * (4401), that send nothing (4410), or that read too slowly (4408) (specification, Realtime).
 */
export function openSocketChecks(
  sockets: ReadonlySet<Connection>,
  { clock, monotonic, gate, logger }: Deps,
): Disposable {
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

  /** Asks once for all sockets of a session and a user; an API key may call as several users. */
  async function check(): Promise<void> {
    const asked = new Map<string, Promise<boolean>>()
    for (const connection of sockets) {
      const { identity } = connection
      if (!identity) continue
      const name = `${identity.session_id} ${identity.user_id}`
      const standing = asked.get(name) ?? gate.isActive(identity)
      asked.set(name, standing)
      if (!(await standing)) connection.close(4401)
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
      .catch((error: unknown) => logger.warn({ err: error }, 'sessions of sockets could not be checked'))
      .finally(() => {
        checking = false
      })
  }, LOOK_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
