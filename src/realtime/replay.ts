import type { Log, Members, StoredEntry } from '../ports/storage.ts'
import type { Connection } from './connection.ts'
import { eventFrame, RESUMED, resyncFrame } from './frames.ts'
import type { Hub } from './hub.ts'

/** A replay goes on only while no more than this is unsent (SPEC, Realtime). */
const MOST_UNSENT = 256 * 1024
const READ_AT_ONCE = 500
const BYTES_AT_ONCE = 128 * 1024

export interface ReplayUses {
  hub: Hub
  epoch: string
  log: Pick<Log, 'read' | 'heads'>
  members: Pick<Members, 'find'>
}

/**
 * Carries out one `resume`. Each stream goes through three phases: its live events wait (`replaying`), the log is sent from
 * the client's position on, and where the log ends the connection joins the live stream in the same tick. What cannot be
 * replayed whole answers `resync`, never a shorter stream.
 */
export async function resume(
  uses: ReplayUses,
  connection: Connection,
  user_id: string,
  { epoch, positions }: { epoch: string; positions: Readonly<Record<string, number>> },
): Promise<void> {
  // The own stream first: it tells of conversations joined and left.
  const ids = Object.keys(positions).toSorted((a, b) => Number(b === user_id) - Number(a === user_id))
  const replaying = (connection.replaying ??= new Set())
  for (const id of ids) replaying.add(id)
  try {
    const heads = await uses.log.heads(ids)
    for (const id of ids) {
      if (!connection.open) return
      const start = await startOf(uses, user_id, id, positions[id] ?? 0, heads.get(id) ?? 0, epoch)
      if (start === 'skip') replaying.delete(id)
      else await replay(uses, connection, user_id, id, start)
    }
  } finally {
    for (const id of ids) replaying.delete(id)
    if (connection.replaying?.size === 0) connection.replaying = null
  }
  connection.send(RESUMED)
}

/** Where the replay of a stream begins; what comes before it cannot be had. */
type Start = { from: number; resync: boolean }

async function startOf(
  { epoch: present, members }: ReplayUses,
  user_id: string,
  id: string,
  position: number,
  head: number,
  epoch: string,
): Promise<Start | 'skip'> {
  const foreign = epoch !== present || position > head
  if (id === user_id) return foreign ? { from: head, resync: true } : { from: position, resync: false }
  const seat = await members.find(id, user_id)
  if (!seat) return 'skip'
  // Before this membership began the stream was somebody else's to read.
  const rejoined = position < seat.joined_change - 1
  if (!foreign && !rejoined) return { from: position, resync: false }
  return { from: Math.max(head, seat.joined_change), resync: true }
}

async function replay(
  { hub, log }: ReplayUses,
  connection: Connection,
  user_id: string,
  id: string,
  start: Start,
): Promise<void> {
  hub.leave(id, connection)
  if (start.resync) connection.send(resyncFrame(id, start.from))
  let at = start.from
  for (;;) {
    await connection.settled(MOST_UNSENT)
    if (!connection.open) return
    const entries = await log.read(id, at, READ_AT_ONCE, BYTES_AT_ONCE)
    if (!connection.open) return
    const end = endOf(entries, user_id)
    for (const entry of end === -1 ? entries : entries.slice(0, end + 1)) {
      connection.send(eventFrame(entry))
      at = entry.change
    }
    if (end !== -1) return
    if (entries.length > 0) continue
    if (hub.join(id, connection, at)) {
      connection.replaying?.delete(id)
      return
    }
    await hub.caughtUp(id)
  }
}

/** The entry with which the user ceases to read the stream; nothing after it may be sent. */
export function endOf(entries: readonly StoredEntry[], user_id: string): number {
  return entries.findIndex(({ event, left }) => event === 'conversation.deleted' || (left?.includes(user_id) ?? false))
}
