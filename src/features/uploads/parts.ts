import type { Services } from '../../context.ts'
import type { UploadPart } from '../../domain/uploads.ts'
import type { Files } from '../../ports/files.ts'
import { Unavailable } from '../../ports/storage.ts'

/** A part was removed, because another request has gone on with the upload. */
export class PartMissing extends Error {
  override readonly name = 'PartMissing'
}

export async function openPart(files: Files, { id }: UploadPart): Promise<ReadableStream<Uint8Array>> {
  const bytes = await files.get(id)
  if (!bytes) throw new PartMissing('a part of the upload is not there any more')
  return bytes
}

/** Removes blobs that nothing refers to any more. What fails is left to the collection. */
export async function removeBlobs({ files, logger }: Pick<Services, 'files' | 'logger'>, ids: string[]): Promise<void> {
  try {
    for (const id of ids) await files.delete(id)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    logger.info({ error: error.message }, 'parts of an upload are left to the collection')
  }
}

/** Ends an upload. A request that goes on with it finds it gone. */
export async function removeUpload(
  services: Pick<Services, 'storage' | 'files' | 'logger'>,
  id: string,
): Promise<void> {
  const upload = await services.storage.uploads.remove(id)
  if (upload)
    await removeBlobs(
      services,
      upload.parts.map(part => part.id),
    )
}
