import type { Client } from '../client.ts'
import type { StoredFile } from '../wire-types.ts'
import { Cell, type Batch, type Readable } from './cell.ts'
import { toError } from './fetches.ts'
import { patiently } from './writes.ts'

export interface UploadState {
  readonly state: 'uploading' | 'done' | 'failed' | 'cancelled'
  readonly name: string
  /** Bytes that were sent, of `total`. Where the platform tells no progress it is 0 until all are. */
  readonly sent: number
  readonly total: number
  /** What the server has stored. */
  readonly file: StoredFile | null
  readonly error: Error | null
}

/** A file on its way to the server. */
export class Upload implements Readable<UploadState> {
  readonly #client: Client
  readonly #random: () => number
  readonly #file: Blob
  readonly #cell: Cell<UploadState>
  #abort = new AbortController()
  #now: UploadState
  #done: Promise<StoredFile> | null = null

  constructor(client: Client, batch: Batch, random: () => number, file: Blob) {
    this.#client = client
    this.#random = random
    this.#file = file
    const name = 'name' in file ? String(file.name) : ''
    this.#now = { state: 'uploading', name, sent: 0, total: file.size, file: null, error: null }
    this.#cell = new Cell(batch, () => this.#now)
  }

  get(): UploadState {
    return this.#cell.get()
  }

  subscribe(listener: () => void): () => void {
    return this.#cell.subscribe(listener)
  }

  /** Uploads it, if that was not done; resolves with what the server has stored. */
  start(): Promise<StoredFile> {
    this.#done ??= this.#send()
    return this.#done
  }

  cancel(): void {
    this.#abort.abort()
  }

  async #send(): Promise<StoredFile> {
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const { size } = this.#file
    this.#become({ state: 'uploading', sent: 0, error: null })
    // The form around the file has some bytes of its own.
    const onProgress = ({ sent, total }: { sent: number; total: number }) =>
      this.#become({ sent: Math.max(0, Math.min(size, size - (total - sent))) })
    try {
      const upload = () => this.#client.files.upload({ file: this.#file }, { signal, onProgress })
      const file = await patiently(upload, this.#random)
      this.#become({ state: 'done', sent: size, file })
      return file
    } catch (error) {
      this.#done = null
      this.#become({ state: signal.aborted ? 'cancelled' : 'failed', error: toError(error) })
      throw error
    }
  }

  #become(change: Partial<UploadState>): void {
    this.#now = { ...this.#now, ...change }
    this.#cell.touch()
  }
}
