import { ALL_NODES, type Bus } from '../ports/bus.ts'

/** Sessions in one note. */
const IDS_AT_ONCE = 500

/** The other nodes close the sockets of these sessions, which have ended. */
export function announceEnded(bus: Pick<Bus, 'publish'>, session_ids: readonly string[]): void {
  for (let at = 0; at < session_ids.length; at += IDS_AT_ONCE)
    bus.publish(ALL_NODES, { kind: 'sessions_ended', session_ids: session_ids.slice(at, at + IDS_AT_ONCE) })
}
