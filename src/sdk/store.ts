import { endsReading, readerChanges } from '../../contracts/readers.ts'
import { Blocked, MAX_KNOWN_BLOCKED } from './blocked.ts'
import type { Client } from './client.ts'
import { Emitter } from './emitter.ts'
import { ParleyError } from './errors.ts'
import { Fetches, type Settle } from './fetches.ts'
import { MAX_MESSAGES, apply, applyOwn, stateOf, withMessages, withViewer } from './state.ts'
import type { ConversationState, Viewer } from './state.ts'
import type { Conversation, EventData, EventFrame, Message, User } from './wire-types.ts'

/** Conversations or messages per page. */
const PAGE = 100
/** Events that are kept while one page of the history is fetched. */
const MAX_SINCE = 10_000

interface StoreEvents {
  /** A conversation has changed or appeared; `state` is null if the viewer is no longer a member. */
  change: { conversation_id: string; state: ConversationState | null }
  /** The whole inbox has been fetched. */
  loaded: null
}

/**
 * The viewer's conversations, kept up to date: a snapshot of each, all events since, and a new snapshot if events do not
 * suffice. While a snapshot is fetched its events wait.
 */
export class Store extends Emitter<StoreEvents> implements AsyncDisposable {
  readonly #client: Client
  readonly #states = new Map<string, ConversationState>()
  readonly #random: () => number
  readonly #stop: (() => void)[]
  readonly #blocked = new Blocked()
  #fetches: Fetches
  #viewer: Viewer | null = null

  constructor(client: Client, random: () => number = Math.random) {
    super()
    this.#client = client
    this.#random = random
    this.#fetches = this.#newFetches()
    this.#stop = [
      client.live.on('event', frame => this.#take(frame)),
      client.live.on('resync', ({ stream }) => void this.#fetches.ask(stream)),
      client.live.on('ready', ({ user }) => this.#enter(user)),
    ]
  }

  /** Connects and fetches the inbox. Rejects if another user signs in meanwhile; then that user's inbox is fetched. */
  async open(): Promise<void> {
    const { user } = await this.#client.live.open()
    const viewer = this.#viewer ?? { id: user.id, role: user.role }
    this.#viewer = viewer
    await this.#fetches.ask(viewer.id)
  }

  close(): void {
    for (const stop of this.#stop) stop()
    this.#fetches.close('closed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** The conversations, latest activity first. */
  inbox(): ConversationState[] {
    const activity = ({ conversation }: ConversationState) =>
      conversation.last_message?.created_at ?? conversation.created_at
    return [...this.#states.values()].toSorted((a, b) => (activity(a) < activity(b) ? 1 : -1))
  }

  get(conversation_id: string): ConversationState | null {
    return this.#states.get(conversation_id) ?? null
  }

  /** The messages that are loaded or have been received, oldest first. */
  messages(conversation_id: string): Message[] {
    return bySeq(this.#states.get(conversation_id)?.messages.values() ?? [])
  }

  /** Loads one more page of older messages; returns whether there are more. */
  async older(conversation_id: string, limit = PAGE): Promise<boolean> {
    const [oldest] = this.messages(conversation_id)
    const viewer = this.#viewer
    const before = this.#states.get(conversation_id)
    if (!viewer || !before) return false
    const since: EventFrame[] = []
    const stop = this.#client.live.on('event', frame => {
      if (frame.stream === conversation_id && since.length < MAX_SINCE) since.push(frame)
    })
    const start = oldest ? { start: oldest.id } : {}
    const page = await this.#client.messages.list({ conversation_id, sort: 'desc', limit, ...start }).finally(stop)
    const now = this.#states.get(conversation_id)
    // If a snapshot was fetched meanwhile, no event reports what happened between the page and the snapshot.
    if (now?.snapshot !== before.snapshot) return this.older(conversation_id, limit)
    // The oldest messages may have been dropped meanwhile.
    if (!oldest || now.messages.has(oldest.id)) this.#put(conversation_id, withMessages(now, page.data, viewer, since))
    if (since.length >= MAX_SINCE) void this.#fetches.ask(conversation_id)
    return page.has_more
  }

  #newFetches(): Fetches {
    return new Fetches(stream => this.#fetch(stream), this.#random)
  }

  #enter({ id, role }: Pick<User, 'id' | 'role'>): void {
    const before = this.#viewer
    const viewer = { id, role }
    this.#viewer = viewer
    if (before && before.id !== id) {
      // Answers in flight are of the user before.
      this.#fetches.close('somebody else has signed in')
      this.#fetches = this.#newFetches()
      for (const conversation_id of this.#states.keys()) this.#drop(conversation_id)
      this.#blocked.clear()
      void this.#fetches.ask(id)
    } else if (before && before.role !== role)
      for (const [conversation_id, state] of this.#states) this.#put(conversation_id, withViewer(state, viewer))
    this.#fetches.retry()
  }

  #take(frame: EventFrame): void {
    const viewer = this.#viewer
    if (!viewer) return
    const { stream, event, change = 0 } = frame
    if (event === 'user.updated') {
      const { user } = frame.data as EventData<'user.updated'>
      if (user.id === viewer.id) this.#enter(user)
    }
    if (stream === undefined) return
    if (event === 'contact.updated') return this.#blockChanged(frame.data as EventData<'contact.updated'>)
    const id = stream === viewer.id ? concerned(frame) : stream
    if (id === null || this.#fetches.hold(frame, viewer.id, id)) return
    if (event === 'conversation.joined') {
      const { conversation } = frame.data as EventData<'conversation.joined'>
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
    const ends = endsReading(readerChanges(event, frame.data), viewer.id)
    if (!state) {
      // A page of the inbox did not contain it, because it moved to the top meanwhile.
      if (!ends) void this.#fetches.ask(id)
    } else if (change > state.conversation.last_change) {
      if (ends) return this.#drop(id)
      const next = apply(state, frame, viewer)
      this.#put(id, this.#blocked.leavesOpen(frame, viewer.id) ? { ...next, stale: true } : next)
    }
  }

  /** Mentions that came before the event may have been stored after the block. */
  #blockChanged(contact: EventData<'contact.updated'>): void {
    if (contact.blocked_at !== null) this.#blocked.learn([contact], false)
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
    const found = new Map<string, Conversation>()
    const blocked = await this.#client.contacts.list({ blocked: true, limit: MAX_KNOWN_BLOCKED })
    let start: string | null = null
    do {
      const page: Awaited<ReturnType<Client['conversations']['inbox']>> = await this.#client.conversations.inbox({
        limit: PAGE,
        ...(start === null ? {} : { start }),
      })
      for (const conversation of page.data) found.set(conversation.id, conversation)
      start = page.next_start
    } while (start !== null)
    return () => {
      this.#blocked.learn(blocked.data, blocked.has_more)
      for (const id of this.#states.keys()) if (!found.has(id)) this.#drop(id)
      for (const [id, conversation] of found) {
        const older = conversation.last_change < (known.get(id) ?? 0)
        if (older || this.#states.get(id)?.messages.size) void this.#fetches.ask(id)
        else this.#begin(conversation)
      }
      this.emit('loaded', null)
    }
  }

  /** null: the answer is older than what was known before the request. */
  async #fetchOne(conversation_id: string, known: ReadonlyMap<string, number>): Promise<(() => void) | null> {
    const [oldest] = this.messages(conversation_id)
    try {
      const conversation = await this.#client.conversations.inboxEntry({ conversation_id })
      if (conversation.last_change < (known.get(conversation_id) ?? 0)) return null
      const messages = oldest ? await this.#messagesFrom(conversation_id, oldest.seq) : []
      return () => this.#begin(conversation, messages)
    } catch (error) {
      if (error instanceof ParleyError && error.status === 404) return () => this.#drop(conversation_id)
      throw error
    }
  }

  /** The newest messages, back to the one with this seq. */
  async #messagesFrom(conversation_id: string, seq: number): Promise<Message[]> {
    const messages: Message[] = []
    let start: string | null = null
    do {
      const page: Awaited<ReturnType<Client['messages']['list']>> = await this.#client.messages.list({
        conversation_id,
        sort: 'desc',
        limit: PAGE,
        ...(start === null ? {} : { start }),
      })
      messages.push(...page.data.filter(message => message.seq >= seq))
      start = (messages.at(-1)?.seq ?? seq) > seq && messages.length < MAX_MESSAGES ? page.next_start : null
    } while (start !== null)
    return messages
  }

  #begin(conversation: Conversation, messages: readonly Message[] = []): void {
    this.#client.live.track(conversation.id, conversation.last_change)
    this.#put(conversation.id, stateOf(conversation, messages))
  }

  #put(conversation_id: string, state: ConversationState): void {
    if (this.#states.get(conversation_id) === state) return
    this.#states.set(conversation_id, state)
    this.emit('change', { conversation_id, state })
    if (state.stale) void this.#fetches.ask(conversation_id)
  }

  #drop(conversation_id: string): void {
    this.#client.live.forget(conversation_id)
    if (this.#states.delete(conversation_id)) this.emit('change', { conversation_id, state: null })
  }
}

/** The conversation that an event of the user stream is about. */
function concerned({ event, data }: EventFrame): string | null {
  if (event === 'conversation.joined') return (data as EventData<'conversation.joined'>).conversation.id
  return typeof data['conversation_id'] === 'string' ? data['conversation_id'] : null
}

function bySeq(messages: Iterable<Message>): Message[] {
  return [...messages].toSorted((a, b) => a.seq - b.seq)
}
