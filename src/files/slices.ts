/**
 * Cuts a stream into pieces as it arrives. If the stream fails, the piece that is read ends there as if it were whole, because
 * what has arrived is worth keeping; `failure` says so afterwards.
 */
export class Slices {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  /** Read and not given yet. */
  #held: Uint8Array | null = null
  #ended = false
  #failure: Error | null = null

  constructor(bytes: ReadableStream<Uint8Array>) {
    this.#reader = bytes.getReader()
  }

  /** Waits for the next byte; false if there is none. */
  async more(): Promise<boolean> {
    while (this.#held === null && !this.#ended) await this.#read()
    return this.#held !== null
  }

  /** What the stream has failed with; null if it has not. */
  get failure(): Error | null {
    return this.#failure
  }

  /** The next bytes, at most so many. To be read to its end, or cancelled, before anything else is asked for. */
  next(max_bytes: number): ReadableStream<Uint8Array> {
    let left = max_bytes
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          const bytes = left > 0 && (await this.more()) ? this.#take(left) : null
          if (bytes === null) return controller.close()
          left -= bytes.byteLength
          controller.enqueue(bytes)
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Stops reading the stream. */
  async close(): Promise<void> {
    // One that has failed rejects with its error, which is known.
    await this.#reader.cancel().catch(() => undefined)
  }

  #take(max_bytes: number): Uint8Array | null {
    const held = this.#held
    if (held === null || held.byteLength <= max_bytes) {
      this.#held = null
      return held
    }
    this.#held = held.subarray(max_bytes)
    return held.subarray(0, max_bytes)
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read()
      if (done) this.#ended = true
      else if (value.byteLength > 0) this.#held = value
    } catch (error) {
      this.#ended = true
      this.#failure = error instanceof Error ? error : new Error('the stream has failed', { cause: error })
    }
  }
}
