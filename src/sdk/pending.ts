import type { ServerFrame } from '../../contracts/socket.ts'
import type { Problem } from '../../contracts/errors.ts'
import { ConnectionLost, ParleyError } from './errors.ts'
import type { Answer } from './http.ts'

interface Waiting {
  resolve: (answer: Answer) => void
  reject: (reason: unknown) => void
}

/** Calls over a socket that have no answer yet. Each is settled once: by its answer, or by the loss of the socket. */
export class PendingCalls {
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  /** The id to send, and what it will be answered. */
  add(): { id: number; answer: Promise<Answer> } {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const id = this.#nextId
    this.#nextId += 1
    this.#waiting.set(id, { resolve, reject })
    return { id, answer: promise }
  }

  settle(frame: Extract<ServerFrame, { type: 'result' | 'error' }>): void {
    if (typeof frame.id !== 'number') return
    const waiting = this.#waiting.get(frame.id)
    this.#waiting.delete(frame.id)
    if (frame.type === 'result') waiting?.resolve({ status: frame.status, data: frame.data })
    else waiting?.reject(new ParleyError(frame.error as Problem))
  }

  /** The socket is gone: calls without an answer stay without one. */
  lost(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new ConnectionLost('the socket closed before an answer came'))
  }
}
