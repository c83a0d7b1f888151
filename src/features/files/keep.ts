import type { Services } from '../../context.ts'
import { displayName } from '../../domain/files.ts'
import type { FileRecord } from '../../domain/records.ts'
import { thumbnailId } from '../../files/inspector.ts'
import type { StoredBytes } from '../../ports/files.ts'
import { Unavailable } from '../../ports/storage.ts'

/** After this time a file is removed to which nothing has ever referred (specification, Files). */
const UNREFERENCED_MS = 24 * 60 * 60 * 1_000

interface Uploaded {
  /** The id of the stored bytes. */
  id: string
  user_id: string
  /** As the uploader gave it. */
  name: string
  stored: StoredBytes
}

interface Keeping extends Pick<Services, 'storage' | 'inspector' | 'clock'> {
  uploads: Pick<Services['uploads'], 'quota_bytes'>
}

/**
 * Makes a file of bytes that are stored under its id: looks at their content, makes the thumbnail, counts them against the user's
 * quota. The row comes last, so that a crash leaves bytes without a row, which the collection finds, and never a row without bytes.
 */
export async function keep(
  { storage, inspector, uploads, clock }: Keeping,
  { id, user_id, name, stored: { size, sha256 } }: Uploaded,
): Promise<FileRecord | 'quota_exceeded'> {
  const { content_type, width, height, thumbnail } = await inspector.inspect(id, size)
  const now = clock()
  const file: FileRecord = {
    id,
    user_id,
    name: displayName(name),
    content_type,
    size,
    sha256,
    width,
    height,
    thumbnail,
    created_at: now.toISOString(),
  }
  const expires_at = new Date(now.getTime() + UNREFERENCED_MS).toISOString()
  const created = await storage.files.create(file, { quota_bytes: uploads.quota_bytes, expires_at })
  return created === 'created' ? file : created
}

/** Removes bytes that are no file, or no file any more. What fails is left to the collection. */
export async function discard({ files, logger }: Pick<Services, 'files' | 'logger'>, id: string): Promise<void> {
  try {
    await files.delete(thumbnailId(id))
    await files.delete(id)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    logger.info({ file_id: id, error: error.message }, 'the bytes of a removed file are left to the collection')
  }
}
