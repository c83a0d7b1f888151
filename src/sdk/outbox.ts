import type { Message } from '../../contracts/entities.ts'
import type { CallInputOf } from '../../contracts/index.ts'
import { deferred, randomId, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import { ConnectionLost, ParleyError, askedToWait, passes } from './errors.ts'
import type { Answer } from './http.ts'
import { delayBefore } from './policy.ts'

/** Messages that may wait; an app that writes more is told so. */
export const MAX_WAITING = 1_000

export type Draft = Omit<CallInputOf<'messages.send'>, 'client_id'>
export interface Waiting {
  client_id: string
  /** Who wrote it: it goes out only while they are signed in. */
  user_id: string
  draft: Draft
}

/**
 * Where unsent messages live between two starts of an app; the default forgets them. `wake` sends what was loaded. Each tab
 * needs its own: what is saved is all that waits here.
 */
export interface OutboxStore {
  load(): Waiting[]
  save(waiting: readonly Waiting[]): void
}

interface OutboxEvents {
  /** Stored by the server. */
  sent: { client_id: string; message: Message }
  /** Refused for good: it left the outbox. */
  failed: { client_id: string; error: Error }
  /** The store did not take what is left. After a restart it may go out once more, and the server knows it by its `client_id`. */
  unsaved: { error: Error }
}

export interface OutboxOptions {
  store: OutboxStore
  /** In the name of its author, or not at all. */
  send: (input: Draft & { client_id: string }, user_id: string) => Promise<Answer>
  /** Who is signed in; null: nobody. */
  user_id: () => string | null
  random: () => number
}

type Outcome = { message: Message } | { failed: Error } | { later_ms: number }

/**
 * Sends each message once, in order per conversation, however often the connection breaks: a message is repeated under its
 * `client_id` until the server has answered, and leaves the outbox then.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #options: OutboxOptions
  /** The conversations that are worked on, each with how to end its present pause. */
  readonly #busy = new Map<string, () => void>()
  /** Whoever waits for the answer to a message. */
  readonly #awaited = new Map<string, Deferred<Message>>()
  #waiting: readonly Waiting[]
  #closed = false

  constructor(options: OutboxOptions) {
    super()
    this.#options = options
    this.#waiting = options.store.load()
  }

  /** What is not acknowledged yet, oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#waiting
  }

  /** Takes a message and gives its `client_id`; it goes out at once, or when that becomes possible. What throws is not taken. */
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
   * As `add`; resolves when the message is stored, rejects when it is refused for good. Rejects with `ConnectionLost` when
   * the outbox is closed first: the message stays in the store.
   */
  async send(draft: Draft): Promise<Message> {
    const answer = deferred<Message>()
    this.#awaited.set(this.add(draft), answer)
    return answer.promise
  }

  /** Sends what waits, now: the connection is back, or somebody has signed in. Waits that the server asked for stay. */
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
      // The contract's output of `messages.send`.
      return { message: data as Message }
    } catch (error) {
      if (!(error instanceof ParleyError)) return passes(error) ? { later_ms: 0 } : { failed: toError(error) }
      // Signed out: it waits until its author is back.
      if (error.retryable || error.status === 401) return { later_ms: askedToWait(error) }
      return { failed: error }
    }
  }

  /** Waits `least_ms` come what may, and up to `ms` unless woken. */
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
