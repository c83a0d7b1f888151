import type { FileReferenceRow } from '../rows/files.ts'
import { fromMessage, fromNewMember } from '../rows/records.ts'
import { NOT_DELETED, type MemberRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import { memberUpdates, type RowWrites } from './row-writes.ts'

/**
 * Writes the rows of a flush. The number of commands depends on the kinds of rows and their bytes, never on how many there are
 * of one kind.
 */
export async function writeRows(tables: Tables, writes: readonly RowWrites[]): Promise<void> {
  await Promise.all([
    writeMessages(tables, writes),
    writeMembers(tables, writes),
    tables.pins.update(
      writes.flatMap(({ pins }) =>
        [...pins].map(([id, set]) => {
          return { id, guard: { change: { $lt: set.change } }, set, upsert: set.message_id !== undefined }
        }),
      ),
    ),
    tables.invites.update(
      writes.flatMap(({ invite_uses }) => [...invite_uses].map(([id, uses]) => ({ id, max: { uses } }))),
    ),
    writeFileReferences(tables, writes),
    tables.mentions.insertMissing(writes.flatMap(({ mentions }) => mentions)),
  ])
  // After them: what was written late by another process is erased, too.
  await Promise.all([
    tables.versions.update(
      writes.flatMap(each => each.erased_versions).map(id => ({ id, set: { content: '', erased: true } })),
    ),
    tables.mentions.update(
      writes
        .flatMap(each => each.dropped_mentions)
        .map(({ id, change }) => {
          return { id, guard: { deleted_at_change: { $eq: NOT_DELETED } }, set: { deleted_at_change: change } }
        }),
    ),
    tables.log.blankMessages(writes.flatMap(({ stream, blanked }) => blanked.map(change => ({ stream, change })))),
  ])
}

/** A superseded text is kept before its message is replaced: readers of the new one may rely on it. */
async function writeMessages(tables: Tables, writes: readonly RowWrites[]): Promise<void> {
  await tables.versions.insertMissing(writes.flatMap(({ versions }) => versions))
  const puts = writes.flatMap(({ messages }) => [...messages.values()])
  const rows = puts.map(({ put, created }) => ({ row: fromMessage(put), created }))
  const created = rows.filter(each => each.created).map(({ row }) => row)
  const present = await tables.messages.insertMissing(created)
  const fresh = new Set(created.filter(({ _id }) => !present.has(_id)).map(({ _id }) => _id))
  await tables.messages.update(
    rows
      .filter(({ row, created: isNew }) => !fresh.has(row._id) && (!isNew || row.change > (row.text_changes[0] ?? 0)))
      .map(({ row: { _id: id, ...set } }) => ({ id, guard: { change: { $lt: set.change } }, set })),
  )
}

/** Files are candidates for removal only after the references say so, because that is what the removal looks at. */
async function writeFileReferences(tables: Tables, writes: readonly RowWrites[]): Promise<void> {
  const references = writes.flatMap(each => [...each.file_references])
  await tables.file_references.update(
    references.map(([id, set]) => {
      const unset: (keyof FileReferenceRow)[] = set.live ? ['released_at'] : []
      return { id, guard: { change: { $lt: set.change } }, set, unset, upsert: true }
    }),
  )
  await tables.files.update(
    references.flatMap(([, { file_id: id, released_at: expires_at }]) =>
      expires_at === undefined ? [] : [{ id, set: { expires_at } }],
    ),
  )
}

async function writeMembers(tables: Tables, writes: readonly RowWrites[]): Promise<void> {
  const joins = writes.flatMap(each => [...each.joins.values()].map(fromNewMember))
  // There is no row before the creation, and there may be thousands.
  await tables.members.insertMissing(joins.filter(row => row.joined_change === 1))
  await tables.members.update(
    joins
      .filter(row => row.joined_change > 1)
      .map(({ _id: id, ...set }) => {
        const unset: (keyof MemberRow)[] = ['left_at']
        return { id, guard: { change: { $lt: set.change } }, set, unset, upsert: true }
      }),
  )
  await tables.members.update(writes.flatMap(memberUpdates))
}
