import type { HttpCall, Services } from '../../context.ts'
import { nextPart, withPart, type UploadRecord } from '../../domain/uploads.ts'
import { partId } from '../../files/blob-ids.ts'
import { concatenate } from '../../files/concatenate.ts'
import { freed } from '../../files/freed.ts'
import { Slices } from '../../files/slices.ts'
import { openPart, PartMissing, removeBlobs } from './parts.ts'

export interface Appending extends Pick<Services, 'storage' | 'files' | 'clock' | 'logger'> {
  http: HttpCall
  fail: (code: 'too_large' | 'wrong_offset' | 'not_found') => never
}

/**
 * Stores the body as parts, each as soon as it is full, until the upload or the body ends. What arrived before a cut is stored
 * too. Of two requests for one offset the first that has stored a part goes on, and the other one gets 409.
 */
export async function append(context: Appending, upload: UploadRecord): Promise<UploadRecord> {
  const { headers, body } = context.http
  if (Number(headers.get('content-length') ?? 0) > upload.length - upload.offset) return context.fail('too_large')
  const slices = new Slices(body)
  let stored = upload
  try {
    while (stored.offset < stored.length && (await slices.more())) stored = await storePart(context, stored, slices)
    if (await slices.more()) return context.fail('too_large')
  } finally {
    await slices.close()
  }
  if (slices.failure !== null) throw slices.failure
  return stored
}

async function storePart(context: Appending, upload: UploadRecord, slices: Slices): Promise<UploadRecord> {
  const { storage, files, clock } = context
  const { merged, room } = nextPart(upload)
  const id = partId(upload.id)
  const bytes = concatenate([...(merged ? [() => openPart(files, merged)] : []), () => slices.next(room)])
  const put = await files.put(id, freed(bytes), { max_bytes: room + (merged?.size ?? 0) }).catch((error: unknown) => {
    if (error instanceof PartMissing) return null
    throw error
  })
  if (put === null) return lost(context, upload)
  if (put === 'too_large') throw new Error('a part has more bytes than it was given')
  const next = withPart(upload, { id, size: put.size }, merged, clock())
  // If its outcome is unknown, the part may belong to the upload and stays; else the collection removes it.
  if (!(await storage.uploads.advance(upload.id, upload, next))) {
    await removeBlobs(context, [id])
    return lost(context, upload)
  }
  if (merged) await removeBlobs(context, [merged.id])
  return next
}

/** Another request has gone on with the upload, or ended it. */
async function lost({ storage, fail }: Appending, { id }: UploadRecord): Promise<never> {
  return fail((await storage.uploads.find(id)) ? 'wrong_offset' : 'not_found')
}
