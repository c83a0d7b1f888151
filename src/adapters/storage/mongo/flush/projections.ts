import { blankMessage } from '../../../../domain/log/blank.ts'
import type { Entry } from '../../../../domain/log/entry.ts'
import type { MessageRecord } from '../../../../domain/records.ts'
import { below, memberKey, mentionKey, pinKey, versionKey } from '../rows/keys.ts'
import { entriesOf, fromMessage, fromNewMember } from '../rows/records.ts'
import { NOT_DELETED, type LogRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import type { ConversationState } from './conversation-state.ts'

interface Work {
  stream: string
  state: ConversationState
}

/** RowWrites what the entries of a flush ask for. Redoing it changes nothing; doing it late brings nothing back. */
export async function projectWrites(tables: Tables, works: readonly Work[]): Promise<void> {
  await Promise.all([
    projectMessages(tables, works),
    projectMembers(tables, works),
    projectPins(tables, works),
    tables.sends.insertMissing(works.flatMap(({ state }) => state.writes.sends)),
    tables.mentions.insertMissing(works.flatMap(({ state }) => state.writes.mentions)),
    tables.uncounted.insertMissing(works.flatMap(({ state }) => state.writes.uncounted)),
  ])
  const erased = works.flatMap(({ state }) => state.writes.erased)
  for (const { message, change } of erased) await erase(tables, message, change)
}

/** A superseded text is kept before its message is replaced: whoever finds the new one may rely on it. */
async function projectMessages(tables: Tables, works: readonly Work[]): Promise<void> {
  const versions = works.flatMap(({ stream, state }) =>
    state.writes.versions.map(version => {
      return { _id: versionKey(stream, version.message_id, version.change), ...version, erased: false }
    }),
  )
  await tables.versions.insertMissing(versions)
  const final = (ids: Iterable<string>, { messages }: ConversationState) =>
    [...ids].flatMap(id => messages.get(id) ?? []).map(fromMessage)
  const created = works.flatMap(({ state }) => final(state.writes.created.keys(), state))
  const touched = works.flatMap(({ state }) => final(state.writes.touched, state))
  const present = await tables.messages.insertMissing(created)
  const fresh = new Set(created.filter(({ _id }) => !present.has(_id)).map(({ _id }) => _id))
  await tables.messages.update(
    touched
      .filter(({ _id }) => !fresh.has(_id))
      .map(({ _id: id, ...set }) => ({ id, guard: { change: { $lt: set.change } }, set })),
  )
}

async function projectMembers(tables: Tables, works: readonly Work[]): Promise<void> {
  const joins = works.flatMap(({ state }) => [...state.writes.joins.values()].map(fromNewMember))
  // Nobody had a member before the creation, and there may be thousands.
  const first = joins.filter(row => row.joined_change === 1)
  await tables.members.insertMissing(first)
  const later = joins.filter(row => row.joined_change > 1)
  await tables.members.update(
    later.map(({ _id: id, ...set }) => ({ id, guard: { change: { $lt: set.change } }, set, upsert: true })),
  )
  const updates = works.flatMap(({ stream, state: { writes } }) => [
    ...[...writes.members].map(([user_id, set]) => {
      return { id: memberKey(stream, user_id), guard: { change: { $lt: set.change } }, set }
    }),
    ...[...writes.sent].map(([user_id, { seq, change }]) => {
      const guard = { present: { $eq: true }, joined_change: { $lt: change } }
      return { id: memberKey(stream, user_id), guard, max: { own_seq: seq } }
    }),
  ])
  await tables.members.update(updates)
}

async function projectPins(tables: Tables, works: readonly Work[]): Promise<void> {
  const updates = works.flatMap(({ stream, state }) =>
    [...state.writes.pins].map(([message_id, { pin, present, change }]) => {
      const id = pinKey(stream, message_id)
      const guard = { change: { $lt: change } }
      if (!pin) return { id, guard, set: { present, change } }
      return { id, guard, set: { ...pin, present, change }, upsert: true }
    }),
  )
  await tables.pins.update(updates)
}

/** The text of a deleted message goes from the log, its versions go, and it mentions nobody any more. */
async function erase(tables: Tables, message: MessageRecord, change: number): Promise<void> {
  const { conversation_id, id, text_changes } = message
  const versions = await tables.versions.find({ _id: below(`${conversation_id}:${id}`) }, { sort: { _id: 1 } })
  await tables.versions.update(versions.map(({ _id }) => ({ id: _id, set: { content: '', erased: true } })))
  await tables.mentions.update(
    message.mentions.map(user_id => ({
      id: mentionKey(conversation_id, user_id, message.seq),
      guard: { deleted_at_change: { $eq: NOT_DELETED } },
      set: { deleted_at_change: change },
    })),
  )
  const rows = new Map<string, LogRow>()
  for (const text_change of text_changes) {
    const row = await tables.log.rowOf(conversation_id, text_change)
    if (row) rows.set(row._id, row)
  }
  const texts = new Set(text_changes)
  await tables.log.rewrite([...rows.values()], (row, index) => {
    if (!texts.has(row.first + index)) return null
    const entry = entriesOf<Entry<'message.created'>>(row)[index]
    return entry ? JSON.stringify(blankMessage(entry).data) : null
  })
}
