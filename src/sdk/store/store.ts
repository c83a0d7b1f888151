import type { Client } from '../client.ts'
import { Emitter } from '../emitter.ts'
import type { Draft } from '../outbox-store.ts'
import type { Conversation, InputOf, Message, Status, UnreadTotals } from '../wire-types.ts'
import { Batch, Cell, Cells, type Readable } from './cell.ts'
import { Drafts, type DraftText } from './drafts.ts'
import { Items } from './items.ts'
import { Lists } from './lists.ts'
import { Markers } from './markers.ts'
import type { StoreEvents, StoreOptions } from './options.ts'
import { Presence } from './presence.ts'
import { Saving } from './saving.ts'
import { Sends } from './sends.ts'
import { byActivity, type ConversationState, type Viewer } from './state.ts'
import { Sync } from './sync.ts'
import type { SyncEvents } from './sync-events.ts'
import type { Timeline } from './timeline.ts'
import { Timelines } from './timelines.ts'
import { progressOf, type StoreStatus } from './progress.ts'
import { totalsOf } from './totals.ts'
import { Typing } from './typing.ts'
import { Upload } from './uploads.ts'
import { Writes } from './writes.ts'

/** What a screen needs, kept up to date: see docs/client.md. */
export class Store extends Emitter<StoreEvents> {
  readonly status: Readable<StoreStatus>
  /** The conversations in the order of the server: latest activity first. */
  readonly inbox: Readable<readonly Conversation[]>
  /** Sums over the conversations that are neither muted nor archived. */
  readonly unread: Readable<UnreadTotals>
  readonly client: Client
  readonly #newUpload: (file: Blob) => Upload
  readonly #batch = new Batch()
  readonly #sync: Sync
  readonly #writes: Writes
  readonly #markers: Markers
  readonly #typing: Typing
  readonly #presence: Presence
  readonly #lists: Lists
  readonly #drafts: Drafts
  readonly #sends: Sends
  readonly #saving: Saving | null
  readonly #stop: (() => void)[]
  readonly #conversations: Cells<Cell<Conversation | null>>
  readonly #timelines: Timelines
  readonly #typists: Cells<Cell<readonly string[]>>
  readonly #overview: { touch(): void }[]
  #restored: Promise<void> | null = null

  constructor(client: Client, { random = Math.random, persistence }: StoreOptions = {}) {
    super()
    const batch = this.#batch
    const sync = new Sync(client, random)
    const state = (id: string) => sync.get(id)
    this.client = client
    this.#newUpload = file => new Upload(client, batch, random, file)
    this.#sync = sync
    this.#saving = persistence ? new Saving(persistence, client, sync) : null
    this.#drafts = new Drafts(batch, (...draft) => this.#saving?.draft(...draft))
    this.#writes = new Writes(client, sync, random, id => this.#touch(id))
    this.#markers = new Markers(client, random, state, id => this.#touch(id))
    this.#typing = new Typing(client, id => this.#typists.known(id).forEach(cell => cell.touch()))
    this.#sends = new Sends({ client, sync, upload: this.#newUpload, changed: id => this.#touch(id) })
    this.#presence = new Presence(client, batch, random)
    this.#lists = new Lists(client, batch, random)
    const items = new Items(this.#writes)
    const shown = (each: ConversationState | null) => each && this.#markers.shown(each)
    const inbox = new Cell(batch, () =>
      [...sync.states.values()].sort(byActivity).map(each => this.#markers.shown(each)),
    )
    const unread = new Cell(batch, () => totalsOf(inbox.get()))
    this.#overview = [inbox, unread]
    this.inbox = inbox
    this.unread = unread
    const progress = progressOf(sync, batch)
    this.status = progress
    this.#conversations = new Cells(id => new Cell(batch, () => shown(sync.get(id))))
    this.#timelines = new Timelines(sync, batch, (id, window, atEnd) =>
      items.of(window, atEnd ? this.#sends.of(id) : [], sync.viewer?.id),
    )
    this.#typists = new Cells(id => new Cell(batch, () => this.#typing.of(id)))
    this.#stop = [
      sync.on('change', change => this.#changed(change)),
      sync.on('viewer', ({ now, before }) => {
        if (before) this.#leave(before)
        if (!now) return
        this.#drafts.enter(now.id)
        this.#lists.renew()
      }),
      progress.stop,
      client.live.on('event', frame => {
        this.#typing.take(frame)
        this.#lists.take(frame)
        if (frame.event === 'presence.updated') this.#presence.set(frame.data)
      }),
      client.live.on('ready', ({ user, epoch }) => {
        this.#saving?.ready(user.id, epoch)
        this.#lists.users.of(user.id).set(user)
        this.#lists.retry()
        this.#presence.renew()
        this.#markers.flush()
        this.#typing.clear()
        for (const timeline of this.#timelines.known()) timeline.check(true)
      }),
      client.live.on('resync', ({ stream }) => this.#lists.reload(stream, sync.viewer?.id ?? '')),
      client.live.on('resumed', () => this.#lists.reload(null, sync.viewer?.id ?? '')),
    ]
  }

  /**
   * Shows what was saved, connects, and resolves when everything is as the server has it. Rejects if another user signs in
   * meanwhile; then that user's inbox is fetched.
   */
  async open(): Promise<void> {
    this.#restored ??= this.#restore()
    await this.#restored
    await this.#sync.open()
  }

  /** Ends what the store does. What waits to be marked as read is sent. */
  close(): void {
    for (const stop of this.#stop) stop()
    this.#markers.flush()
    this.#typing.clear()
    this.#presence.clear()
    this.#sends.close()
    void this.#saving?.flush()
    this.#sync.close()
  }

  /** null: the viewer is not a member, or it is not loaded yet. */
  conversation(conversation_id: string): Readable<Conversation | null> {
    return this.#conversations.of(conversation_id)
  }

  /** The messages of a conversation: at its end, or around a message. */
  messages(conversation_id: string, around?: string): Timeline {
    return this.#timelines.at(conversation_id, around)
  }

  /** A snapshot with all events since, with what it is computed from, without changes that are not stored yet. */
  get(conversation_id: string): ConversationState | null {
    return this.#sync.get(conversation_id)
  }

  /** What the viewer has written and not sent. */
  draft(conversation_id: string): Readable<DraftText | null> {
    return this.#drafts.of(conversation_id)
  }

  setDraft(conversation_id: string, draft: DraftText | null): void {
    this.#drafts.set(conversation_id, draft)
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

  /**
   * Adds a message to the outbox, with files that are uploaded first, and returns its `client_id`: the `key` of its item until
   * the server has stored it, and then. Its draft is removed.
   */
  send(draft: Draft, files: readonly Blob[] = []): string {
    const client_id = this.#sends.send(draft, files)
    this.#typing.stopped(draft.conversation_id, true)
    this.setDraft(draft.conversation_id, null)
    return client_id
  }

  /** Sends a message again that has failed. */
  retry(client_id: string): void {
    this.client.outbox.retry(client_id)
  }

  /** Gives up a message that is not stored, and its uploads. */
  discard(client_id: string): void {
    this.#sends.discard(client_id)
  }

  /** The uploads of a message that is being sent. */
  uploads(client_id: string): readonly Upload[] {
    return this.#sends.uploads(client_id)
  }

  /** Uploads a file by itself. */
  upload(file: Blob): Upload {
    const upload = this.#newUpload(file)
    // `get` has the failure.
    upload.start().catch(() => undefined)
    return upload
  }

  /** Shows the change at once; rejects and takes it back if the server refuses it or does not answer for long. */
  edit(message: Message, patch: { content?: string; metadata?: Message['metadata'] }): Promise<void> {
    return this.#writes.edit(message, patch)
  }

  /** As `edit`. */
  delete(message: Message): Promise<void> {
    return this.#writes.delete(message)
  }

  /** As `edit`; `added` is false to take the reaction back. */
  react(message: Message, emoji: string, added = true): Promise<void> {
    return this.#writes.react(message, emoji, added)
  }

  /** Moves the read marker forward, at first here. The server is told after a moment without further calls. */
  read(conversation_id: string, seq = this.get(conversation_id)?.conversation.last_seq ?? 0): void {
    this.#markers.read(conversation_id, seq)
  }

  /** Marks as unread from a message on. */
  async markUnread(conversation_id: string, seq: number): Promise<void> {
    this.#markers.forget(conversation_id)
    await this.client.conversations.unread({ conversation_id, seq })
  }

  /** Call it at each key that the viewer presses: tells the others that they are typing. */
  typed(conversation_id: string): void {
    this.#typing.typed(conversation_id)
  }

  stoppedTyping(conversation_id: string): void {
    this.#typing.stopped(conversation_id)
  }

  #touch(conversation_id: string): void {
    const cells = [
      ...this.#overview,
      ...this.#conversations.known(conversation_id),
      ...this.#timelines.of(conversation_id),
    ]
    for (const cell of cells) cell.touch()
  }

  #changed({ conversation_id, state, appeared }: SyncEvents['change']): void {
    if (!state) this.#lists.leave(conversation_id)
    else if (appeared) this.#lists.come(conversation_id)
    this.#saving?.changed(conversation_id)
    this.#touch(conversation_id)
    for (const timeline of this.#timelines.of(conversation_id)) timeline.check()
    this.emit('change', { conversation_id, conversation: state?.conversation ?? null })
  }

  async #restore(): Promise<void> {
    const { tokens } = this.client
    // The tokens may be loaded, or the session found, only now.
    const { user_id } = tokens.current ?? (await tokens.restore().catch(() => null)) ?? {}
    if (!this.#saving || user_id === undefined) return
    const { drafts, saved } = await this.#saving.load(user_id)
    if (tokens.current?.user_id !== user_id) return
    if (saved && !this.#sync.viewer) this.#sync.restore(saved)
    this.#drafts.restore(drafts)
  }

  #leave(before: Viewer): void {
    const parts = [this.#writes, this.#markers, this.#typing, this.#presence, this.#lists, this.#drafts]
    for (const part of parts) part.clear()
    this.#saving?.leave(before.id)
    this.#restored = null
  }
}
