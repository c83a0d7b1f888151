import { ParleyError, ProxyAnswered, askedToWait, passes, toError } from './errors.ts'
import type { Answer } from './http.ts'
import type { Message } from './wire-types.ts'

/**
 * A message that a proxy refuses, or that makes the server fail, this often has failed. With the pauses between them that is
 * about a minute and a half. Attempts without an answer do not count.
 */
export const MAX_REFUSALS = 10

/** `counts`: the message was refused, so that waking up does not repeat it sooner. */
type Outcome = { message: Message } | { failed: Error } | { later_ms: number; counts: boolean }

/** Decides what an attempt to send a message means, with regard to those before it. */
export class Attempts {
  /** How often a message was refused, by `client_id`. */
  readonly #refusals = new Map<string, number>()

  async outcomeOf(client_id: string, sent: Promise<Answer>): Promise<Outcome> {
    try {
      // Cast: the contract's output of `messages.send`.
      return { message: (await sent).data as Message }
    } catch (error) {
      // The author has signed out: the message waits until they sign in again.
      const signedOut = error instanceof ParleyError && error.status === 401
      if (!passes(error) && !signedOut) return { failed: toError(error) }
      if (!isRefused(error)) return { later_ms: askedToWait(error), counts: false }
      const refusals = 1 + (this.#refusals.get(client_id) ?? 0)
      this.#refusals.set(client_id, refusals)
      return refusals < MAX_REFUSALS ? { later_ms: 0, counts: true } : { failed: error }
    }
  }

  /** Counts its refusals from 0 again. */
  forget(client_id: string): void {
    this.#refusals.delete(client_id)
  }
}

function isRefused(error: unknown): error is Error {
  return error instanceof ProxyAnswered || (error instanceof ParleyError && error.code === 'internal')
}
