import type { Intake } from '../intake.ts'
import type { S3 } from './client.ts'

/** The smallest part that S3 accepts, apart from the last one. */
const PART_BYTES = 5 * 1024 * 1024
/** The most parts of a multipart upload that S3 accepts. */
const MAX_PARTS = 10_000

/**
 * Stores what the intake gives: in one request if it fits into a part, else as a multipart upload, which is visible when it is
 * completed. False if there is more than the limit or than 10,000 parts hold; then nothing is stored.
 */
export async function store(s3: S3, bucket: string, id: string, intake: Intake): Promise<boolean> {
  const memory = new ArrayBuffer(PART_BYTES)
  const stored = await storeParts(s3, { bucket, id, parts: parts(intake.chunks(), memory), intake })
  // Freed at once, not by the collector. A request that has failed may still read it.
  memory.transfer(0)
  return stored
}

interface Storing {
  bucket: string
  id: string
  parts: AsyncIterable<Part>
  intake: Intake
}

async function storeParts(s3: S3, { bucket, id, parts, intake }: Storing): Promise<boolean> {
  let upload: Upload | null = null
  try {
    for await (const { part, last } of parts) {
      if (intake.tooLarge) break
      if (last && upload === null) {
        // `putObject` would hash the part a second time, by MD5, which takes 20 ms of the event loop.
        const request = { method: 'PUT', bucketName: bucket, objectName: id }
        await s3.run('put', client => client.makeRequestAsyncOmit(request, part))
        return true
      }
      upload ??= await Upload.begin(s3, bucket, id)
      if (!(await upload.add(part))) break
      if (last) {
        await upload.complete()
        upload = null
        return true
      }
    }
    return false
  } finally {
    // Not waited for: a server that has just failed to answer would be waited for a second time.
    void upload?.abort()
  }
}

class Upload {
  readonly #s3: S3
  readonly #bucket: string
  readonly #id: string
  readonly #upload_id: string
  readonly #parts: { part: number; etag: string }[] = []

  constructor(s3: S3, bucket: string, id: string, upload_id: string) {
    this.#s3 = s3
    this.#bucket = bucket
    this.#id = id
    this.#upload_id = upload_id
  }

  static async begin(s3: S3, bucket: string, id: string): Promise<Upload> {
    const upload_id = await s3.run('begin', client => client.initiateNewMultipartUpload(bucket, id, {}))
    return new Upload(s3, bucket, id, upload_id)
  }

  /** False if there are as many parts as S3 accepts. */
  async add(bytes: Buffer): Promise<boolean> {
    const part = this.#parts.length + 1
    if (part > MAX_PARTS) return false
    const where = { bucketName: this.#bucket, objectName: this.#id, uploadID: this.#upload_id, partNumber: part }
    const { etag } = await this.#s3.run('part', client => client.uploadPart({ ...where, headers: {} }, bytes))
    this.#parts.push({ part, etag })
    return true
  }

  async complete(): Promise<void> {
    await this.#s3.run('complete', client =>
      client.completeMultipartUpload(this.#bucket, this.#id, this.#upload_id, this.#parts),
    )
  }

  /** If it fails, the sweep does it a day later. */
  async abort(): Promise<void> {
    await this.#s3
      .run('abort', client => client.abortMultipartUpload(this.#bucket, this.#id, this.#upload_id))
      .catch(() => undefined)
  }
}

interface Part {
  part: Buffer
  last: boolean
}

/**
 * Parts of `PART_BYTES`, the last one shorter: also an empty one if there are no bytes. All are in the same memory, so each is
 * valid until the next one is asked for.
 */
async function* parts(chunks: AsyncIterable<Uint8Array>, memory: ArrayBuffer): AsyncGenerator<Part, void> {
  const part = Buffer.from(memory)
  let length = 0
  for await (let chunk of chunks) {
    while (chunk.byteLength > 0) {
      if (length === PART_BYTES) {
        yield { part, last: false }
        length = 0
      }
      const taken = chunk.subarray(0, PART_BYTES - length)
      part.set(taken, length)
      length += taken.byteLength
      chunk = chunk.subarray(taken.byteLength)
    }
  }
  yield { part: part.subarray(0, length), last: true }
}
