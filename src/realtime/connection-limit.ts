import { MAX_CONNECTIONS } from '../../contracts/limits.ts'

/** Counts the sockets and subscriptions of each user. */
export class ConnectionLimit {
  readonly #open = new Map<string, number>()

  /** Counts one more connection, until `release`; false where the user has as many as allowed. */
  take(user_id: string): boolean {
    const open = this.#open.get(user_id) ?? 0
    if (open >= MAX_CONNECTIONS) return false
    this.#open.set(user_id, open + 1)
    return true
  }

  /** Once for each `take` that gave true. */
  release(user_id: string): void {
    const left = (this.#open.get(user_id) ?? 1) - 1
    if (left === 0) this.#open.delete(user_id)
    else this.#open.set(user_id, left)
  }
}
