import { Crash } from '../../../ports/storage-fault.ts'

/** Streams that a failed flush may have left behind, beyond which nothing more is begun. */
const MAX_SUSPECTS = 2_000
const RETRY_MS = 500
const RETRY_MAX_MS = 10_000

/**
 * Streams whose last flush failed after it had sent something: they are settled again until that succeeds, also when nobody
 * asks, because the entry may be stored and its readers wait.
 */
export class Suspects implements Disposable {
  /** With the last change that was told to the listeners. */
  readonly #streams = new Map<string, number>()
  readonly #settle: (stream: string) => Promise<void>
  #timer: Timer | null = null
  #delay = RETRY_MS
  #closed = false

  constructor(settle: (stream: string) => Promise<void>) {
    this.#settle = settle
  }

  get full(): boolean {
    return this.#streams.size >= MAX_SUSPECTS
  }

  get none(): boolean {
    return this.#streams.size === 0
  }

  has(stream: string): boolean {
    return this.#streams.has(stream)
  }

  told(stream: string): number | undefined {
    return this.#streams.get(stream)
  }

  streams(): Iterable<string> {
    return this.#streams.keys()
  }

  add(stream: string, told: number): void {
    if (!this.#streams.has(stream)) this.#streams.set(stream, told)
    this.#arm()
  }

  cleared(stream: string): void {
    this.#streams.delete(stream)
  }

  #arm(): void {
    if (this.#timer || this.#closed) return
    this.#timer = setTimeout(() => void this.#retry(), this.#delay)
    this.#timer.unref()
  }

  async #retry(): Promise<void> {
    const results = await Promise.allSettled([...this.#streams.keys()].map(stream => this.#settle(stream)))
    this.#timer = null
    if (results.some(result => result.status === 'rejected' && result.reason instanceof Crash)) return
    const failed = results.some(result => result.status === 'rejected')
    this.#delay = failed ? Math.min(this.#delay * 2, RETRY_MAX_MS) : RETRY_MS
    if (this.#streams.size > 0) this.#arm()
  }

  [Symbol.dispose](): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }
}
