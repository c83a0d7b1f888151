type Bytes = ReadableStream<Uint8Array>

/**
 * The stream for a reader that has done with a chunk when it asks for the next one, as `put` of src/ports/files.ts has: the memory
 * of the chunk is then freed. Left to the collector, the chunks of a large file would grow the process by the size of its heap
 * before the first of them is collected. A chunk that is a piece of a larger buffer is left to it.
 */
export function freed(bytes: Bytes): Bytes {
  const reader = bytes.getReader()
  let given: Uint8Array | null = null
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (given) free(given)
        const { done, value } = await reader.read()
        given = value ?? null
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function free({ buffer, byteLength }: Uint8Array): void {
  // The memory moves to a buffer of no length.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
