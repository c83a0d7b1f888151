import type { ErrorDetails } from '../../../contracts/errors.ts'
import type { Services } from '../../context.ts'
import { expiryOf, nameOf, type UploadRecord } from '../../domain/uploads.ts'
import { concatenate } from '../../files/concatenate.ts'
import { freed } from '../../files/freed.ts'
import { FilesUnavailable } from '../../ports/files.ts'
import { Unavailable } from '../../ports/storage.ts'
import { fileOf, keep } from '../files/keep.ts'
import { openPart, removeBlobs } from './parts.ts'

export interface Finishing extends Pick<Services, 'storage' | 'files' | 'inspector' | 'clock' | 'logger'> {
  fail: (code: 'busy', details?: ErrorDetails) => never
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
 * does again. One request does it at a time; others are told to come back. One that takes so long that another one goes on answers
 * with what that one has made: both make the same file, and one update of the upload says who has.
 */
export async function finish(context: Finishing, upload: UploadRecord): Promise<UploadRecord> {
  if (upload.finished || upload.offset < upload.length) return upload
  const { clock, fail } = context
  if (isClaimed(upload, clock())) return fail('busy', { retry_after: RETRY_SECONDS })
  const claim = new Claim(context, upload)
  try {
    await claim.renew()
    await makeFile(context, upload, claim)
    await claim.change({ finished: true, parts: [], claimed_until: null, expires_at: expiryOf(clock()) })
  } catch (error) {
    // A store that is away would be waited for a second time; then the claim ends by itself.
    const isAway = error instanceof Unavailable && !(error instanceof FilesUnavailable)
    if (!isAway && (await claim.isLost())) return madeByAnother(context, upload)
    throw error
  }
  await removeBlobs(
    context,
    upload.parts.map(part => part.id),
  )
  return claim.upload
}

async function madeByAnother({ storage, fail }: Finishing, { id }: UploadRecord): Promise<UploadRecord> {
  const upload = await storage.uploads.find(id)
  return upload?.finished ? upload : fail('busy', { retry_after: RETRY_SECONDS })
}

/** Composes the parts and stores the row. A file that exists was made before a crash, and one that was deleted is not made again. */
async function makeFile(context: Finishing, upload: UploadRecord, claim: Claim): Promise<void> {
  const { storage, files } = context
  const { id, user_id, length, parts } = upload
  if ((await storage.files.findMany([id])).length > 0 || (await storage.files.deletedBy(id)) !== null) return
  const sources = parts.map(part => async () => {
    await claim.keep()
    return openPart(files, part)
  })
  const stored = await files.put(id, freed(concatenate(sources)), { max_bytes: length })
  if (stored === 'too_large' || stored.size !== length) throw new Error('the parts of an upload do not add up')
  const file = await fileOf(context, { id, user_id, name: nameOf(upload), stored })
  // The last step before the row: a request that is too slow stores none, because the file of another one may be deleted by now.
  await claim.renew()
  await keep(context, file, null)
}

/** Another request makes the file, or the upload was removed. */
class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
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

  /** Throws `ClaimLost` if another request has changed the upload. */
  async change(more: Partial<UploadRecord>): Promise<void> {
    const next = { ...this.#upload, ...more }
    if (!(await this.#context.storage.uploads.advance(next.id, this.#upload, next)))
      throw new ClaimLost('another request has gone on with the upload')
    this.#upload = next
  }

  /** Whether another request has gone on. If not, the claim ends. */
  isLost(): Promise<boolean> {
    return this.change({ claimed_until: null }).then(
      () => false,
      error => error instanceof ClaimLost,
    )
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
