import { below, messageKey } from './keys.ts'
import type { ConversationRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** Messages removed in one command. */
const REMOVED_AT_ONCE = 2_000
/** The data of a purged entry: nobody reads it, and the stream keeps its numbers. */
const NOTHING = '{}'

/**
 * Removes what a purged conversation held: after its head says so, because nothing brings it back from then on. Repeated by
 * whoever finds its stream in a dead lane.
 */
export async function purge(
  tables: Tables,
  { _id: stream, pair, last_seq, last_change }: ConversationRow,
): Promise<void> {
  for (let seq = 1; seq <= last_seq; seq += REMOVED_AT_ONCE) {
    await tables.messages.delete({
      _id: { $gte: messageKey(stream, seq), $lt: messageKey(stream, seq + REMOVED_AT_ONCE) },
    })
  }
  const _id = below(stream)
  await tables.versions.delete({ _id })
  await tables.pins.delete({ _id })
  await tables.mentions.delete({ _id })
  await tables.uncounted.delete({ _id })
  await tables.sends.delete({ _id })
  if (pair !== null) await tables.pairs.delete({ _id: { $eq: pair }, conversation_id: { $eq: stream } })
  for await (const rows of tables.log.rows(stream, 1, last_change)) {
    await tables.log.rewrite(rows, ({ entries }, index) =>
      entries[index]?.event === 'conversation.deleted' ? null : NOTHING,
    )
  }
}
