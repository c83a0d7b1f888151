import type { UploadProgress } from './call-options.ts'

/** What is read of a response. */
export interface HttpAnswer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

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
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onProgress({ sent: loaded, total })
    request.onload = () => {
      const { status, responseText } = request
      resolve({
        ok: status >= 200 && status < 300,
        status,
        headers: { get: name => request.getResponseHeader(name) },
        text: async () => responseText,
      })
    }
    request.onerror = () => reject(new TypeError('the upload failed'))
    signal.addEventListener('abort', () => request.abort())
    request.send(body)
  })
}
