import { announceEnded } from '../identity/announce-ended.ts'
import type { SessionCache } from '../identity/session-cache.ts'
import type { Logger } from '../logger.ts'
import { ALL_NODES, type Bus } from '../ports/bus.ts'
import type { Log, StoredEntry } from '../ports/storage.ts'
import type { Hub } from './hub.ts'
import { chunks } from './relations.ts'

/** Streams whose heads are read at once. */
const HEADS_AT_ONCE = 1_000

export interface OtherNodesOptions {
  bus: Bus
  hub: Hub
  log: Log
  sessionCache: SessionCache
  logger: Logger
}

/**
 * Announces to the other nodes what this one commits, and reads the log when they announce something. A note is a hint: a
 * node that misses it hears of the entry a moment later from the store (`Log.onCommit`), or reads it with the next one.
 */
export function followOtherNodes({ bus, hub, log, sessionCache, logger }: OtherNodesOptions): void {
  function announce(entries: readonly StoredEntry[]): void {
    const heads = new Map<string, number>()
    for (const { stream, change, joined, left } of entries) {
      heads.set(stream, change)
      // The new members may be on nodes where nobody has read the stream so far.
      if (joined || left) bus.publish(ALL_NODES, { kind: 'committed', stream, change })
    }
    for (const [stream, change] of heads) bus.publish(stream, { kind: 'committed', stream, change })
  }

  /** Notes may have been lost: reads on every stream that is read here. */
  async function catchUp(): Promise<void> {
    try {
      for (const streams of chunks(hub.streams, HEADS_AT_ONCE))
        for (const [stream, head] of await log.lastChanges(streams)) hub.catchUp(stream, head)
    } catch (error) {
      // The store follows other processes too, so what is missing comes with its next entries.
      logger.warn({ err: error }, 'the streams could not be read on after the bus was lost')
    }
  }

  log.onCommit((entries, elsewhere) => {
    if (!elsewhere) announce(entries)
  })
  sessionCache.onEnded((session_ids, elsewhere) => {
    if (!elsewhere) announceEnded(bus, session_ids)
  })
  bus.onNote((note, topic) => {
    if (note.kind === 'missed') void catchUp()
    if (note.kind === 'sessions_ended') sessionCache.ended(note.session_ids, true)
    if (note.kind !== 'committed') return
    if (topic === ALL_NODES) hub.catchUpMemberships(note.stream, note.change)
    else hub.catchUp(note.stream, note.change)
  })
  bus.onRestored(() => {
    bus.publish(ALL_NODES, { kind: 'missed' })
    void catchUp()
  })
  bus.subscribe(ALL_NODES)
}
