import { FILE_ID, FilesUnavailable, type Files } from '../../../ports/files.ts'
import { checkId, Intake } from '../intake.ts'
import { isRefusal, S3, type S3Access, type S3Patience } from './client.ts'
import { store } from './store.ts'

/** A multipart upload that began so long ago belongs to a put that ended with its process. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000
/** How often a server that does not answer at the start is asked, and how long after each failure. */
const START_TRIES = 5
const START_PAUSE_MS = 500

export interface MinioOptions extends S3Access, S3Patience {
  /** Created if it does not exist. It holds nothing but the files: an object's key is the id. */
  bucket: string
  warn?: (message: string) => void
}

/** Files in a bucket of MinIO or another store that speaks S3. */
export async function openMinioFiles({ bucket, warn, ...options }: MinioOptions): Promise<Files> {
  const s3 = new S3(options, options)
  await ensureBucket(s3, bucket, warn)

  return {
    async put(id, bytes, limit) {
      using intake = new Intake(bytes, limit)
      checkId(id)
      return (await store(s3, bucket, id, intake)) ? intake.stored() : 'too_large'
    },
    async get(id, range) {
      checkId(id)
      const length = range && range.end - range.start + 1
      const opened = s3.run('get', client => client.getPartialObject(bucket, id, range?.start ?? 0, length))
      const source = await opened.catch((error: unknown) => {
        if (isRefusal(error, 'NoSuchKey', 'NotFound')) return null
        if (isRefusal(error, 'InvalidRange')) return 'beyond'
        throw error
      })
      if (source === 'beyond') return new Blob([]).stream()
      return source && s3.stream('get', source)
    },
    async size(id) {
      checkId(id)
      const found = await absentAsNull(s3.run('stat', client => client.statObject(bucket, id)))
      return found?.size ?? null
    },
    async delete(id) {
      checkId(id)
      await s3.run('delete', client => client.removeObject(bucket, id))
    },
    async list(after, limit) {
      const page = { Delimiter: '', MaxKeys: limit }
      const { objects } = await s3.run('list', client => client.listObjectsQuery(bucket, '', after ?? '', page))
      return objects.flatMap(({ name, size, lastModified }) =>
        name === undefined || size === undefined || lastModified === undefined
          ? []
          : [{ id: name, size, stored_at: lastModified.toISOString() }],
      )
    },
    async sweep(now) {
      const begun = await s3.run('list', client => client.listIncompleteUploadsQuery(bucket, '', '', '', ''))
      for (const { key, uploadId, initiated } of begun.uploads) {
        if (!FILE_ID.test(key) || now.getTime() - new Date(initiated).getTime() < LEFTOVER_MS) continue
        await absentAsNull(s3.run('abort', client => client.abortMultipartUpload(bucket, key, uploadId)))
      }
    },
    async health() {
      if (!(await s3.run('health', client => client.bucketExists(bucket))))
        throw new FilesUnavailable('the bucket does not exist')
    },
    async [Symbol.asyncDispose]() {},
  }
}

function absentAsNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (isRefusal(error, 'NoSuchKey', 'NotFound', 'NoSuchUpload')) return null
    throw error
  })
}

/** Several nodes may create it at once. A refusal, such as one of wrong credentials, is final. */
async function ensureBucket(s3: S3, bucket: string, warn?: (message: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (await s3.run('start', client => client.bucketExists(bucket))) return
      await s3.run('start', client => client.makeBucket(bucket))
      return
    } catch (error) {
      if (isRefusal(error, 'BucketAlreadyOwnedByYou', 'BucketAlreadyExists')) return
      if (attempt === START_TRIES || isRefusal(error)) throw error
      warn?.(`the store of files does not answer: ${error instanceof Error ? error.message : 'failed'}`)
      await Bun.sleep(START_PAUSE_MS)
    }
  }
}
