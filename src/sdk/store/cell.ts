/** A value that changes. `get` answers the same object or array until something in it changes. */
export interface Readable<T> {
  get(): T
  /** Calls the listener in a microtask after changes; returns what ends that. */
  subscribe(listener: () => void): () => void
}

/** Collects the cells that may have changed, and lets them tell their listeners once per microtask. */
export class Batch {
  readonly #touched = new Set<{ tell(): void }>()

  add(cell: { tell(): void }): void {
    if (this.#touched.size === 0) queueMicrotask(() => this.#tell())
    this.#touched.add(cell)
  }

  #tell(): void {
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const cell of touched) cell.tell()
  }
}

/** A value that is computed when it is asked for after `touch`. */
export class Cell<T> implements Readable<T> {
  readonly #batch: Batch
  readonly #compute: () => T
  readonly #watched: (watched: boolean) => void
  readonly #listeners = new Set<{ listener: () => void }>()
  #value: { now: T } | null = null
  #dirty = true
  #told: T | undefined

  /** `watched` is called when the first listener comes and when the last one has gone. */
  constructor(batch: Batch, compute: () => T, watched: (watched: boolean) => void = () => undefined) {
    this.#batch = batch
    this.#compute = compute
    this.#watched = watched
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0
  }

  get(): T {
    if (this.#dirty || !this.#value) {
      this.#dirty = false
      const now = this.#compute()
      if (!this.#value || !same(this.#value.now, now)) this.#value = { now }
    }
    return this.#value.now
  }

  subscribe(listener: () => void): () => void {
    const entry = { listener }
    if (this.#listeners.size === 0) this.#told = this.get()
    this.#listeners.add(entry)
    if (this.#listeners.size === 1) this.#watched(true)
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#watched(false)
    }
  }

  touch(): void {
    this.#dirty = true
    if (this.isWatched) this.#batch.add(this)
  }

  tell(): void {
    const now = this.get()
    if (Object.is(now, this.#told)) return
    this.#told = now
    // A listener may add or remove listeners.
    const listeners = [...this.#listeners]
    for (const { listener } of listeners)
      try {
        listener()
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
  }
}

/** Cells by key. Above `most` those that nobody watches are dropped, so that what was shown once is not kept for ever. */
export class Cells<C extends { readonly isWatched: boolean }> {
  readonly #make: (key: string) => C
  readonly #cells = new Map<string, C>()
  readonly #most: number

  constructor(make: (key: string) => C, most = 1_000) {
    this.#make = make
    this.#most = most
  }

  of(key: string): C {
    const known = this.#cells.get(key)
    if (known) return known
    if (this.#cells.size >= this.#most)
      for (const [each, { isWatched }] of this.#cells) if (!isWatched) this.#cells.delete(each)
    const made = this.#make(key)
    this.#cells.set(key, made)
    return made
  }

  /** Those that exist, or the one of a key if it exists. */
  known(key?: string): C[] {
    if (key === undefined) return [...this.#cells.values()]
    const cell = this.#cells.get(key)
    return cell ? [cell] : []
  }
}

/** Whether two values are the same, or arrays or plain objects of the same values. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => key in b && Object.is(a[key], b[key]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype
}
