/** Push services that are remembered; the one that was held first is forgotten. */
const MAX_HELD = 1_000

/**
 * Push services that failed just now. Nothing is sent to one for a moment, so that what is queued for it does not wait for its
 * answers one after the other, in the way of others.
 */
export class PushServiceHolds {
  readonly #until = new Map<string, Date>()

  hold(service: string, ms: number, now: Date): void {
    this.#until.delete(service)
    const [oldest] = this.#until.keys()
    if (oldest !== undefined && this.#until.size >= MAX_HELD) this.#until.delete(oldest)
    this.#until.set(service, new Date(now.getTime() + ms))
  }

  /** null: it is not held. */
  heldUntil(service: string, now: Date): Date | null {
    const until = this.#until.get(service)
    if (!until) return null
    if (until > now) return until
    this.#until.delete(service)
    return null
  }
}
