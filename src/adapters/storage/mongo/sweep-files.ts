import type { Tables } from './rows/tables.ts'

/** How long a reference that ended is kept: until then it stops the late write of an older change. */
const RELEASED_MS = 24 * 60 * 60 * 1_000
/** Holds that one sweep ends. */
const HOLDS_AT_ONCE = 1_000
/** Users whose count of bytes is compared by one sweep. */
const COUNTS_AT_ONCE = 100
/** A count that changed longer ago than this is not in the middle of a change. */
const COUNT_MS = 10 * 60 * 1_000

/** Removes references that ended, ends holds that crashes have left, and corrects what users use (`Quotas`) after crashes. */
export async function sweepFiles(tables: Tables, now: string): Promise<void> {
  const { files, file_references, file_holds, file_usage, uploads } = tables
  const before = (ms: number) => new Date(Date.parse(now) - ms).toISOString()
  await file_references.delete({ released_at: { $lte: before(RELEASED_MS) }, live: { $eq: false } })
  const holds = await file_holds.find({ expires_at: { $lte: now } }, { sort: { expires_at: 1 }, limit: HOLDS_AT_ONCE })
  // The removal of a file reads whether something refers to it.
  await files.update(holds.map(({ file_id }) => ({ id: file_id, set: { expires_at: now } })))
  if (holds.length > 0) await file_holds.delete({ _id: { $in: holds.map(({ _id }) => _id) } })
  const counted = { counted_at: { $lte: before(COUNT_MS) } }
  for (const row of await file_usage.find(counted, { sort: { counted_at: 1 }, limit: COUNTS_AT_ONCE })) {
    const own = await files.find({ user_id: { $eq: row._id } }, { sort: { _id: 1 }, projection: { size: 1 } })
    const open = await uploads.findIn('open_of', [row._id], { sort: { _id: 1 }, projection: { length: 1 } })
    const known = new Set(own.map(({ _id }) => _id))
    const unfinished = open.filter(({ _id }) => !known.has(_id))
    const sizes = [...own.map(({ size }) => size), ...unfinished.map(({ length }) => length)]
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    const guard = {
      bytes: { $eq: row.bytes },
      uploads: { $eq: row.uploads },
      counted_at: { $eq: row.counted_at ?? now },
    }
    await file_usage.updateOne({ id: row._id, guard, set: { bytes, uploads: open.length }, unset: ['counted_at'] })
  }
}
