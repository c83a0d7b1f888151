import type { Client } from '../client.ts'
import { Emitter } from '../emitter.ts'
import type { Conversation, InputOf, Message, Status, UnreadTotals } from '../wire-types.ts'
import { Batch, Cell, Cells, type Readable } from './cell.ts'
import { Items } from './items.ts'
import { Lists } from './lists.ts'
import { Markers } from './markers.ts'
import { Presence } from './presence.ts'
import { byActivity, type ConversationState } from './state.ts'
import { Sync } from './sync.ts'
import { Timeline } from './timeline.ts'
import { totalsOf } from './totals.ts'
import { Typing } from './typing.ts'
import { Writes, deleted, edited, reacted } from './writes.ts'

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

const EMPTY: StoreStatus = { state: 'empty', error: null, retry_at: null }

/** What a screen needs, kept up to date: see docs/client.md. */
export class Store extends Emitter<StoreEvents> {
  readonly status: Readable<StoreStatus>
  /** The conversations in the order of the server: latest activity first. */
  readonly inbox: Readable<readonly Conversation[]>
  /** Sums over the conversations that are neither muted nor archived. */
  readonly unread: Readable<UnreadTotals>
  readonly #client: Client
  readonly #batch = new Batch()
  readonly #sync: Sync
  readonly #writes: Writes
  readonly #markers: Markers
  readonly #typing: Typing
  readonly #presence: Presence
  readonly #lists: Lists
  readonly #items: Items
  readonly #stop: (() => void)[]
  readonly #conversations: Cells<Cell<Conversation | null>>
  readonly #timelines: Cells<Timeline>
  readonly #typists: Cells<Cell<readonly string[]>>
  readonly #overview: { touch(): void }[]
  readonly #status: Cell<StoreStatus>
  #now = EMPTY

  constructor(client: Client, { random = Math.random }: StoreOptions = {}) {
    super()
    const batch = this.#batch
    const sync = new Sync(client, random)
    const state = (id: string) => sync.get(id)
    this.#client = client
    this.#sync = sync
    this.#writes = new Writes(random, id => this.#touch(id))
    this.#markers = new Markers(client, random, state, id => this.#touch(id))
    this.#typing = new Typing({
      start: conversation_id => client.typing.start({ conversation_id }),
      stop: conversation_id => client.typing.stop({ conversation_id }),
      changed: id => this.#typists.known(id).forEach(cell => cell.touch()),
    })
    this.#presence = new Presence(client, batch, random)
    this.#lists = new Lists(client, batch, random)
    this.#items = new Items(this.#writes)
    const shown = (each: ConversationState) => this.#markers.shown(each)
    const inbox = new Cell(batch, () => [...sync.states.values()].sort(byActivity).map(shown))
    const unread = new Cell(batch, () => totalsOf(inbox.get()))
    this.#overview = [inbox, unread]
    this.inbox = inbox
    this.unread = unread
    this.#status = new Cell(batch, () => this.#now)
    this.status = this.#status
    this.#conversations = new Cells(id => new Cell(batch, () => nullOr(sync.get(id), shown)))
    this.#timelines = new Cells(key => this.#timeline(key))
    this.#typists = new Cells(id => new Cell(batch, () => this.#typing.of(id)))
    this.#stop = [
      sync.on('change', ({ conversation_id, state }) => this.#changed(conversation_id, state)),
      sync.on('loaded', () => this.#become({ ...EMPTY, state: 'ready' })),
      sync.on('viewer', viewer => this.#enter(viewer !== null)),
      sync.on('status', failure => this.#fetching(failure)),
      client.live.on('event', frame => {
        this.#typing.take(frame)
        this.#lists.take(frame)
        if (frame.event === 'presence.updated') this.#presence.set(frame.data)
      }),
      client.live.on('ready', ({ user }) => {
        this.#lists.users.of(user.id).set(user)
        this.#presence.renew()
        this.#markers.flush()
        this.#typing.clear()
        for (const timeline of this.#timelines.known()) timeline.check(true)
      }),
      client.live.on('resync', ({ stream }) => this.#lists.reload(stream, sync.viewer?.id ?? '')),
      client.live.on('resumed', () => this.#lists.reload(null, sync.viewer?.id ?? '')),
    ]
  }

  /** Connects and fetches the inbox. Rejects if another user signs in meanwhile; then that user's inbox is fetched. */
  open(): Promise<void> {
    return this.#sync.open()
  }

  /** Ends what the store does. What waits to be marked as read is sent. */
  close(): void {
    for (const stop of this.#stop) stop()
    this.#markers.flush()
    this.#typing.clear()
    this.#presence.clear()
    this.#sync.close()
  }

  /** null: the viewer is not a member, or it is not loaded yet. */
  conversation(conversation_id: string): Readable<Conversation | null> {
    return this.#conversations.of(conversation_id)
  }

  /** The messages of a conversation: at its end, or around a message. */
  messages(conversation_id: string, around?: string): Timeline {
    return this.#timelines.of(around === undefined ? conversation_id : `${conversation_id} ${around}`)
  }

  /** A snapshot with all events since, with what it is computed from, without changes that are not stored yet. */
  get(conversation_id: string): ConversationState | null {
    return this.#sync.get(conversation_id)
  }

  /** The ids of the users who are typing. */
  typing(conversation_id: string): Readable<readonly string[]> {
    return this.#typists.of(conversation_id)
  }

  /** null: not known, as while it is not watched. */
  presence(user_id: string): Readable<Status | null> {
    return this.#presence.of(user_id)
  }

  user(user_id: string) {
    return this.#lists.users.of(user_id)
  }

  members(conversation_id: string) {
    return this.#lists.members.of(conversation_id)
  }

  /** How far each member has read. */
  receipts(conversation_id: string) {
    return this.#lists.receipts.of(conversation_id)
  }

  get contacts() {
    return this.#lists.contacts
  }

  get blocked() {
    return this.#lists.blocked
  }

  get preferences() {
    return this.#lists.preferences
  }

  /** A new search. */
  search(query: Omit<InputOf<'search.messages'>, 'start'>) {
    return this.#lists.search(query)
  }

  /** Shows the change at once; rejects and takes it back if the server refuses it or does not answer for long. */
  edit(message: Message, patch: { content?: string; metadata?: Message['metadata'] }): Promise<void> {
    const input = { message_id: message.id, ...patch }
    return this.#writes.run(message, edited(patch), async () =>
      this.#sync.answered(await this.#client.messages.update(input)),
    )
  }

  /** As `edit`. */
  delete(message: Message): Promise<void> {
    const input = { message_id: message.id }
    return this.#writes.run(message, deleted(), async () => {
      await this.#client.messages.delete(input)
      this.#sync.answered(await this.#client.messages.get(input))
    })
  }

  /** As `edit`; `added` is false to take the reaction back. */
  react(message: Message, emoji: string, added = true): Promise<void> {
    const input = { message_id: message.id, emoji }
    return this.#writes.run(message, reacted(emoji, this.#sync.viewer?.id ?? '', added), async () => {
      if (added) return this.#sync.answered(await this.#client.messages.react(input))
      await this.#client.messages.unreact(input)
      this.#sync.answered(await this.#client.messages.get({ message_id: message.id }))
    })
  }

  /** Moves the read marker forward, at first here. The server is told after a moment without further calls. */
  read(conversation_id: string, seq = this.get(conversation_id)?.conversation.last_seq ?? 0): void {
    this.#markers.read(conversation_id, seq)
  }

  /** Marks as unread from a message on. */
  async markUnread(conversation_id: string, seq: number): Promise<void> {
    this.#markers.forget(conversation_id)
    await this.#client.conversations.unread({ conversation_id, seq })
  }

  /** Call it at each key that the viewer presses: tells the others that they are typing. */
  typed(conversation_id: string): void {
    this.#typing.typed(conversation_id)
  }

  stoppedTyping(conversation_id: string): void {
    this.#typing.stopped(conversation_id)
  }

  #timeline(key: string): Timeline {
    const [conversation_id = '', around = null] = key.split(' ')
    return new Timeline({
      conversation_id,
      around,
      batch: this.#batch,
      state: () => this.#sync.get(conversation_id),
      load: (which, limit) => this.#sync.load(conversation_id, which, limit),
      items: window => this.#items.of(window, [], this.#sync.viewer?.id),
      left: () => {
        if (!this.#of(conversation_id).some(({ isWatched }) => isWatched)) this.#sync.release(conversation_id)
      },
    })
  }

  #of(conversation_id: string): Timeline[] {
    return this.#timelines.known().filter(timeline => timeline.conversation_id === conversation_id)
  }

  #touch(conversation_id: string): void {
    for (const cell of [...this.#overview, ...this.#conversations.known(conversation_id), ...this.#of(conversation_id)])
      cell.touch()
  }

  #changed(conversation_id: string, state: ConversationState | null): void {
    if (!state) this.#lists.leave(conversation_id)
    this.#touch(conversation_id)
    for (const timeline of this.#of(conversation_id)) timeline.check()
    this.emit('change', { conversation_id, conversation: state?.conversation ?? null })
  }

  #enter(signedIn: boolean): void {
    for (const part of [this.#writes, this.#markers, this.#typing, this.#presence, this.#lists]) part.clear()
    this.#become(signedIn ? { ...EMPTY, state: 'loading' } : EMPTY)
  }

  #fetching(failure: Error | null): void {
    const { waiting, viewer } = this.#sync
    if (failure) return this.#become({ state: 'failed', error: failure, retry_at: null })
    if (this.#now.state === 'ready') return
    if (waiting) this.#become({ state: 'waiting', error: waiting.error, retry_at: waiting.until })
    else this.#become({ ...EMPTY, state: viewer ? 'loading' : 'empty' })
  }

  #become(status: StoreStatus): void {
    this.#now = status
    this.#status.touch()
  }
}

function nullOr<T, U>(value: T | null, map: (value: T) => U): U | null {
  return value === null ? null : map(value)
}
