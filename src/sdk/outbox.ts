import { deferred, randomId, type Deferred } from './deferred.ts'
import { Emitter } from './emitter.ts'
import type { Locks, Sign } from './environment.ts'
import { ConnectionLost, ParleyError, refusal, toError } from './errors.ts'
import type { Answer } from './http.ts'
import { Attempts } from './outbox-attempts.ts'
import { OutboxShare } from './outbox-share.ts'
import type { Draft, OutboxEntry, OutboxStore } from './outbox-store.ts'
import { Pauses } from './pauses.ts'
import { delayBefore } from './policy.ts'
import type { Message } from './wire-types.ts'

/** Messages that may wait; `add` throws above it. */
export const MAX_WAITING = 1_000
interface OutboxEvents {
  /** `entries()` has changed. */
  change: readonly OutboxEntry[]
  /** The server has stored the message. */
  sent: { client_id: string; message: Message }
  /** The message is refused for good, or was refused too often. It stays until `retry` or `discard`. */
  failed: { client_id: string; error: Error }
  /** The store could not save. After a restart a message may be sent again; the server recognises its `client_id`. */
  unsaved: { error: Error }
}

/** Gives what is to be sent of an entry with `local`: uploads its files, for instance. Its failure is the message's. */
export type Prepare = (entry: OutboxEntry) => Promise<Draft>

export interface OutboxOptions {
  store: OutboxStore
  /** Absent: no other tab uses the store. */
  locks?: Locks | undefined
  /** Sends as the author; fails if another user is signed in. */
  send: (input: Draft & { client_id: string }, user_id: string) => Promise<Answer>
  /** The signed-in user; null: none. */
  user_id: () => string | null
  now: () => number
  random: () => number
}

/**
 * Sends each message once, in order per conversation. A message is repeated under its `client_id` until the server has
 * answered. One that fails for good stays as `failed`, and the next one is sent.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #options: OutboxOptions
  readonly #share: OutboxShare
  /** The conversations that are being sent. */
  readonly #busy = new Set<string>()
  readonly #pauses = new Pauses()
  /** The promises of `send`, by `client_id`. */
  readonly #awaited = new Map<string, Deferred<Message>>()
  readonly #attempts = new Attempts()
  readonly #views = new Set<{ prepare: Prepare | undefined }>()
  #entries: readonly OutboxEntry[] = []
  #closed = false

  constructor(options: OutboxOptions) {
    super()
    this.#options = options
    this.#share = new OutboxShare(options.store, options.locks)
    void this.#claim()
  }

  /** The messages of this tab, oldest first; the same array until something in it changes. */
  entries(): readonly OutboxEntry[] {
    return this.#entries
  }

  /**
   * Adds a message and returns its `client_id`. It is sent as soon as possible. If this throws, it was not added. A message with
   * `local` is sent as soon as a view prepares it.
   */
  add(draft: Draft, local?: unknown): string {
    if (this.#closed) throw closed()
    const user_id = this.#options.user_id()
    if (user_id === null) throw refusal('unauthenticated', { detail: 'No user is signed in' })
    if (this.#entries.filter(({ state }) => state !== 'sent').length >= MAX_WAITING)
      throw new Error(`the outbox holds ${MAX_WAITING} messages already`)
    const client_id = randomId()
    // Also after the clock was set back.
    const order = Math.max(this.#options.now(), 1 + (this.#entries.at(-1)?.order ?? 0))
    const entry: OutboxEntry = {
      client_id,
      user_id,
      draft,
      order,
      state: 'waiting',
      ...(local === undefined ? {} : { local }),
    }
    const saving = this.#share.put(entry)
    this.#watch(() => saving)
    this.#set([...this.#entries, entry])
    this.#start()
    return client_id
  }

  /**
   * As `add`; resolves when the message is stored, rejects when it has failed or is discarded. Rejects with `ConnectionLost` if
   * the outbox is closed first; then the message stays in the store.
   */
  async send(draft: Draft): Promise<Message> {
    const answer = deferred<Message>()
    this.#awaited.set(this.add(draft), answer)
    return answer.promise
  }

  /** Sends a failed message again, in its place among those that wait. */
  retry(client_id: string): void {
    const entry = this.#find(client_id)
    if (entry?.state !== 'failed') return
    const { reason: _, ...rest } = entry
    this.#replace({ ...rest, state: 'waiting' }, true)
    this.#start()
  }

  /** Removes a message that is not stored. One that is on its way may be stored nevertheless. */
  discard(client_id: string): void {
    const entry = this.#find(client_id)
    if (!entry || entry.state === 'sent') return
    this.#awaited.get(client_id)?.reject(Object.assign(new Error('discarded'), { name: 'AbortError' }))
    this.#remove(client_id)
  }

  /**
   * Keeps what is sent as `sent` until `settle`, so that a view that waits for the message's event can show it all the time.
   * Returns what ends it.
   */
  attach(prepare?: Prepare): () => void {
    const view = { prepare }
    this.#views.add(view)
    this.#start()
    return () => {
      this.#views.delete(view)
      if (this.#views.size === 0) this.#set(this.#entries.filter(({ state }) => state !== 'sent'))
    }
  }

  /** The view has the stored message. */
  settle(client_id: string): void {
    if (this.#find(client_id)?.state === 'sent') this.#set(this.#entries.filter(each => each.client_id !== client_id))
  }

  /** Sends what waits without a further pause, except pauses that the server asked for. */
  wake(): void {
    this.#start()
    void this.#claim()
  }

  /** What the client's environment reports. */
  sense(sign: Sign): void {
    if (sign === 'hide') this.#share.release()
    // First it learns what other tabs have taken meanwhile.
    else if (sign === 'show') void this.#claim().then(() => this.#start())
    else if (sign !== 'offline') this.wake()
  }

  close(): void {
    this.#closed = true
    this.#share.release()
    this.#pauses.hurry(true)
    for (const { reject } of this.#awaited.values()) reject(closed())
    this.#awaited.clear()
  }

  #start(): void {
    this.#pauses.hurry(false)
    for (const { draft } of this.#entries)
      if (!this.#busy.has(draft.conversation_id)) void this.#work(draft.conversation_id)
  }

  /** Takes the messages of tabs that are gone. While this page was in the page cache, others may have taken its own. */
  async #claim(): Promise<void> {
    try {
      await this.#share.hold()
      const claimed = await this.#share.claim()
      const taken = await this.#share.taken()
      if (this.#closed) return
      const known = new Set(this.#entries.map(({ client_id }) => client_id))
      const stay = this.#entries.filter(each => isActive(each) || !taken.has(each.client_id))
      const added = claimed.filter(({ client_id }) => !known.has(client_id))
      if (added.length === 0 && stay.length === this.#entries.length) return
      this.#set([...stay, ...added].sort((a, b) => a.order - b.order))
      this.#start()
    } catch (error) {
      this.emit('unsaved', { error: toError(error) })
    } finally {
      if (!this.#closed) this.#share.lookLater(() => void this.#claim())
    }
  }

  async #work(conversation_id: string): Promise<void> {
    this.#busy.add(conversation_id)
    try {
      for (let attempt = 0; ;) {
        const next = this.#nextOf(conversation_id)
        if (!next || this.#closed) return
        this.#replace({ ...next, state: 'sending' }, false)
        const outcome = await this.#attempts.outcomeOf(next.client_id, this.#send(next))
        if (!this.#find(next.client_id)) continue
        if (!('later_ms' in outcome)) {
          attempt = 0
          this.#done(next, outcome)
          continue
        }
        this.#replace({ ...next, state: 'waiting' }, false)
        if (this.#closed) return
        attempt += 1
        const ms = delayBefore(attempt, 'retry', this.#options.random)
        // What was refused is not repeated at once however often the app wakes: its attempts are counted.
        await this.#pauses.pause(conversation_id, outcome.counts ? ms : outcome.later_ms, ms)
      }
    } finally {
      this.#busy.delete(conversation_id)
    }
  }

  #nextOf(conversation_id: string): (OutboxEntry & { state: 'waiting' | 'sending' }) | null {
    const user_id = this.#options.user_id()
    for (const entry of this.#entries)
      if (entry.state === 'waiting' && entry.draft.conversation_id === conversation_id && entry.user_id === user_id)
        return entry.local === undefined || this.#prepare() ? entry : null
    return null
  }

  #prepare(): Prepare | undefined {
    for (const { prepare } of this.#views) if (prepare) return prepare
    return undefined
  }

  async #send(entry: OutboxEntry): Promise<Answer> {
    const { client_id, user_id, local } = entry
    const draft = local === undefined ? entry.draft : ((await this.#prepare()?.(entry)) ?? entry.draft)
    return this.#options.send({ ...draft, client_id }, user_id)
  }

  #done(entry: OutboxEntry, outcome: { message: Message } | { failed: Error }): void {
    const { client_id } = entry
    const answer = this.#awaited.get(client_id)
    if ('message' in outcome) {
      const { message } = outcome
      answer?.resolve(message)
      this.#remove(client_id, this.#views.size > 0 ? { ...entry, state: 'sent', message } : null)
      this.emit('sent', { client_id, message })
    } else {
      answer?.reject(outcome.failed)
      this.#awaited.delete(client_id)
      this.#attempts.forget(client_id)
      const { message } = outcome.failed
      const problem = outcome.failed instanceof ParleyError ? { problem: outcome.failed.problem } : {}
      this.#replace({ ...entry, state: 'failed', reason: { message, ...problem } }, true)
      this.emit('failed', { client_id, error: outcome.failed })
    }
  }

  #find(client_id: string): OutboxEntry | undefined {
    return this.#entries.find(each => each.client_id === client_id)
  }

  /** Reports it if the store fails. */
  #watch(save: () => void | Promise<void>): void {
    const failed = (error: unknown) => this.emit('unsaved', { error: toError(error) })
    try {
      save()?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #replace(entry: OutboxEntry, keeps: boolean): void {
    this.#set(this.#entries.map(each => (each.client_id === entry.client_id ? entry : each)))
    if (keeps) this.#watch(() => this.#share.put(entry))
  }

  /** From the store, and from the list unless a view waits for it. */
  #remove(client_id: string, sent: OutboxEntry | null = null): void {
    this.#awaited.delete(client_id)
    this.#attempts.forget(client_id)
    this.#set(this.#entries.flatMap(each => (each.client_id === client_id ? (sent ?? []) : each)))
    this.#watch(() => this.#share.delete(client_id))
  }

  #set(entries: readonly OutboxEntry[]): void {
    this.#entries = entries
    this.emit('change', entries)
  }
}

function isActive({ state }: OutboxEntry): boolean {
  return state === 'sending' || state === 'sent'
}

function closed(): ConnectionLost {
  return new ConnectionLost('closed')
}
