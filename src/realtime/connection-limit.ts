import { MAX_CONNECTIONS } from '../../contracts/limits.ts'
import type { Counting } from '../ports/counting.ts'

/** Counts the sockets and subscriptions of each user, on all nodes. */
export class ConnectionLimit {
  readonly #counting: Pick<Counting, 'enter' | 'leave'>

  constructor(counting: Pick<Counting, 'enter' | 'leave'>) {
    this.#counting = counting
  }

  /** Counts one more connection, until the returned function is called; null where the user has as many as allowed. */
  async take(user_id: string): Promise<(() => void) | null> {
    const holder = crypto.randomUUID()
    const entered = await this.#counting.enter(user_id, holder, MAX_CONNECTIONS)
    return entered ? () => this.#counting.leave(user_id, holder) : null
  }
}
