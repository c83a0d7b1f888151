import type { UploadProgress } from './call-options.ts'

interface Upload {
  method: string
  headers: Readonly<Record<string, string>>
  body: Blob | FormData
  signal: AbortSignal
}

/** Sends as `fetch` does, and reports what was sent: `fetch` cannot. */
export function sendWithProgress(
  url: string,
  { method, headers, body, signal }: Upload,
  onProgress: (progress: UploadProgress) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onProgress({ sent: loaded, total })
    request.onload = () => {
      const { status, responseText } = request
      const headers = { 'retry-after': request.getResponseHeader('retry-after') ?? '' }
      // Those without a body must not be given one.
      resolve(new Response(responseText || null, { status, headers }))
    }
    request.onerror = () => reject(new TypeError('the upload failed'))
    signal.addEventListener('abort', () => request.abort())
    request.send(body)
  })
}
