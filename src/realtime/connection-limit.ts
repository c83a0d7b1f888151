import { MAX_CONNECTIONS } from '../../contracts/limits.ts'

/** Counts the sockets and subscriptions of each user. */
export class ConnectionLimit {
  readonly #open = new Map<string, number>()

  /** Counts one more connection until the answer is called; null where the user has as many as allowed. */
  take(user_id: string): (() => void) | null {
    const open = this.#open.get(user_id) ?? 0
    if (open >= MAX_CONNECTIONS) return null
    this.#open.set(user_id, open + 1)
    let given = true
    return () => {
      if (!given) return
      given = false
      const left = (this.#open.get(user_id) ?? 1) - 1
      if (left === 0) this.#open.delete(user_id)
      else this.#open.set(user_id, left)
    }
  }
}
