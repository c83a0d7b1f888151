import type { EventData, EventFrame, Message, User } from '../wire-types.ts'
import type { Client } from '../client.ts'
import { Emitter } from '../emitter.ts'
import { ParleyError } from '../errors.ts'
import { deferred, type Deferred } from '../deferred.ts'
import { Blocked, type Known } from './blocked.ts'
import { Fetches, toError, type Settle, type Waiting } from './fetches.ts'
import { concerned, endsReading } from './frames.ts'
import type { PageOf, Restored, SyncEvents } from './sync-events.ts'
import { fetchInbox, fetchMessages, statesOf } from './snapshots.ts'
import {
  MAX_UNSHOWN,
  apply,
  applyOwn,
  messagesOf,
  stateOf,
  unshown,
  withMessages,
  withVersion,
  withViewer,
} from './state.ts'
import type { ConversationState, Viewer } from './state.ts'

/** Messages per page. */
const PAGE = 100
/** Events that are kept while one page of the history is fetched. */
const MAX_SINCE = 10_000
/**
 * The viewer's conversations, kept up to date: a snapshot of each, all events since, and a new snapshot if events do not
 * suffice. While a snapshot is fetched its events wait.
 */
export class Sync extends Emitter<SyncEvents> {
  readonly #client: Client
  readonly #states = new Map<string, ConversationState>()
  readonly states: ReadonlyMap<string, ConversationState> = this.#states
  readonly #random: () => number
  readonly #stop: (() => void)[]
  readonly #blocked = new Blocked()
  #fetches: Fetches
  #viewer: Viewer | null = null
  #opened = false
  /** The fetch of the inbox. null: it has not begun, or has failed. */
  #loading: Promise<void> | null = null
  /** What was saved is shown, and events since then are missing. */
  #restoring: Deferred<void> | null = null

  constructor(client: Client, random: () => number) {
    super()
    this.#client = client
    this.#random = random
    this.#fetches = this.#newFetches()
    this.#stop = [
      client.live.on('event', frame => this.#take(frame)),
      client.live.on('resync', ({ stream }) => this.#refetch(stream)),
      client.live.on('resumed', () => this.#restoring?.resolve()),
      client.live.on('ready', ({ user }) => this.#enter(user)),
      client.tokens.onChange(now => {
        if (now?.user_id !== this.#viewer?.id) this.#leave(now ? 'somebody else has signed in' : 'signed out')
      }),
    ]
  }

  /** Connects and fetches the inbox. Rejects if another user signs in meanwhile; then that user's inbox is fetched. */
  async open(): Promise<void> {
    this.#opened = true
    const { user } = await this.#client.live.open()
    if (this.#viewer?.id !== user.id) this.#enter(user)
    await (this.#loading ?? this.#fetchAll(user.id))
  }

  close(): void {
    for (const stop of this.#stop) stop()
    this.#fetches.close('closed')
  }

  /** Shows what was known at an earlier start, and then what has happened since. */
  restore({ viewer, epoch, change, blocked, states }: Restored): void {
    this.#viewer = viewer
    this.emit('viewer', { now: viewer, before: null })
    this.#blocked.learn(blocked.ids, blocked.more)
    for (const state of states) this.#put(state.conversation.id, state)
    this.emit('loaded', null)
    const positions = states.map(({ conversation }) => [conversation.id, conversation.last_change] as const)
    if (!this.#client.live.restore(viewer.id, epoch, [[viewer.id, change], ...positions]))
      return void this.#fetchAll(viewer.id)
    this.#restoring = deferred<void>()
    this.#loading = this.#restoring.promise.then(() => this.#fetches.settled())
    this.#loading.catch(() => undefined)
  }

  /** If they are settled, the states agree with the positions of the connection: no event waits for a fetch. */
  get fetches(): Pick<Fetches, 'ask' | 'isSettled'> {
    return this.#fetches
  }

  get blocked(): Known {
    return this.#blocked.known
  }

  /** What fetches wait for; null: for nothing. */
  get waiting(): Waiting | null {
    return this.#fetches.waiting
  }

  get(conversation_id: string): ConversationState | null {
    return this.#states.get(conversation_id) ?? null
  }

  get viewer(): Viewer | null {
    return this.#viewer
  }

  /** Loads a page of the history; returns whether there are more messages in its direction. */
  async load(conversation_id: string, which: PageOf, limit = PAGE): Promise<boolean> {
    const viewer = this.#viewer
    const before = this.#states.get(conversation_id)
    if (!viewer || !before) return false
    const since: EventFrame[] = []
    const stop = this.#client.live.on('event', frame => {
      if (frame.stream === conversation_id && since.length < MAX_SINCE) since.push(frame)
    })
    const page = await this.#client.messages.list({ conversation_id, limit, ...which }).finally(stop)
    const now = this.#states.get(conversation_id)
    // If a snapshot was fetched meanwhile, no event reports what happened between the page and the snapshot.
    if (now?.snapshot !== before.snapshot || this.#viewer?.id !== viewer.id)
      return this.load(conversation_id, which, limit)
    this.#put(conversation_id, withMessages(now, page.data, viewer, since))
    if (since.length >= MAX_SINCE) void this.#fetches.ask(conversation_id)
    return page.has_more
  }

  /** Takes a message as a call has answered it; its event may come later. */
  answered(message: Message): void {
    const state = this.#states.get(message.conversation_id)
    if (state) this.#put(message.conversation_id, withVersion(state, message))
  }

  /** Drops the messages of a conversation that is not shown any more, except the newest. */
  release(conversation_id: string): void {
    const state = this.get(conversation_id)
    if (state) this.#put(conversation_id, unshown(state))
  }

  #newFetches(): Fetches {
    return new Fetches(
      stream => this.#fetch(stream),
      this.#random,
      () => this.emit('status', null),
    )
  }

  #enter({ id, role }: Pick<User, 'id' | 'role'>): void {
    const before = this.#viewer
    const viewer = { id, role }
    if (before && before.id !== id) this.#leave('somebody else has signed in')
    this.#viewer = viewer
    if (before?.id !== id) {
      this.emit('viewer', { now: viewer, before: null })
      if (this.#opened) void this.#fetchAll(id)
    } else if (before.role !== role)
      for (const [conversation_id, state] of this.#states) this.#put(conversation_id, withViewer(state, viewer))
    this.#fetches.retry()
  }

  #leave(reason: string): void {
    const before = this.#viewer
    if (!before) return
    // Answers in flight are of the user before.
    this.#fetches.close(reason)
    this.#fetches = this.#newFetches()
    this.#loading = null
    this.#restoring?.reject(new Error(reason))
    this.#restoring = null
    this.#viewer = null
    for (const conversation_id of this.#states.keys()) this.#drop(conversation_id)
    this.#blocked.clear()
    this.emit('viewer', { now: null, before })
  }

  #fetchAll(user_id: string): Promise<void> {
    const loading = this.#fetches.ask(user_id)
    this.#loading = loading
    loading.catch((error: unknown) => {
      if (this.#loading !== loading) return
      this.#loading = null
      this.emit('status', toError(error))
    })
    return loading
  }

  #take(frame: EventFrame): void {
    const viewer = this.#viewer
    if (!viewer) return
    const { stream, event, change = 0 } = frame
    if (event === 'user.updated') {
      const { user } = frame.data
      if (user.id === viewer.id) this.#enter(user)
    }
    if (stream === undefined) return
    if (event === 'contact.updated') return this.#blockChanged(frame.data)
    const id = stream === viewer.id ? concerned(frame) : stream
    if (id === null || this.#fetches.hold(frame, viewer.id, id)) return
    if (event === 'conversation.joined') {
      const { conversation } = frame.data
      // Events come from the next change on, so the snapshot has to be at this change or later.
      this.#client.live.track(id, conversation.last_change)
      return void this.#fetches.ask(id)
    }
    if (event === 'conversation.left') return this.#drop(id)
    const state = this.#states.get(id)
    if (stream === viewer.id) {
      if (state) this.#put(id, applyOwn(state, frame))
      return
    }
    const ends = endsReading(frame, viewer.id)
    if (!state) {
      // A page of the inbox did not contain it, because it moved to the top meanwhile.
      if (!ends) void this.#fetches.ask(id)
    } else if (change > state.conversation.last_change) {
      if (ends) return this.#drop(id)
      const next = apply(state, frame, viewer)
      this.#put(id, this.#blocked.leavesOpen(frame, viewer.id) ? { ...next, stale: true } : next)
    }
  }

  /** A stream cannot be replayed. While the inbox is being fetched, it is fetched once more instead of each conversation. */
  #refetch(stream: string): void {
    const { id = '' } = this.#viewer ?? {}
    void this.#fetches.ask(this.#fetches.pending(id) ? id : stream)
  }

  /** Mentions that came before the event may have been stored after the block. */
  #blockChanged(contact: EventData<'contact.updated'>): void {
    if (contact.blocked_at !== null) this.#blocked.learn([contact.contact_id], false)
    for (const [id, { conversation }] of this.#states)
      if ((conversation.me?.mention_count ?? 0) > 0) void this.#fetches.ask(id)
  }

  /** Fetches one conversation with its loaded messages; for the user stream, the whole inbox. */
  async #fetch(stream: string): Promise<Settle> {
    const known = new Map(this.#client.live.positions)
    const settle = await (stream === this.#viewer?.id ? this.#fetchInbox(known) : this.#fetchOne(stream, known))
    if (!settle) return null
    return frames => {
      settle()
      for (const frame of frames) this.#take(frame)
    }
  }

  async #fetchInbox(known: ReadonlyMap<string, number>): Promise<() => void> {
    const { conversations, blocked } = await fetchInbox(this.#client)
    return () => {
      this.#blocked.learn(blocked.ids, blocked.more)
      const ids = new Set(conversations.map(({ id }) => id))
      for (const id of this.#states.keys()) if (!ids.has(id)) this.#drop(id)
      for (const state of statesOf(conversations, this.#states)) {
        const { id, last_change } = state.conversation
        const isShown = state.most > MAX_UNSHOWN && this.#states.get(id)?.windows.length
        if (last_change < (known.get(id) ?? 0) || isShown) void this.#fetches.ask(id)
        else this.#begin(state)
      }
      this.emit('loaded', null)
    }
  }

  /** null: the answer is older than what was known before the request. */
  async #fetchOne(conversation_id: string, known: ReadonlyMap<string, number>): Promise<(() => void) | null> {
    const [oldest] = messagesOf(this.get(conversation_id))
    try {
      const conversation = await this.#client.conversations.inboxEntry({ conversation_id })
      if (conversation.last_change < (known.get(conversation_id) ?? 0)) return null
      const messages = oldest ? await fetchMessages(this.#client, conversation_id, oldest.seq) : []
      return () => this.#begin(stateOf(conversation, messages, this.#states.get(conversation_id)))
    } catch (error) {
      if (error instanceof ParleyError && error.status === 404) return () => this.#drop(conversation_id)
      throw error
    }
  }

  #begin(state: ConversationState): void {
    const { id, last_change } = state.conversation
    this.#client.live.track(id, last_change)
    this.#put(id, state)
  }

  #put(conversation_id: string, state: ConversationState): void {
    const before = this.#states.get(conversation_id)
    if (before === state) return
    this.#states.set(conversation_id, state)
    this.emit('change', { conversation_id, state, appeared: !before })
    if (state.stale) void this.#fetches.ask(conversation_id)
  }

  #drop(conversation_id: string): void {
    this.#client.live.forget(conversation_id)
    if (this.#states.delete(conversation_id)) this.emit('change', { conversation_id, state: null, appeared: false })
  }
}
