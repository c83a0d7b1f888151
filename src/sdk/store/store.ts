import type { Conversation, Message, UnreadTotals } from '../wire-types.ts'
import type { Client } from '../client.ts'
import { Emitter } from '../emitter.ts'
import { Batch, Cell, Cells, type Readable } from './cell.ts'
import { byActivity, type ConversationState } from './state.ts'
import { Sync } from './sync.ts'
import { Timeline, type Item } from './timeline.ts'
import type { Window } from './windows.ts'

export interface StoreOptions {
  random?: () => number
}

export interface StoreEvents {
  /** A conversation has changed or appeared; `conversation` is null if the viewer is no longer a member. */
  change: { conversation_id: string; conversation: Conversation | null }
}

/** How far the store is. */
export interface StoreStatus {
  /** `empty`: nobody is signed in, or the store is not open. `waiting`: until `retry_at`, because of `error`. */
  readonly state: 'empty' | 'loading' | 'waiting' | 'ready' | 'failed'
  readonly error: Error | null
  /** Milliseconds since 1970. */
  readonly retry_at: number | null
}

/** What a screen needs, kept up to date: see docs/client.md. */
export class Store extends Emitter<StoreEvents> {
  readonly #sync: Sync
  readonly #batch = new Batch()
  readonly #stop: (() => void)[]
  readonly #conversations: Cells<Cell<Conversation | null>>
  readonly #timelines: Cells<Timeline>
  readonly #items = new WeakMap<Message, Item>()
  #status: StoreStatus = EMPTY

  readonly #inbox: Cell<readonly Conversation[]>
  readonly #unread: Cell<UnreadTotals>
  readonly #statusCell: Cell<StoreStatus>

  constructor(client: Client, { random = Math.random }: StoreOptions = {}) {
    super()
    const sync = new Sync(client, random)
    this.#sync = sync
    this.#inbox = new Cell(this.#batch, () => [...sync.states.values()].sort(byActivity).map(conversationOf))
    this.#unread = new Cell(this.#batch, () => totals(this.#inbox.get()))
    this.#statusCell = new Cell(this.#batch, () => this.#status)
    this.#conversations = new Cells(id => new Cell(this.#batch, () => sync.get(id)?.conversation ?? null))
    this.#timelines = new Cells(key => this.#timeline(key))
    this.#stop = [
      sync.on('change', ({ conversation_id, state }) => this.#changed(conversation_id, state)),
      sync.on('loaded', () => this.#become({ ...EMPTY, state: 'ready' })),
      sync.on('viewer', viewer => this.#become(viewer ? { ...EMPTY, state: 'loading' } : EMPTY)),
      sync.on('status', failure => this.#fetching(failure)),
      client.live.on('ready', () => {
        for (const timeline of this.#timelines.known()) timeline.check(true)
      }),
    ]
  }

  /** Connects and fetches the inbox. Rejects if another user signs in meanwhile; then that user's inbox is fetched. */
  open(): Promise<void> {
    return this.#sync.open()
  }

  close(): void {
    for (const stop of this.#stop) stop()
    this.#sync.close()
  }

  get status(): Readable<StoreStatus> {
    return this.#statusCell
  }

  /** The conversations in the order of the server: latest activity first. */
  get inbox(): Readable<readonly Conversation[]> {
    return this.#inbox
  }

  /** Sums over the conversations that are neither muted nor archived. */
  get unread(): Readable<UnreadTotals> {
    return this.#unread
  }

  /** null: the viewer is not a member, or it is not loaded yet. */
  conversation(conversation_id: string): Readable<Conversation | null> {
    return this.#conversations.of(conversation_id)
  }

  /** The messages of a conversation: at its end, or around a message. */
  messages(conversation_id: string, around?: string): Timeline {
    return this.#timelines.of(around === undefined ? conversation_id : `${conversation_id} ${around}`)
  }

  /** A snapshot with all events since, with what it is computed from. */
  get(conversation_id: string): ConversationState | null {
    return this.#sync.get(conversation_id)
  }

  #timeline(key: string): Timeline {
    const [conversation_id = '', around = null] = key.split(' ')
    return new Timeline({
      conversation_id,
      around,
      batch: this.#batch,
      state: () => this.#sync.get(conversation_id),
      load: (which, limit) => this.#sync.load(conversation_id, which, limit),
      items: window => this.#itemsOf(window),
      left: () => {
        if (!this.#of(conversation_id).some(({ isWatched }) => isWatched)) this.#sync.release(conversation_id)
      },
    })
  }

  #itemsOf(window: Window | undefined): readonly Item[] {
    return (window ?? []).map(message => {
      const item = this.#items.get(message) ?? { key: message.id, message }
      this.#items.set(message, item)
      return item
    })
  }

  #of(conversation_id: string): Timeline[] {
    return this.#timelines.known().filter(timeline => timeline.conversation_id === conversation_id)
  }

  #changed(conversation_id: string, state: ConversationState | null): void {
    this.#inbox.touch()
    this.#unread.touch()
    for (const cell of this.#conversations.known(conversation_id)) cell.touch()
    for (const timeline of this.#of(conversation_id)) {
      timeline.touch()
      timeline.check()
    }
    this.emit('change', { conversation_id, conversation: state?.conversation ?? null })
  }

  #fetching(failure: Error | null): void {
    const { waiting } = this.#sync
    if (failure) this.#become({ state: 'failed', error: failure, retry_at: null })
    else if (this.#status.state !== 'ready')
      this.#become(
        waiting
          ? { state: 'waiting', error: waiting.error, retry_at: waiting.until }
          : { ...EMPTY, state: this.#sync.viewer ? 'loading' : 'empty' },
      )
  }

  #become(status: StoreStatus): void {
    this.#status = status
    this.#statusCell.touch()
  }
}

const EMPTY: StoreStatus = { state: 'empty', error: null, retry_at: null }

function conversationOf({ conversation }: ConversationState): Conversation {
  return conversation
}

function totals(conversations: readonly Conversation[]): UnreadTotals {
  const now = new Date().toISOString()
  const sum = { unread_count: 0, mention_count: 0, unread_conversations: 0 }
  for (const { me } of conversations) {
    if (!me || me.archived || (me.muted_until !== null && me.muted_until > now)) continue
    sum.unread_count += me.unread_count
    sum.mention_count += me.mention_count
    if (me.unread_count > 0) sum.unread_conversations += 1
  }
  return sum
}
