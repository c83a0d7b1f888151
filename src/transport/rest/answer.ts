import type { Bytes } from '../../../contracts/kit.ts'
import type { RequestClient } from '../../http/client.ts'

/** An answer that is not longer is read whole: the runtime sends every stream in chunks, without its length. */
const MAX_WHOLE_BYTES = 256 * 1024

/** What every answer that is not JSON has, unless the operation says otherwise. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** An answer that is not JSON. For HEAD without its body, which is then not opened. */
export async function bytesResponse({ status, headers, body }: Bytes, client: RequestClient): Promise<Response> {
  const init = { status, headers: { ...HEADERS, ...headers } }
  if (body === null || client.method === 'HEAD') return new Response(null, init)
  if (typeof body === 'string') return new Response(body, init)
  const bytes = await body()
  const whole = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= MAX_WHOLE_BYTES
  return new Response(whole ? await new Response(bytes).arrayBuffer() : metered(bytes, client), init)
}

/** The stream, which keeps its connection open as long as the client reads. Reads nothing ahead. */
function metered(bytes: ReadableStream<Uint8Array>, client: RequestClient): ReadableStream<Uint8Array> {
  const reader = bytes.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        client.keepOpen()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
