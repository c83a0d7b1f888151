import { Cell, type Batch, type Readable } from './cell.ts'
import { toError } from './fetches.ts'
import { patiently } from './writes.ts'

/** What is loaded of a list. The same object until something in it changes. */
export interface Listed<T> {
  readonly items: readonly T[]
  /** Whether there are more items that are not loaded. */
  readonly more: boolean
  readonly loading: boolean
  readonly error: Error | null
}

export interface PagedOptions<T> {
  batch: Batch
  random: () => number
  fetch: (start: string | null) => Promise<{ data: readonly T[]; next_start: string | null }>
  keyOf: (item: T) => string
}

type Change<T> = (items: readonly T[]) => readonly T[]

/** A list that is loaded page by page, the first page when somebody watches it, and changed by events. */
export class Paged<T> implements Readable<Listed<T>> {
  readonly #options: PagedOptions<T>
  readonly #cell: Cell<Listed<T>>
  #items: readonly T[] = []
  /** Where the next page begins. undefined: nothing is loaded; null: there is no further page. */
  #start: string | null | undefined
  #error: Error | null = null
  /** The load in flight, and the changes since it began. */
  #load: { done: Promise<void>; since: Change<T>[] } | null = null

  constructor(options: PagedOptions<T>) {
    this.#options = options
    const show = () => ({
      items: this.#items,
      more: this.#start !== null,
      loading: this.#load !== null,
      error: this.#error,
    })
    this.#cell = new Cell(options.batch, show, () => this.want())
  }

  get isWatched(): boolean {
    return this.#cell.isWatched
  }

  get(): Listed<T> {
    return this.#cell.get()
  }

  /** The first page is loaded when the first listener comes. */
  subscribe(listener: () => void): () => void {
    return this.#cell.subscribe(listener)
  }

  /** Loads the next page. */
  more(): Promise<void> {
    if (this.#start === null) return Promise.resolve()
    return this.#load?.done ?? this.#next(this.#start)
  }

  /** Loads the first page if somebody watches and nothing is loaded, as after `clear`. A failure is shown as `error`. */
  want(): void {
    if (this.isWatched && this.#start === undefined) this.more().catch(() => undefined)
  }

  /** Loads the first page again in place of what is loaded, if somebody watches; else when somebody does. */
  reload(): void {
    this.#start = undefined
    this.#load = null
    if (this.isWatched) this.want()
    else this.clear()
  }

  clear(): void {
    this.#items = []
    this.#start = undefined
    this.#load = null
    this.#error = null
    this.#cell.touch()
  }

  /** Puts an item in the place of the one with its key, or in its place by key if that is loaded. */
  put(item: T): void {
    const { keyOf } = this.#options
    const key = keyOf(item)
    this.update(items => {
      if (items.some(each => keyOf(each) === key)) return items.map(each => (keyOf(each) === key ? item : each))
      const beyond = typeof this.#start === 'string' && key >= this.#start
      return beyond ? items : [...items, item].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    })
  }

  remove(key: string): void {
    this.update(items => items.filter(item => this.#options.keyOf(item) !== key))
  }

  update(change: Change<T>): void {
    this.#load?.since.push(change)
    if (this.#start === undefined) return
    this.#items = change(this.#items)
    this.#cell.touch()
  }

  #next(start: string | null | undefined): Promise<void> {
    const load: { done: Promise<void>; since: Change<T>[] } = { done: Promise.resolve(), since: [] }
    this.#load = load
    load.done = this.#fetch(start ?? null, load)
    this.#cell.touch()
    return load.done
  }

  async #fetch(start: string | null, load: { since: Change<T>[] }): Promise<void> {
    const { fetch, random, keyOf } = this.#options
    try {
      const { data, next_start } = await patiently(() => fetch(start), random)
      if (this.#load !== load) return
      const before = start === null ? [] : this.#items
      const keys = new Set(data.map(keyOf))
      this.#start = next_start
      this.#error = null
      const items = [...before.filter(item => !keys.has(keyOf(item))), ...data]
      this.#items = load.since.reduce<readonly T[]>((now, change) => change(now), items)
    } catch (error) {
      if (this.#load !== load) return
      this.#error = toError(error)
      throw error
    } finally {
      if (this.#load === load) this.#load = null
      this.#cell.touch()
    }
  }
}
