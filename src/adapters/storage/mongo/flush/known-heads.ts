const MAX_HEADS = 20_000

/** The heads that this process moved or read last: possibly behind other processes' appends, never ahead. */
export class KnownHeads<H> {
  readonly #heads = new Map<string, H>()

  get(stream: string): H | undefined {
    return this.#heads.get(stream)
  }

  remember(stream: string, head: H): void {
    this.#heads.delete(stream)
    this.#heads.set(stream, head)
    if (this.#heads.size <= MAX_HEADS) return
    for (const [oldest] of this.#heads) {
      this.#heads.delete(oldest)
      break
    }
  }

  forget(stream: string): void {
    this.#heads.delete(stream)
  }
}
