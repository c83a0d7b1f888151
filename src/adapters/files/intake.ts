import { FILE_ID, type PutLimit, type StoredBytes } from '../../ports/files.ts'

/** Reads the stream of a put: counts, hashes, and stops at the limit or the signal. Disposed, it cancels what is not read. */
export class Intake implements Disposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #max_bytes: number
  readonly #signal: AbortSignal | undefined
  readonly #hash = new Bun.CryptoHasher('sha256')
  #size = 0

  constructor(bytes: ReadableStream<Uint8Array>, { max_bytes, signal }: PutLimit) {
    this.#reader = bytes.getReader()
    this.#max_bytes = max_bytes
    this.#signal = signal
    signal?.addEventListener('abort', this.#cancel)
  }

  /** Ends after the last chunk within the limit; `tooLarge` says whether there is more. */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      this.#signal?.throwIfAborted()
      const { done, value } = await this.#reader.read()
      // A read that the signal has cancelled looks like the end of the stream.
      this.#signal?.throwIfAborted()
      if (done) return
      this.#size += value.byteLength
      if (this.tooLarge) return
      this.#hash.update(value)
      yield value
    }
  }

  get tooLarge(): boolean {
    return this.#size > this.#max_bytes
  }

  /** After the last chunk. */
  stored(): StoredBytes {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#cancel)
    this.#cancel()
  }

  /** Without effect on a stream that has ended. One that has failed rejects with its error, which `chunks` has thrown. */
  readonly #cancel = () => void this.#reader.cancel().catch(() => undefined)
}

export function checkId(id: string): void {
  if (!FILE_ID.test(id)) throw new Error('the id of a file has characters that are not allowed')
}
