import type { Services } from '../../context.ts'
import { uploadOfPart } from '../../files/blob-ids.ts'
import type { Job } from '../../jobs/job.ts'
import { removeUpload } from './parts.ts'

const COLLECT_MS = 10 * 60 * 1000
/** Expired uploads per read. */
const UPLOADS_AT_ONCE = 100
/** Blobs that one run looks at: it goes on where the run before has ended. */
const BLOBS_AT_ONCE = 1_000
/** A younger part may be about to be added to its upload. */
const ORPHAN_MS = 24 * 60 * 60 * 1000

type Deps = Pick<Services, 'storage' | 'files' | 'logger'>

/** Removes uploads that have rested too long, and parts that a crash has left without an upload. */
export function openUploadCollection(deps: Deps): Job {
  let after: string | null = null
  return {
    name: 'collect-uploads',
    every_ms: COLLECT_MS,
    async run(now) {
      await collectExpired(deps, now)
      after = await collectOrphans(deps, now, after)
    },
  }
}

async function collectExpired(deps: Deps, now: Date): Promise<void> {
  for (;;) {
    const expired = await deps.storage.uploads.expired(now.toISOString(), UPLOADS_AT_ONCE)
    for (const { id } of expired) await removeUpload(deps, id)
    if (expired.length < UPLOADS_AT_ONCE) return
  }
}

/** Returns the id after which the next run begins; null: at the first one. */
async function collectOrphans({ storage, files }: Deps, now: Date, after: string | null): Promise<string | null> {
  const blobs = await files.list(after, BLOBS_AT_ONCE)
  const before = new Date(now.getTime() - ORPHAN_MS).toISOString()
  for (const { id, stored_at } of blobs) {
    const upload_id = stored_at < before ? uploadOfPart(id) : null
    if (upload_id === null) continue
    const upload = await storage.uploads.find(upload_id)
    if (!upload?.parts.some(part => part.id === id)) await files.delete(id)
  }
  return blobs.length < BLOBS_AT_ONCE ? null : (blobs.at(-1)?.id ?? null)
}
