import type { ErrorDetails } from '../../../contracts/errors.ts'
import type { Services } from '../../context.ts'
import { expiryOf, nameOf, type UploadRecord } from '../../domain/uploads.ts'
import { concatenate } from '../../files/concatenate.ts'
import { freed } from '../../files/freed.ts'
import { discard, keep } from '../files/keep.ts'
import { openPart, removeUpload, removeBlobs } from './parts.ts'

export interface Finishing extends Pick<Services, 'storage' | 'files' | 'inspector' | 'uploads' | 'clock' | 'logger'> {
  fail: (code: 'busy' | 'quota_exceeded', details?: ErrorDetails) => never
}

/** How long a claim holds. It is renewed with each part, so it ends soon after the process that made it. */
const CLAIM_MS = 10_000
const RETRY_SECONDS = 1

/** Whether a request makes a file of the upload now. */
export function isClaimed({ claimed_until }: UploadRecord, now: Date): boolean {
  return claimed_until !== null && claimed_until > now.toISOString()
}

/**
 * Makes a file of an upload whose bytes are all stored; any other one stays as it is. What a crash interrupts, the next request
 * does again. One request does it at a time; others are told to come back.
 */
export async function finish(context: Finishing, upload: UploadRecord): Promise<UploadRecord> {
  if (upload.finished || upload.offset < upload.length) return upload
  const { clock, fail } = context
  if (isClaimed(upload, clock())) return fail('busy', { retry_after: RETRY_SECONDS })
  const claim = new Claim(context, upload)
  await claim.renew()
  try {
    await makeFile(context, upload, claim)
    await claim.change({ finished: true, parts: [], claimed_until: null, expires_at: expiryOf(clock()) })
  } catch (error) {
    await claim.change({ claimed_until: null }).catch(() => undefined)
    throw error
  }
  await removeBlobs(
    context,
    upload.parts.map(part => part.id),
  )
  return claim.upload
}

/** Composes the parts and stores the row. A file that exists was made before a crash. */
async function makeFile(context: Finishing, upload: UploadRecord, claim: Claim): Promise<void> {
  const { storage, files, fail } = context
  const { id, user_id, length, parts } = upload
  if ((await storage.files.findMany([id])).length > 0) return
  const sources = parts.map(part => async () => {
    await claim.keep()
    return openPart(files, part)
  })
  const stored = await files.put(id, freed(concatenate(sources)), { max_bytes: length })
  if (stored === 'too_large' || stored.size !== length) throw new Error('the parts of an upload do not add up')
  await claim.renew()
  if ((await keep(context, { id, user_id, name: nameOf(upload), stored })) !== 'quota_exceeded') return
  await removeUpload(context, id)
  await discard(context, id)
  return fail('quota_exceeded')
}

/** The right of one request to make the file. */
class Claim {
  readonly #context: Finishing
  #upload: UploadRecord

  constructor(context: Finishing, upload: UploadRecord) {
    this.#context = context
    this.#upload = upload
  }

  get upload(): UploadRecord {
    return this.#upload
  }

  /** Fails if another request has changed the upload. */
  async change(more: Partial<UploadRecord>): Promise<void> {
    const { storage, fail } = this.#context
    const next = { ...this.#upload, ...more }
    if (!(await storage.uploads.advance(next.id, this.#upload, next)))
      return fail('busy', { retry_after: RETRY_SECONDS })
    this.#upload = next
  }

  renew(): Promise<void> {
    return this.change({ claimed_until: new Date(this.#context.clock().getTime() + CLAIM_MS).toISOString() })
  }

  /** Renews it when half of its time has passed. */
  async keep(): Promise<void> {
    const left = Date.parse(this.#upload.claimed_until ?? '') - this.#context.clock().getTime()
    if (left < CLAIM_MS / 2) await this.renew()
  }
}
