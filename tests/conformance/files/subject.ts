import type { Files, StoredBytes } from '../../../src/ports/files.ts'

/** The place of one store of files, which may be opened several times. */
export interface Subject extends AsyncDisposable {
  open(): Promise<Files>
  /** The source of a module whose `open` opens the same place in another process. */
  readonly program: string
  /** What is kept of puts that did not complete, by any name. */
  leftovers(): Promise<number>
}
/** A fresh place for each test. */
export type Subjects = () => Promise<Subject>

export const NO_LIMIT = { max_bytes: Number.MAX_SAFE_INTEGER }

/** Bytes that differ at every position a test cuts at. */
export function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words[index] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}

export function storedOf(bytes: Uint8Array): StoredBytes {
  return { size: bytes.byteLength, sha256: sha256(bytes) }
}

/** A stream that counts what is read of it, and knows whether it was cancelled. */
export class Source {
  readonly stream: ReadableStream<Uint8Array>
  read = 0
  cancelled = false

  /** After the last chunk it ends, waits for ever, or fails. */
  constructor(chunks: Iterable<Uint8Array>, end: 'ends' | 'waits' | Error = 'ends') {
    const left = chunks[Symbol.iterator]()
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: controller => {
          const { done, value } = left.next()
          if (done !== true) {
            this.read += value.byteLength
            controller.enqueue(value)
          } else if (end === 'ends') controller.close()
          else if (end !== 'waits') controller.error(end)
          else return new Promise<void>(() => undefined)
          return undefined
        },
        cancel: () => {
          this.cancelled = true
        },
      },
      { highWaterMark: 0 },
    )
  }
}

export function streamOf(bytes: Uint8Array, chunk = 64 * 1024): ReadableStream<Uint8Array> {
  return new Source(chunksOf(bytes, chunk)).stream
}

export function* chunksOf(bytes: Uint8Array, length: number): Generator<Uint8Array, void> {
  for (let start = 0; start < bytes.byteLength; start += length) yield bytes.subarray(start, start + length)
}

export async function read(files: Files, id: string, range?: { start: number; end: number }): Promise<Uint8Array> {
  const stream = await files.get(id, range)
  if (stream === null) throw new Error('there are no bytes under this id')
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
