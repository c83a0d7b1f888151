import { Upload, type DetailedError, type UploadOptions } from 'tus-js-client'

export const TUS = { 'tus-resumable': '1.0.0' }
export const PART = { ...TUS, 'content-type': 'application/offset+octet-stream' }

/** Uploads with the reference client of the protocol; resolves with the id of the file. */
export function tusUpload(
  url: string,
  access_token: string,
  bytes: Buffer,
  options: Partial<UploadOptions> = {},
): Promise<string> {
  const done = Promise.withResolvers<string>()
  const upload = new Upload(bytes, {
    endpoint: `${url}/uploads`,
    headers: { authorization: `Bearer ${access_token}` },
    metadata: { filename: 'large.bin' },
    retryDelays: Array.from({ length: 1_000 }, () => 50),
    onSuccess: ({ lastResponse }) => done.resolve(lastResponse.getHeader('Parley-File-Id') ?? 'no file id'),
    onError: error => done.reject(error),
    ...options,
  })
  upload.start()
  return done.promise
}

export function statusOf(error: unknown): number | undefined {
  return (error as DetailedError).originalResponse?.getStatus()
}

/** Begins an upload of 5 bytes and returns its id. */
export async function beginUpload(url: string, { access_token }: { access_token: string }): Promise<string> {
  const headers = { ...TUS, authorization: `Bearer ${access_token}`, 'upload-length': '5' }
  const response = await fetch(`${url}/uploads`, { method: 'POST', headers })
  return response.headers.get('location')?.split('/').at(-1) ?? ''
}
