import { AppError } from '../../contracts/errors.ts'
import { refuseEncoded } from './body.ts'

interface Options {
  /** Without a byte for this long the body fails with 408. A slow body that goes on arriving does not. */
  body_seconds: number
  /** Called for each chunk. */
  onChunk: () => void
}

/** The body of a request as it arrives, however large. Nothing is read before it is asked for. Fails with `AppError`. */
export function streamedBody(
  { headers, body }: Request,
  { body_seconds, onChunk }: Options,
): ReadableStream<Uint8Array> {
  const reader = body?.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        refuseEncoded(headers)
        const { done, value } = reader ? await readWithin(reader, body_seconds) : { done: true, value: undefined }
        if (done) return controller.close()
        onChunk()
        controller.enqueue(value)
      },
      async cancel(reason) {
        await reader?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, seconds: number): Promise<Read> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new AppError('request_timeout')), seconds * 1_000)
  try {
    return await Promise.race([reader.read(), late.promise])
  } catch (error) {
    if (error instanceof AppError) throw error
    // The client has disconnected or framed the body wrongly, which is not an error of the server and is not logged.
    throw new AppError('malformed', { detail: 'The body did not arrive whole' })
  } finally {
    clearTimeout(timer)
  }
}
