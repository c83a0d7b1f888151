import { checkedFetch } from '../support/checked.ts'

/** Holds answers, as a slow network does. */
export class SlowNetwork {
  #held: { path: string; arrived: PromiseWithResolvers<void>; passes: PromiseWithResolvers<void> } | null = null
  /** How many answers of each path are lost. */
  readonly broken = new Map<string, number>()

  /** Replacements of the next answer, by path. */
  readonly instead = new Map<string, Response>()

  /** Holds the next answer of the path until `release`. `arrived`: the server has answered. */
  hold(path: string) {
    const held = { path, arrived: Promise.withResolvers<void>(), passes: Promise.withResolvers<void>() }
    this.#held = held
    return { arrived: held.arrived.promise, release: () => held.passes.resolve() }
  }

  readonly fetch = (async (input: string, init?: RequestInit) => {
    const { pathname } = new URL(input)
    const response = await checkedFetch(input, init)
    const left = this.broken.get(pathname) ?? 0
    if (left > 0) {
      this.broken.set(pathname, left - 1)
      throw new TypeError('the network broke')
    }
    const other = this.instead.get(pathname)
    if (this.instead.delete(pathname) && other) return other
    const held = this.#held
    if (held?.path !== pathname) return response
    this.#held = null
    held.arrived.resolve()
    await held.passes.promise
    return response
  }) as typeof fetch
}
