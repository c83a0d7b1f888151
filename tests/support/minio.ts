import { Client } from 'minio'

/** The store that `S3_ENDPOINT` names, or null. */
export function s3Access(): { endpoint: string; access_key: string; secret_key: string } | null {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: access_key, S3_SECRET_KEY: secret_key } = process.env
  if (!endpoint) return null
  if (!access_key || !secret_key) throw new Error('S3_ENDPOINT needs S3_ACCESS_KEY and S3_SECRET_KEY')
  return { endpoint, access_key, secret_key }
}

export function s3Client(): Client {
  const access = s3Access()
  if (!access) throw new Error('S3_ENDPOINT is not set')
  const { protocol, hostname, port } = new URL(access.endpoint)
  return new Client({
    endPoint: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey: access.access_key,
    secretKey: access.secret_key,
  })
}

/** Removes the bucket with everything in it; nothing happens if there is none. */
export async function dropBucket(bucket: string): Promise<void> {
  const client = s3Client()
  if (!(await client.bucketExists(bucket))) return
  const names: string[] = []
  for await (const { name } of client.listObjectsV2(bucket, '', true)) if (name) names.push(name)
  if (names.length > 0) await client.removeObjects(bucket, names)
  const { uploads } = await client.listIncompleteUploadsQuery(bucket, '', '', '', '')
  for (const { key, uploadId } of uploads) await client.abortMultipartUpload(bucket, key, uploadId)
  await client.removeBucket(bucket)
}
