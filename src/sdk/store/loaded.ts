import { Cell, type Batch, type Readable } from './cell.ts'
import { patiently } from './writes.ts'

/** One value that is fetched when somebody watches it, and then set by events. null: not known. */
export class Loaded<T> implements Readable<T | null> {
  readonly #fetch: () => Promise<T>
  readonly #random: () => number
  readonly #cell: Cell<T | null>
  #value: T | null = null
  #fetching: Promise<T> | null = null
  #fresh = false

  constructor(batch: Batch, random: () => number, fetch: () => Promise<T>) {
    this.#fetch = fetch
    this.#random = random
    this.#cell = new Cell(
      batch,
      () => this.#value,
      watched => (watched ? void this.#load() : undefined),
    )
  }

  get isWatched(): boolean {
    return this.#cell.isWatched
  }

  get(): T | null {
    return this.#cell.get()
  }

  subscribe(listener: () => void): () => void {
    return this.#cell.subscribe(listener)
  }

  set(value: T | null): void {
    this.#value = value
    this.#fresh = value !== null
    this.#fetching = null
    this.#cell.touch()
  }

  /** It may have changed: fetches it again when the next listener is the first. */
  expire(): void {
    this.#fresh = false
  }

  /** Fetches it if somebody watches and it is not known. */
  want(): void {
    if (this.isWatched && this.#value === null) void this.#load()
  }

  /** It may have changed: fetches it again, now or when somebody watches. */
  reload(): void {
    this.expire()
    this.#fetching = null
    if (this.isWatched) void this.#load()
  }

  /** What cannot be fetched stays unknown until the next reload. */
  async #load(): Promise<void> {
    if (this.#fresh || this.#fetching) return
    const fetching = patiently(this.#fetch, this.#random)
    this.#fetching = fetching
    const value = await fetching.catch(() => null)
    if (this.#fetching === fetching) this.set(value ?? this.#value)
  }
}
