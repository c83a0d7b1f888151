import { Unavailable } from './storage.ts'

/**
 * Holds the bytes of files, each under an id. What a file is called, whose it is and who may read it is stored elsewhere.
 * Guarantees of every adapter, each a case of `tests/conformance/files`:
 *
 * - Bytes are found under their id whole or not at all. Until `put` resolves nothing is found, and nothing remains to be found
 *   of a `put` that failed, was aborted or exceeded its limit.
 * - When a call resolves, its change is durable: it survives kill -9 and power loss. If it rejects with `FilesUnavailable`,
 *   the outcome is unknown (whole or absent), and repeating it is safe.
 * - Bytes are streamed. An adapter holds at most `MAX_HELD_BYTES` of one put or get, however slow the other side is.
 * - No call and no read of a stream waits longer for the store than the adapter's limit; then it rejects with
 *   `FilesUnavailable`.
 */
export interface Files extends AsyncDisposable {
  /**
   * Stores what the stream gives, under an id that matches `FILE_ID`. Bytes that are there already are replaced as a whole; of
   * concurrent puts of one id one stays. `too_large`: the stream gave more than `max_bytes`. An error of the stream and the
   * reason of the signal are thrown as they are. The stream is always read to its end or cancelled.
   * A chunk of it is not used any more when the next one is asked for, so its memory may be used again.
   */
  put(id: string, bytes: ReadableStream<Uint8Array>, limit: PutLimit): Promise<StoredBytes | 'too_large'>
  /**
   * The bytes, or those of a range, as far as there are any; null if there are none under this id. The stream gives all of them
   * or fails, also if they are deleted meanwhile. The caller reads it to its end or cancels it.
   */
  get(id: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>
  /** In bytes; null if there are none under this id. */
  size(id: string): Promise<number | null>
  /** Does nothing if there are none. */
  delete(id: string): Promise<void>
  /** The ids after the given one, or from the first on, in ascending order of their characters; 1 to 1,000 of them. */
  list(after: string | null, limit: number): Promise<ListedFile[]>
  /** Removes what puts have left that ended with their process. Those that are in progress are not affected, on any node. */
  sweep(now: Date): Promise<void>
  /** Resolves while files can be stored and read; else rejects with `FilesUnavailable`. */
  health(): Promise<void>
}

export interface PutLimit {
  max_bytes: number
  /** Ends the put, also while it waits for the stream. */
  signal?: AbortSignal
}

export interface StoredBytes {
  size: number
  /** Lower-case hexadecimal. */
  sha256: string
}

/** Both inclusive, as in `Range: bytes=0-99`. An end beyond the last byte means the last byte. */
export interface ByteRange {
  start: number
  end: number
}

export interface ListedFile {
  id: string
  size: number
  stored_at: string
}

/** Safe as a file name and as a key on every store, also on those without regard to case. */
export const FILE_ID = /^[a-z0-9][a-z0-9-]{2,98}[a-z0-9]$/

export const MAX_HELD_BYTES = 16 * 1024 * 1024

/** The bytes of files cannot be reached or stored now. The gate answers 503. */
export class FilesUnavailable extends Unavailable {
  override readonly dependency = 'files'
}
