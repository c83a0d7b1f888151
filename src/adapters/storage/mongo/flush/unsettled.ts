/** Streams that a failed flush may have left behind; with more, no new append is begun. */
const MAX_UNSETTLED = 2_000
const RETRY_MS = 500
const RETRY_MAX_MS = 10_000

/**
 * Streams whose last flush failed after it had sent something. They are settled again until that succeeds, also without a
 * call: the entry may be stored, and its readers wait for it.
 */
export class UnsettledStreams implements Disposable {
  /** By stream: the last change that the listeners were notified of. */
  readonly #streams = new Map<string, number>()
  readonly #settle: (stream: string) => Promise<void>
  #timer: Timer | null = null
  #delay = RETRY_MS
  #closed = false

  constructor(settle: (stream: string) => Promise<void>) {
    this.#settle = settle
  }

  get full(): boolean {
    return this.#streams.size >= MAX_UNSETTLED
  }

  get size(): number {
    return this.#streams.size
  }

  has(stream: string): boolean {
    return this.#streams.has(stream)
  }

  /** The last change that the listeners were notified of; undefined for a stream that is settled. */
  notified(stream: string): number | undefined {
    return this.#streams.get(stream)
  }

  streams(): Iterable<string> {
    return this.#streams.keys()
  }

  add(stream: string, notified: number): void {
    if (!this.#streams.has(stream)) this.#streams.set(stream, notified)
    this.#arm()
  }

  delete(stream: string): void {
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
    const failed = results.some(result => result.status === 'rejected')
    this.#delay = failed ? Math.min(this.#delay * 2, RETRY_MAX_MS) : RETRY_MS
    if (this.#streams.size > 0) this.#arm()
  }

  [Symbol.dispose](): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }
}
