import type { PurgedKind } from '../../../../domain/retention.ts'
import { blankJoined } from '../../../../domain/log/blank.ts'
import type { Entry } from '../../../../domain/log/entry.ts'
import { below, sourceKey, messageKey } from '../rows/keys.ts'
import { sourceOf, storedEntriesOf } from '../rows/records.ts'
import type { Blanked } from '../rows/log-table.ts'
import type { ConversationRow, LogRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'

/** Messages removed in one command. */
const REMOVED_AT_ONCE = 2_000
/** Own streams looked into side by side. */
const STREAMS_AT_ONCE = 50
/** A blanked entry of a purged conversation. It is never read; the entry keeps the numbering. */
const NOTHING: Blanked = { json: '{}', hidden: null }

/** How each kind of row that a purge concerns is removed or blanked, after the head says that the conversation is purged. */
const PURGES: Record<PurgedKind, (tables: Tables, head: ConversationRow, now: string) => Promise<unknown>> = {
  // The head itself was blanked when it moved.
  conversation: ({ pairs }, { _id, pair }) =>
    pair === null ? Promise.resolve() : pairs.delete({ _id: { $eq: pair }, conversation_id: { $eq: _id } }),
  // Marked as left members by the projection of the purge; the sweep removes them.
  member: () => Promise.resolve(),
  async message({ messages }, { _id, last_seq }) {
    for (let seq = 1; seq <= last_seq; seq += REMOVED_AT_ONCE) {
      await messages.delete({ _id: { $gte: messageKey(_id, seq), $lt: messageKey(_id, seq + REMOVED_AT_ONCE) } })
    }
  },
  // With the messages, whose rows hold the keys.
  send: () => Promise.resolve(),
  version: ({ versions }, { _id }) => versions.delete({ _id: below(_id) }),
  invite: ({ invites }, { _id }) => invites.delete({ conversation_id: { $eq: _id } }),
  pin: ({ pins }, { _id }) => pins.delete({ _id: below(_id) }),
  mention: ({ mentions }, { _id }) => mentions.delete({ _id: below(_id) }),
  async reference({ files, file_references }, { _id }, now) {
    for await (const rows of file_references.pages(below(_id), REMOVED_AT_ONCE)) {
      const expire = () => files.update(rows.map(row => ({ id: row.file_id, set: { expires_at: now } })))
      // Before, so that a crash in between loses none; after, because a removal that finds a reference forgets that the file expires.
      await expire()
      await file_references.delete({ _id: { $in: rows.map(row => row._id) } })
      await expire()
    }
  },
  async 'user-stream'(tables, { _id, last_change }) {
    for await (const rows of tables.log.rows(_id, 1, last_change)) {
      for (const row of rows) await blankJoins(tables, row)
    }
  },
  async log({ log }, { _id, last_change }) {
    for await (const rows of log.rows(_id, 1, last_change)) {
      await log.rewrite(rows, ({ entries }, index) =>
        entries[index]?.event === 'conversation.deleted' ? null : NOTHING,
      )
    }
  },
}

/**
 * Removes the rows of a purged conversation. Called after its head is marked as purged, because no write recreates a row from
 * then on. Each process that settles the stream repeats it, so every step can be repeated. The log is blanked last, because its
 * entries name the user streams to blank.
 */
export async function purge(tables: Tables, head: ConversationRow, now: string): Promise<void> {
  const { log, ...others } = PURGES
  for (const remove of Object.values(others)) await remove(tables, head, now)
  await log(tables, head, now)
}

/** Removes the conversation's name from the user streams of the members who joined with an entry of the row. */
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

function blanked({ entries }: LogRow, index: number, source: string): Blanked | null {
  const entry = entries[index]
  if (entry?.event !== 'conversation.joined' || sourceOf(entry) !== source) return null
  // What was written under an event's name is that event's data.
  return { json: JSON.stringify(blankJoined(JSON.parse(entry.json) as Entry<'conversation.joined'>['data'])) }
}
