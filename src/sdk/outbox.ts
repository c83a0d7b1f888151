import { deferred, randomId, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, ParleyError, askedToWait, passes } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore } from './policy.ts'
import type { InputOf, Message } from './wire-types.ts'

/** Messages that may wait; `add` throws above it. */
export const MAX_WAITING = 1_000

export type Draft = Omit<InputOf<'messages.send'>, 'client_id'>
export interface Waiting {
  client_id: string
  /** The author. The message is sent only while this user is signed in. */
  user_id: string
  draft: Draft
}

/**
 * Keeps unsent messages between two starts of an app; the default keeps nothing. `wake` sends what was loaded. Each tab needs
 * a store of its own, because `save` replaces the whole content.
 */
export interface OutboxStore {
  load(): Waiting[]
  save(waiting: readonly Waiting[]): void
}

interface OutboxEvents {
  /** The server has stored the message. */
  sent: { client_id: string; message: Message }
  /** The server has refused the message for good. It is no longer in the outbox. */
  failed: { client_id: string; error: Error }
  /** The store could not save. After a restart a message may be sent again; the server recognises its `client_id`. */
  unsaved: { error: Error }
}

export interface OutboxOptions {
  store: OutboxStore
  /** Sends as the author; fails if another user is signed in. */
  send: (input: Draft & { client_id: string }, user_id: string) => Promise<Answer>
  /** The signed-in user; null: none. */
  user_id: () => string | null
  random: () => number
}

type Outcome = { message: Message } | { failed: Error } | { later_ms: number }

/**
 * Sends each message once, in order per conversation. A message is repeated under its `client_id` until the server has
 * answered, and then leaves the outbox.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #options: OutboxOptions
  /** The conversations that are being sent, each with a function that ends its present pause. */
  readonly #busy = new Map<string, () => void>()
  /** The promises of `send`, by `client_id`. */
  readonly #awaited = new Map<string, Deferred<Message>>()
  #waiting: readonly Waiting[]
  #closed = false

  constructor(options: OutboxOptions) {
    super()
    this.#options = options
    this.#waiting = options.store.load()
  }

  /** The messages that are not acknowledged yet, oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#waiting
  }

  /** Adds a message and returns its `client_id`. It is sent as soon as possible. If this throws, it was not added. */
  add(draft: Draft): string {
    if (this.#closed) throw closed()
    const user_id = this.#options.user_id()
    if (user_id === null) throw new Error('nobody is signed in')
    if (this.#waiting.length >= MAX_WAITING) throw new Error(`the outbox holds ${MAX_WAITING} messages already`)
    const client_id = randomId()
    const waiting = [...this.#waiting, { client_id, user_id, draft }]
    this.#options.store.save(waiting)
    this.#waiting = waiting
    this.wake()
    return client_id
  }

  /**
   * As `add`; resolves when the message is stored, rejects when it is refused for good. Rejects with `ConnectionLost` if the
   * outbox is closed first; then the message stays in the store.
   */
  async send(draft: Draft): Promise<Message> {
    const answer = deferred<Message>()
    this.#awaited.set(this.add(draft), answer)
    return answer.promise
  }

  /** Sends what waits without a further pause, except pauses that the server asked for. Called at `ready` and at sign-in. */
  wake(): void {
    for (const hurry of this.#busy.values()) hurry()
    for (const { draft } of this.#waiting)
      if (!this.#busy.has(draft.conversation_id)) void this.#work(draft.conversation_id)
  }

  close(): void {
    this.#closed = true
    for (const hurry of this.#busy.values()) hurry()
    for (const { reject } of this.#awaited.values()) reject(closed())
    this.#awaited.clear()
  }

  async #work(conversation_id: string): Promise<void> {
    this.#busy.set(conversation_id, () => undefined)
    try {
      for (let attempt = 0; ;) {
        const user_id = this.#options.user_id()
        const next = this.#waiting.find(
          waiting => waiting.draft.conversation_id === conversation_id && waiting.user_id === user_id,
        )
        if (!next || this.#closed) return
        const outcome = await this.#attempt(next)
        if ('later_ms' in outcome) {
          if (this.#closed) return
          attempt += 1
          await this.#pause(conversation_id, outcome.later_ms, delayBefore(attempt, 'retry', this.#options.random))
          continue
        }
        attempt = 0
        this.#done(next, outcome)
      }
    } finally {
      this.#busy.delete(conversation_id)
    }
  }

  async #attempt({ client_id, user_id, draft }: Waiting): Promise<Outcome> {
    try {
      const { data } = await this.#options.send({ ...draft, client_id }, user_id)
      // Cast: the contract's output of `messages.send`.
      return { message: data as Message }
    } catch (error) {
      if (!(error instanceof ParleyError)) return passes(error) ? { later_ms: 0 } : { failed: toError(error) }
      // The author has signed out: the message waits until they sign in again.
      if (error.retryable || error.status === 401) return { later_ms: askedToWait(error) }
      return { failed: error }
    }
  }

  /** Waits at least `least_ms`, and up to `ms` unless `wake` is called. */
  async #pause(conversation_id: string, least_ms: number, ms: number): Promise<void> {
    let woken = false
    const note = () => {
      woken = true
      return this.#closed
    }
    if (least_ms > 0) await this.#sleep(conversation_id, least_ms, note)
    if (!woken) await this.#sleep(conversation_id, ms - least_ms, () => true)
    this.#busy.set(conversation_id, () => undefined)
  }

  #sleep(conversation_id: string, ms: number, endsWhenWoken: () => boolean): Promise<void> {
    const { promise, resolve } = deferred<void>()
    const timer = setTimeout(() => resolve(), ms)
    this.#busy.set(conversation_id, () => {
      if (!endsWhenWoken()) return
      clearTimeout(timer)
      resolve()
    })
    return promise
  }

  #done({ client_id }: Waiting, outcome: { message: Message } | { failed: Error }): void {
    const answer = this.#awaited.get(client_id)
    this.#awaited.delete(client_id)
    this.#waiting = this.#waiting.filter(waiting => waiting.client_id !== client_id)
    if ('message' in outcome) {
      answer?.resolve(outcome.message)
      this.emit('sent', { client_id, message: outcome.message })
    } else {
      answer?.reject(outcome.failed)
      this.emit('failed', { client_id, error: outcome.failed })
    }
    try {
      this.#options.store.save(this.#waiting)
    } catch (error) {
      this.emit('unsaved', { error: toError(error) })
    }
  }
}

export function memoryOutbox(): OutboxStore {
  return { load: () => [], save: () => undefined }
}

function closed(): ConnectionLost {
  return new ConnectionLost('closed')
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}
