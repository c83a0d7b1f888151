import type { Message } from '../wire-types.ts'
import { Cell, type Batch, type Readable } from './cell.ts'
import { askedToWait, passes } from '../errors.ts'
import { toError } from './fetches.ts'
import type { Item } from './items.ts'
import type { PageOf } from './sync-events.ts'
import type { ConversationState } from './state.ts'
import { lastOf, windowAt, type Window } from './windows.ts'

/** Loaded messages with which a view begins without loading more. */
const ENOUGH = 20
/** The least pause before a failed load is tried again. */
const RETRY_MS = 2_000

/** Part of a conversation's messages without a gap. The same object until something in it changes. */
export interface Shown {
  /** Oldest first. */
  readonly items: readonly Item[]
  /** Whether there are older messages that are not loaded. */
  readonly older: boolean
  /** Whether there are newer messages that are not loaded; if not, new ones appear as they come. */
  readonly newer: boolean
  /** Whether messages are being loaded. */
  readonly loading: boolean
  /** Why the last attempt to load failed. */
  readonly error: Error | null
}

export interface TimelineOptions {
  conversation_id: string
  /** The message to begin at; null: the newest one. */
  around: string | null
  batch: Batch
  state: () => ConversationState | null
  load: (which: PageOf, limit?: number) => Promise<boolean>
  items: (window: Window | undefined, atEnd: boolean) => readonly Item[]
  /** Nobody watches any more. */
  left: () => void
}

/** A view of a conversation's messages at one place: at its end, where new messages appear, or around a message. */
export class Timeline implements Readable<Shown> {
  readonly conversation_id: string
  readonly #options: TimelineOptions
  readonly #cell: Cell<Shown>
  /** The message around which to load; null: the newest. */
  #around: string | null
  /** The place; null: the end, or not known yet. */
  #seq: number | null = null
  #items: readonly Item[] = []
  /** The load in flight in each direction. */
  readonly #loads = new Map<string, Promise<void>>()
  #error: Error | null = null

  constructor(options: TimelineOptions) {
    this.#options = options
    this.conversation_id = options.conversation_id
    this.#around = options.around
    this.#cell = new Cell(
      options.batch,
      () => this.#show(),
      watched => (watched ? this.check() : queueMicrotask(() => this.isWatched || options.left())),
    )
  }

  get isWatched(): boolean {
    return this.#cell.isWatched
  }

  get(): Shown {
    return this.#cell.get()
  }

  /** While somebody listens, messages are loaded as needed. */
  subscribe(listener: () => void): () => void {
    return this.#cell.subscribe(listener)
  }

  /** Loads the messages at the place, unless they are loaded. */
  open(limit?: number): Promise<void> {
    const window = this.#window()
    const last_seq = this.#options.state()?.conversation.last_seq ?? 0
    const enough = window && (this.#seq !== null || window[0].seq === 1 || window.length >= ENOUGH)
    if (enough || (last_seq === 0 && this.#around === null)) return Promise.resolve()
    return this.#load('open', this.#around === null ? { sort: 'desc' } : { around: this.#around }, limit)
  }

  /** Loads older messages; resolves when `get` has them. */
  older(limit?: number): Promise<void> {
    const [first] = this.#window() ?? []
    if (!first) return this.open(limit)
    return first.seq > 1 ? this.#load('older', { sort: 'desc', start: first.id }, limit, first) : Promise.resolve()
  }

  /** Loads newer messages. */
  newer(limit?: number): Promise<void> {
    const window = this.#window()
    if (!window) return this.open(limit)
    const last = lastOf(window)
    return this.#isEnd(window) ? Promise.resolve() : this.#load('newer', { sort: 'asc', start: last.id }, limit, last)
  }

  /** Goes to the newest messages. */
  latest(limit?: number): Promise<void> {
    return this.#go(null, limit)
  }

  /** Goes to the messages around one. */
  jump(message_id: string, limit?: number): Promise<void> {
    return this.#go(message_id, limit)
  }

  touch(): void {
    this.#cell.touch()
  }

  /** Loads what is watched and not loaded. A failure is shown as `error`; then only `again` tries again. */
  check(again = false): void {
    if (this.isWatched && this.#loads.size === 0 && (again || !this.#error)) this.open().catch(() => undefined)
  }

  #go(around: string | null, limit?: number): Promise<void> {
    this.#around = around
    this.#seq = null
    this.#error = null
    this.touch()
    return this.open(limit)
  }

  async #fetch(which: PageOf, limit?: number, at?: Message): Promise<void> {
    try {
      await this.#options.load(which, limit)
      this.#error = null
      this.#settle(at)
    } catch (error) {
      this.#error = toError(error)
      if (passes(error)) setTimeout(() => this.check(true), Math.max(askedToWait(error), RETRY_MS))
      throw error
    }
  }

  /** After a load at a message. */
  #settle(at: Message | undefined): void {
    const window = this.#window()
    if (window && this.#isEnd(window)) {
      this.#around = null
      this.#seq = null
      // The newest messages may have been dropped for older ones.
    } else if (at && (!window || at.seq < window[0].seq)) this.#seq = at.seq
  }

  #load(direction: string, which: PageOf, limit?: number, at?: Message): Promise<void> {
    const known = this.#loads.get(direction)
    if (known) return known
    const load = this.#fetch(which, limit, at).finally(() => {
      this.#loads.delete(direction)
      this.touch()
    })
    this.#loads.set(direction, load)
    this.touch()
    return load
  }

  #window(): Window | undefined {
    const { windows = [], conversation } = this.#options.state() ?? {}
    if (this.#around !== null && this.#seq === null)
      this.#seq = windows.flat().find(({ id }) => id === this.#around)?.seq ?? null
    if (this.#seq !== null) return windowAt(windows, this.#seq)
    const tail = windows.at(-1)
    return this.#around === null && tail && lastOf(tail).seq >= (conversation?.last_seq ?? 0) ? tail : undefined
  }

  #isEnd(window: Window): boolean {
    return lastOf(window).seq >= (this.#options.state()?.conversation.last_seq ?? 0)
  }

  #show(): Shown {
    const window = this.#window()
    const last_seq = this.#options.state()?.conversation.last_seq ?? 0
    const atEnd = window ? this.#isEnd(window) : this.#around === null
    const items = this.#options.items(window, atEnd)
    // The same array if it has the same items.
    if (items.length !== this.#items.length || items.some((item, index) => item !== this.#items[index]))
      this.#items = items
    return {
      items: this.#items,
      older: window ? window[0].seq > 1 : last_seq > 0,
      newer: !atEnd,
      loading: this.#loads.size > 0,
      error: this.#error,
    }
  }
}
