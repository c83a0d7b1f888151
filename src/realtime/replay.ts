import type { Log, Members, StoredEntry } from '../ports/storage.ts'
import type { Resume } from './authenticate.ts'
import type { Connection } from './connection.ts'
import { eventFrame, RESUMED, resyncFrame } from './frames.ts'
import type { Hub } from './hub.ts'

/** A replay goes on only while no more than this is unsent (specification, Realtime). */
const MAX_UNSENT = 256 * 1024
const READ_AT_ONCE = 500
const BYTES_AT_ONCE = 128 * 1024

export interface ReplayDeps {
  hub: Hub
  epoch: string
  log: Pick<Log, 'read' | 'lastChanges'>
  members: Pick<Members, 'find'>
}

/** Streams to replay, each with the change that the client has; Infinity where that means nothing here. */
export type Missing = ReadonlyMap<string, number>

/** Makes the live events of the named streams wait, those apart of which the client has everything and reads on. */
export function hold({ hub, epoch }: ReplayDeps, connection: Connection, wanted: Resume): Missing {
  const missing = new Map<string, number>()
  for (const [id, position] of Object.entries(wanted.positions)) {
    if (wanted.epoch === epoch && hub.reads(id, connection, position)) continue
    hub.leave(id, connection)
    missing.set(id, wanted.epoch === epoch ? position : Infinity)
  }
  return missing
}

/**
 * Carries out one `resume`, after `hold`: of each stream the log is sent from the client's position on, and where the log
 * ends the connection joins the live stream in the same tick. What cannot be replayed whole answers `resync`, never a
 * shorter stream.
 */
export async function resume(
  deps: ReplayDeps,
  connection: Connection,
  user_id: string,
  missing: Missing,
): Promise<void> {
  const heads = await deps.log.lastChanges([...missing.keys()])
  // The own stream first: it tells of conversations joined and left.
  for (const [id, position] of [...missing].toSorted(([a], [b]) => Number(b === user_id) - Number(a === user_id))) {
    let start = await startOf(deps, user_id, id, position, heads.get(id) ?? 0)
    while (start && connection.open) {
      const left = await replay(deps, connection, user_id, id, start)
      // Who was removed may be back.
      start = left === null ? null : await startOf(deps, user_id, id, left, left)
    }
  }
  connection.send(RESUMED)
}

/** Where the replay of a stream begins; what comes before it cannot be had. */
interface Start {
  from: number
  resync: boolean
}

/** null: the user cannot read the stream now. */
async function startOf(
  { members }: ReplayDeps,
  user_id: string,
  id: string,
  position: number,
  head: number,
): Promise<Start | null> {
  const foreign = position > head
  if (id === user_id) return foreign ? { from: head, resync: true } : { from: position, resync: false }
  const member = await members.find(id, user_id)
  if (!member) return null
  // Before this membership began the stream was somebody else's to read.
  const rejoined = position < member.joined_change - 1
  if (!foreign && !rejoined) return { from: position, resync: false }
  return { from: Math.max(head, member.joined_change), resync: true }
}

/** Sends the log from the start on and joins the live stream (null), or gives the change with which the user left it. */
async function replay(
  { hub, log }: ReplayDeps,
  connection: Connection,
  user_id: string,
  id: string,
  start: Start,
): Promise<number | null> {
  let at = start.from
  let release: (() => void) | null = null
  connection.replaying = id
  hub.leave(id, connection)
  if (start.resync) connection.send(resyncFrame(id, at))
  try {
    for (;;) {
      await connection.settled(MAX_UNSENT)
      if (!connection.open) return null
      const entries = await log.read(id, at, READ_AT_ONCE, BYTES_AT_ONCE)
      if (!connection.open) return null
      const end = endOf(entries, user_id)
      for (const entry of end === -1 ? entries : entries.slice(0, end + 1)) {
        connection.send(eventFrame(entry))
        at = entry.change
      }
      if (end !== -1) return at
      if (entries.length > 0) continue
      if (!release) {
        // From here on the hub sees what is committed: nothing falls between the last read and the joining.
        release = hub.watch(new Map([[id, at]]), ignore)
        continue
      }
      if (hub.join(id, connection, at)) return null
      await hub.caughtUp(id)
    }
  } finally {
    connection.replaying = null
    release?.()
  }
}

const ignore = () => undefined

/** The entry with which the user ceases to read the stream; nothing after it may be sent. */
export function endOf(entries: readonly StoredEntry[], user_id: string): number {
  return entries.findIndex(({ event, left }) => event === 'conversation.deleted' || (left?.includes(user_id) ?? false))
}
