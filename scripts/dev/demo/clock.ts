/** The time of server and clients while the past is written; afterwards it is the machine's. */
export class Clock {
  #at: number | null = null

  readonly now = (): number => this.#at ?? Date.now()

  /** Never goes back, and moves at each call, so that two messages have different times. */
  moveTo(at: number): void {
    this.#at = Math.max(at, (this.#at ?? 0) + 1)
  }

  release(): void {
    this.#at = null
  }
}
