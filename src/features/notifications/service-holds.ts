/** Push services that are remembered; the one that failed first is forgotten. */
const MAX_HELD = 1_000
/** How long one is held after a failure, doubled with each further one. */
const FIRST_HOLD_MS = 1_000
const MAX_HOLD_MS = 5 * 60 * 1000

interface Hold {
  until: Date
  failures: number
}

/**
 * Push services that failed when something was last sent to them. Nothing is sent to one for a while, so that what is queued for
 * it does not wait for its answers one after the other, in the way of others.
 */
export class PushServiceHolds {
  readonly #holds = new Map<string, Hold>()

  /** The service has failed. Calls that were in progress together count as one failure. */
  failed(service: string, now: Date): void {
    const before = this.#holds.get(service)
    if (before && before.until > now) return
    const failures = (before?.failures ?? 0) + 1
    this.#holds.delete(service)
    const [oldest] = this.#holds.keys()
    if (oldest !== undefined && this.#holds.size >= MAX_HELD) this.#holds.delete(oldest)
    const ms = Math.min(FIRST_HOLD_MS * 2 ** (failures - 1), MAX_HOLD_MS)
    this.#holds.set(service, { until: new Date(now.getTime() + ms), failures })
  }

  answered(service: string): void {
    this.#holds.delete(service)
  }

  /** null: it is not held. */
  heldUntil(service: string, now: Date): Date | null {
    const until = this.#holds.get(service)?.until
    return until !== undefined && until > now ? until : null
  }
}
