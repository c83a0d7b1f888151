import type { Services } from '../../context.ts'
import type { Job } from '../../jobs/job.ts'
import { discard } from './keep.ts'

const COLLECT_MS = 10 * 60 * 1_000
/** Expired files per read. */
const FILES_AT_ONCE = 100
/** Stored bytes that one run compares with the rows: it goes on where the run before has ended. */
const STORED_AT_ONCE = 1_000
/** Bytes that are younger may be those of an upload that is in progress. */
const ORPHAN_MS = 24 * 60 * 60 * 1_000
/** The bytes of a file, or of its thumbnail. Others, such as the parts of an upload, are not of a file yet. */
const OF_FILE = /^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:-thumbnail)?$/

type Deps = Pick<Services, 'storage' | 'files' | 'logger'>

/** Removes files to which nothing refers any more, and bytes that a crash has left without a row. */
export function openCollection(deps: Deps): Job {
  let after: string | null = null
  return {
    name: 'collect-files',
    every_ms: COLLECT_MS,
    async run(now) {
      await collectExpired(deps, now)
      after = await collectOrphans(deps, now, after)
    },
  }
}

async function collectExpired(deps: Deps, now: Date): Promise<void> {
  const { storage } = deps
  for (;;) {
    const expired = await storage.files.expired(now.toISOString(), FILES_AT_ONCE)
    let removed = 0
    for (const { id } of expired) {
      if ((await storage.files.remove(id)) !== 'removed') continue
      removed += 1
      await discard(deps, id)
    }
    // Those that were not removed are referred to, or looked at again by the next run.
    if (removed === 0 || expired.length < FILES_AT_ONCE) return
  }
}

/** Returns the id at which the next run begins; null: from the first one on. */
async function collectOrphans({ storage, files }: Deps, now: Date, after: string | null): Promise<string | null> {
  const stored = await files.list(after, STORED_AT_ONCE)
  const before = new Date(now.getTime() - ORPHAN_MS).toISOString()
  const old = stored.flatMap(({ id, stored_at }) => {
    const [, file_id] = OF_FILE.exec(id) ?? []
    return file_id !== undefined && stored_at < before ? [{ id, file_id }] : []
  })
  const known = await storage.files.findMany([...new Set(old.map(({ file_id }) => file_id))])
  const ids = new Set(known.map(({ id }) => id))
  for (const { id, file_id } of old) if (!ids.has(file_id)) await files.delete(id)
  return stored.length < STORED_AT_ONCE ? null : (stored.at(-1)?.id ?? null)
}
