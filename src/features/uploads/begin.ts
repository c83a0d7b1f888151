import type { Contract } from '../../../contracts/index.ts'
import type { Context } from '../../context.ts'
import { expiryOf, parseMetadata, type UploadRecord } from '../../domain/uploads.ts'
import { append } from './append.ts'
import { finish } from './finish.ts'
import { removeUpload } from './parts.ts'
import { hasPart, numberIn } from './protocol.ts'

type Begin = Context<Contract['uploads']['create']>

/** Uploads of one user that are in progress. */
const MAX_OPEN = 100

/** A new upload, with the first part if the request has one. */
export async function begin(context: Begin): Promise<UploadRecord> {
  const upload = await create(context)
  if (!hasPart(context.http.headers)) return upload
  try {
    return await finish(context, await append(context, upload))
  } catch (error) {
    // The client has not learned where the upload is, so it cannot go on with it.
    await removeUpload(context, upload.id)
    throw error
  }
}

async function create(context: Begin): Promise<UploadRecord> {
  const { caller, storage, clock, http, uploads, fail } = context
  const length = numberIn(context, http.headers, 'upload-length')
  if (length === 0) return wrong(context, 'upload-length', 'must not be 0')
  if (length > uploads.max_resumable_bytes) return fail('too_large')
  const metadata = http.headers.get('upload-metadata') ?? ''
  if (parseMetadata(metadata) === null)
    return wrong(context, 'upload-metadata', 'must be a list of keys, each with a value in Base64')
  const now = clock()
  const upload: UploadRecord = {
    id: crypto.randomUUID(),
    user_id: caller.id,
    metadata,
    length,
    offset: 0,
    parts: [],
    claimed_until: null,
    finished: false,
    created_at: now.toISOString(),
    expires_at: expiryOf(now),
  }
  const limits = { quota_bytes: uploads.quota_bytes, max_open: MAX_OPEN }
  const created = await storage.uploads.create(upload, limits)
  return created === 'created' ? upload : fail(created)
}

function wrong({ fail }: Begin, path: string, message: string): never {
  return fail('validation_failed', { errors: [{ path, message }] })
}
