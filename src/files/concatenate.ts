type Bytes = ReadableStream<Uint8Array>

/** One stream of several, each opened when the one before it has ended. */
export function concatenate(sources: readonly (() => Promise<Bytes> | Bytes)[]): Bytes {
  const left = sources.values()
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          if (reader === null) {
            const next = left.next()
            if (next.done) return controller.close()
            reader = (await next.value()).getReader()
          }
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          reader = null
        }
      },
      cancel: reason => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
