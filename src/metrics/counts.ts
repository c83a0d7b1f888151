/** How often each of a bounded set of things has happened. */
export class Counts<K extends string = string> {
  readonly #counts = new Map<K, number>()

  add(key: K, times = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times)
  }

  entries(): Iterable<[K, number]> {
    return this.#counts.entries()
  }
}

/** Upper bounds of the buckets in seconds; more are counted in a last one. */
export const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10] as const

/** How long something took, in buckets. */
export class Durations {
  /** One for each of `BOUNDS`, and one for what took longer. */
  readonly buckets: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0)
  count = 0
  seconds = 0

  observe(ms: number): void {
    const seconds = ms / 1000
    let at = 0
    while (at < BOUNDS.length && seconds > (BOUNDS[at] ?? 0)) at += 1
    this.buckets[at] = (this.buckets[at] ?? 0) + 1
    this.count += 1
    this.seconds += seconds
  }
}

/** One value for each key, made when it is first asked for. */
export class Keyed<T> {
  readonly #values = new Map<string, T>()
  readonly #make: () => T

  constructor(make: () => T) {
    this.#make = make
  }

  of(key: string): T {
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const made = this.#make()
    this.#values.set(key, made)
    return made
  }

  entries(): Iterable<[string, T]> {
    return this.#values.entries()
  }
}
