import type { FileHandle } from 'node:fs/promises'
import { FilesUnavailable, type ByteRange } from '../../../ports/files.ts'

/** How much is read at once. */
const CHUNK_BYTES = 256 * 1024

/** Reads only what is asked for, and closes the file at the end. An open file stays readable when it is deleted. */
export async function readRange(handle: FileHandle, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
  const { size } = await handle.stat()
  const end = Math.min(range ? range.end + 1 : size, size)
  let position = range?.start ?? 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const length = Math.min(CHUNK_BYTES, end - position)
          if (length > 0) {
            const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, position)
            if (bytesRead === 0) throw new Error('the file has become shorter')
            position += bytesRead
            controller.enqueue(buffer.subarray(0, bytesRead))
          }
          if (position < end) return
          await handle.close()
          controller.close()
        } catch (error) {
          await handle.close().catch(() => undefined)
          throw new FilesUnavailable('a file cannot be read', { cause: error })
        }
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  )
}
