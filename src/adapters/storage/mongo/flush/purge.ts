import { blankJoined } from '../../../../domain/log/blank.ts'
import type { Entry } from '../../../../domain/log/entry.ts'
import { below, sourceKey, messageKey } from '../rows/keys.ts'
import { storedEntriesOf } from '../rows/records.ts'
import type { ConversationRow, LogRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'

/** Messages removed in one command. */
const REMOVED_AT_ONCE = 2_000
/** Own streams looked into side by side. */
const STREAMS_AT_ONCE = 50
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
    // First: these rows say whose streams they are, until they are blanked.
    for (const row of rows) await blankJoins(tables, row)
    await tables.log.rewrite(rows, ({ entries }, index) =>
      entries[index]?.event === 'conversation.deleted' ? null : NOTHING,
    )
  }
}

/** Takes the conversation's name out of the own streams of those who joined with an entry of the row. */
async function blankJoins(tables: Tables, row: LogRow): Promise<void> {
  const keys = storedEntriesOf(row).flatMap(({ stream, change, joined = [] }) =>
    joined.map(user_id => sourceKey(user_id, `${stream}:${change}`)),
  )
  const sources = await tables.sources.findIds(keys)
  for (let at = 0; at < sources.length; at += STREAMS_AT_ONCE)
    await Promise.all(
      sources.slice(at, at + STREAMS_AT_ONCE).map(async ({ _id, change }) => {
        const [user_id = '', ...source] = _id.split(':')
        const own = await tables.log.rowOf(user_id, change)
        if (own) await tables.log.rewrite([own], (_row, index) => blanked(own, index, source.join(':')))
      }),
    )
}

function blanked({ entries }: LogRow, index: number, source: string): string | null {
  const entry = entries[index]
  if (entry?.event !== 'conversation.joined' || entry.source !== source) return null
  // What was written under an event's name is that event's data.
  return JSON.stringify(blankJoined(JSON.parse(entry.json) as Entry<'conversation.joined'>['data']))
}
