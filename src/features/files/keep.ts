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

/** The file that stored bytes are, by their content; makes its thumbnail. */
export async function fileOf(
  { inspector, clock }: Pick<Services, 'inspector' | 'clock'>,
  { id, user_id, name, stored: { size, sha256 } }: Uploaded,
): Promise<FileRecord> {
  const { content_type, width, height, thumbnail } = await inspector.inspect(id, size)
  const created_at = clock().toISOString()
  return { id, user_id, name: displayName(name), content_type, size, sha256, width, height, thumbnail, created_at }
}

/**
 * Stores the row of a file. It comes last, so that a crash leaves bytes without a row, which the collection finds, and never a row
 * without bytes. `quota_bytes` null: an upload has reserved them.
 */
export async function keep(
  { storage, clock }: Pick<Services, 'storage' | 'clock'>,
  file: FileRecord,
  quota_bytes: number | null,
): Promise<'created' | 'quota_exceeded'> {
  const expires_at = new Date(clock().getTime() + UNREFERENCED_MS).toISOString()
  return storage.files.create(file, { quota_bytes, expires_at })
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
