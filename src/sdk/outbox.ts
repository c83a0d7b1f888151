import type { Message } from '../../contracts/entities.ts'
import type { CallInputOf } from '../../contracts/index.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, ParleyError } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore } from './policy.ts'

/** Messages that may wait; an app that writes more is told so. */
export const MOST_WAITING = 1_000

export type Draft = Omit<CallInputOf<'messages.send'>, 'client_id'>
export interface Waiting {
  client_id: string
  draft: Draft
}

/** Where unsent messages live between two starts of an app; the default forgets them. */
export interface OutboxStore {
  load(): Waiting[]
  save(waiting: readonly Waiting[]): void
}

interface OutboxEvents {
  /** Stored by the server. */
  sent: { client_id: string; message: Message }
  /** Refused for good: it left the outbox. */
  failed: { client_id: string; error: ParleyError }
}

/**
 * Sends each message once, in order per conversation, however often the connection breaks: a message is repeated under its
 * `client_id` until the server has answered, and leaves the outbox then.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #store: OutboxStore
  readonly #send: (input: Draft & { client_id: string }) => Promise<Answer>
  readonly #random: () => number
  readonly #busy = new Map<string, () => void>()
  #waiting: Waiting[]
  #closed = false

  constructor(
    store: OutboxStore,
    send: (input: Draft & { client_id: string }) => Promise<Answer>,
    random: () => number,
  ) {
    super()
    this.#store = store
    this.#send = send
    this.#random = random
    this.#waiting = store.load()
  }

  /** What is not acknowledged yet, oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#waiting
  }

  /** Takes a message; it goes out at once, or when that becomes possible. Resolves when it is stored. */
  async send(draft: Draft): Promise<Message> {
    if (this.#waiting.length >= MOST_WAITING) throw new Error(`the outbox holds ${MOST_WAITING} messages already`)
    const client_id = crypto.randomUUID()
    const stored = new Promise<Message>((resolve, reject) => {
      const settled = () => {
        stopSent()
        stopFailed()
      }
      const stopSent = this.on('sent', sent => {
        if (sent.client_id !== client_id) return
        settled()
        resolve(sent.message)
      })
      const stopFailed = this.on('failed', failed => {
        if (failed.client_id !== client_id) return
        settled()
        reject(failed.error)
      })
    })
    this.#keep([...this.#waiting, { client_id, draft }])
    this.wake()
    return stored
  }

  /** Tries again at once what waits for its next attempt. */
  wake(): void {
    for (const hurry of this.#busy.values()) hurry()
    for (const { draft } of this.#waiting)
      if (!this.#busy.has(draft.conversation_id)) void this.#work(draft.conversation_id)
  }

  close(): void {
    this.#closed = true
    for (const hurry of this.#busy.values()) hurry()
  }

  async #work(conversation_id: string): Promise<void> {
    this.#busy.set(conversation_id, () => undefined)
    for (let attempt = 0; !this.#closed;) {
      const next = this.#waiting.find(waiting => waiting.draft.conversation_id === conversation_id)
      if (!next) break
      const wait = await this.#attempt(next)
      attempt = wait === null ? 0 : attempt + 1
      if (wait !== null) await this.#pause(conversation_id, Math.max(wait, delayBefore(attempt, 'retry', this.#random)))
    }
    this.#busy.delete(conversation_id)
  }

  /** null: done with it. Otherwise the least milliseconds until the next attempt. */
  async #attempt({ client_id, draft }: Waiting): Promise<number | null> {
    try {
      const { data } = await this.#send({ ...draft, client_id })
      this.#drop(client_id)
      // The contract's output of `messages.send`.
      this.emit('sent', { client_id, message: data as Message })
      return null
    } catch (error) {
      if (error instanceof ConnectionLost) return 0
      if (!(error instanceof ParleyError)) throw error
      if (error.retryable) return (error.retry_after ?? 0) * 1_000
      this.#drop(client_id)
      this.emit('failed', { client_id, error })
      return null
    }
  }

  async #pause(conversation_id: string, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#busy.set(conversation_id, resolve)
    await promise
    clearTimeout(timer)
    this.#busy.set(conversation_id, () => undefined)
  }

  #drop(client_id: string): void {
    this.#keep(this.#waiting.filter(waiting => waiting.client_id !== client_id))
  }

  #keep(waiting: Waiting[]): void {
    this.#waiting = waiting
    this.#store.save(waiting)
  }
}

export function memoryOutbox(): OutboxStore {
  return { load: () => [], save: () => undefined }
}
