import { InFlightLeases } from '../flush/leases.ts'
import { Appender } from '../flush/appender.ts'
import { ConversationStream, type ConversationFlush } from '../flush/conversation-stream.ts'
import { deliver } from '../flush/deliver.ts'
import { FileHolds } from '../flush/file-holds.ts'
import { UserStream, type UserFlush } from '../flush/user-stream.ts'
import type { Tables } from '../rows/tables.ts'

/** Streams that are completed side by side. */
const STREAMS_AT_ONCE = 256

/** Completes streams whose heads are behind their log, as after a crash. */
export async function settleStreams(
  tables: Tables,
  streams: { type: 'conversation' | 'user'; ids: readonly string[] },
  done: (count: number) => void,
): Promise<void> {
  const clock = () => new Date()
  const ids = () => Bun.randomUUIDv7()
  const instance_id = ids()
  const leases = new InFlightLeases(tables.leases, instance_id, clock)
  const shared = { log: tables.log, leases, instance_id, notify: () => undefined }
  await using users = new Appender<UserFlush>({ ...shared, type: new UserStream(tables, clock) })
  const holds = new FileHolds(tables, clock, ids)
  const type = new ConversationStream({ tables, clock, ids, holds, deliver: deliver.bind(null, users) })
  await using conversations = new Appender<ConversationFlush>({ ...shared, type })
  const appender = streams.type === 'user' ? users : conversations
  for (let at = 0; at < streams.ids.length; at += STREAMS_AT_ONCE) {
    const some = streams.ids.slice(at, at + STREAMS_AT_ONCE)
    await Promise.all(some.map(id => appender.settle(id)))
    done(at + some.length)
  }
}
