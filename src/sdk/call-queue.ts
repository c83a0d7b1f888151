import { deferred, type Deferred } from './deferred.ts'
import { ConnectionLost, refusal } from './errors.ts'
import type { Answer } from './http.ts'
import type { OperationName } from './wire-types.ts'

/** Unanswered calls; the server closes a socket that has more. */
const MAX_UNANSWERED = 200
/** Calls that wait to be sent. */
const MAX_WAITING = 10_000

/** The calls of one connection: sent in order, a bounded number at a time, each settled once. */
export class CallQueue {
  readonly #send: (text: string) => void
  /** Calls without an answer, in the order they were made: first those sent, then those that wait. */
  readonly #pending = new Map<number, Deferred<Answer>>()
  readonly #waiting = new Map<number, string>()
  #nextId = 1

  constructor(send: (text: string) => void) {
    this.#send = send
  }

  /**
   * null: the call does not fit into a frame. Aborted by `signal` it is not sent any more; if it was, its answer is ignored. The
   * promise of an aborted call need not settle.
   */
  call(op: OperationName, input: unknown, most_bytes: number, signal?: AbortSignal): Promise<Answer> | null {
    const id = this.#nextId
    const text = JSON.stringify({ type: 'call', id, op, input })
    if (!fits(text, most_bytes)) return null
    if (this.#waiting.size >= MAX_WAITING) throw refusal('busy', { detail: `${MAX_WAITING} calls wait already` })
    this.#nextId += 1
    const answer = deferred<Answer>()
    const onTheirWay = this.#pending.size - this.#waiting.size
    this.#pending.set(id, answer)
    if (onTheirWay < MAX_UNANSWERED) this.#send(text)
    else {
      this.#waiting.set(id, text)
      // Sent calls count until their answers come.
      signal?.addEventListener('abort', () => this.#waiting.delete(id) && this.#pending.delete(id))
    }
    return answer.promise
  }

  settle(id: string | number | null, how: (answer: Deferred<Answer>) => void): void {
    const answer = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (!answer || typeof id !== 'number') return
    this.#pending.delete(id)
    for (const [next, text] of this.#waiting) {
      this.#waiting.delete(next)
      this.#send(text)
      break
    }
    how(answer)
  }

  /** No answer can come any more. */
  lost(): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#waiting.clear()
    for (const { reject } of pending) reject(new ConnectionLost('the socket closed before an answer came'))
  }
}

/**
 * Measures only text that may not fit: a UTF-16 unit is at most three bytes. Where it cannot be measured, in React Native, such
 * text is taken as not fitting.
 */
function fits(text: string, most_bytes: number): boolean {
  if (text.length * 3 <= most_bytes) return true
  return typeof TextEncoder === 'function' && new TextEncoder().encode(text).length <= most_bytes
}
