import type { EventData } from '../../contracts/events.ts'
import type { EventFrame } from '../../contracts/socket.ts'
import type { Client } from './client.ts'
import { Emitter } from './emitter.ts'
import { apply, applyOwn, stateOf, withMessages, type ConversationState, type Viewer } from './state.ts'

/** Conversations fetched at once. */
const PAGE = 100

interface StoreEvents {
  /** A conversation has changed, appeared, or (null) is none of the viewer's any more. */
  change: { conversation_id: string; state: ConversationState | null }
  /** The whole inbox was fetched. */
  loaded: null
}

/**
 * The viewer's conversations, kept up to date: a snapshot of each, all events since, and a new snapshot where events are not
 * enough. While one is fetched its events wait.
 */
export class Store extends Emitter<StoreEvents> {
  readonly #client: Client
  readonly #states = new Map<string, ConversationState>()
  readonly #fetching = new Map<string, EventFrame[]>()
  readonly #stop: (() => void)[]
  #viewer: Viewer | null = null

  constructor(client: Client) {
    super()
    this.#client = client
    const { live } = client
    this.#stop = [
      live.on('event', frame => this.#take(frame)),
      live.on('resync', ({ stream }) => void this.#refetch(stream)),
      live.on('ready', ({ user }) => {
        this.#viewer = { id: user.id, role: user.role }
      }),
    ]
  }

  /** Connects, and fetches the inbox. */
  async open(): Promise<void> {
    const { user } = await this.#client.live.open()
    this.#viewer = { id: user.id, role: user.role }
    await this.#fetchAll()
  }

  close(): void {
    for (const stop of this.#stop) stop()
  }

  /** Newest activity first. */
  inbox(): ConversationState[] {
    const activity = ({ conversation }: ConversationState) =>
      conversation.last_message?.created_at ?? conversation.created_at
    return [...this.#states.values()].toSorted((a, b) => (activity(a) < activity(b) ? 1 : -1))
  }

  get(conversation_id: string): ConversationState | null {
    return this.#states.get(conversation_id) ?? null
  }

  /** Loads one more page of older messages; gives whether there are more. */
  async older(conversation_id: string): Promise<boolean> {
    const state = this.#states.get(conversation_id)
    if (!state) return false
    const [oldest] = [...state.messages.values()].toSorted((a, b) => a.seq - b.seq)
    const page = await this.#client.messages.list({
      conversation_id,
      sort: 'desc',
      ...(oldest ? { start: oldest.id } : {}),
    })
    const now = this.#states.get(conversation_id)
    if (now) this.#put(conversation_id, withMessages(now, page.data))
    return page.has_more
  }

  async #fetchAll(): Promise<void> {
    let start: string | null = null
    do {
      const page: Awaited<ReturnType<Client['conversations']['inbox']>> = await this.#client.conversations.inbox({
        limit: PAGE,
        ...(start === null ? {} : { start }),
      })
      for (const conversation of page.data) {
        const known = this.#states.get(conversation.id)
        if (known && known.conversation.last_change > conversation.last_change) continue
        this.#put(conversation.id, { ...stateOf(conversation), messages: known?.messages ?? new Map() })
        this.#client.live.track(conversation.id, conversation.last_change)
      }
      start = page.next_start
    } while (start !== null)
    this.emit('loaded', null)
  }

  #take(frame: EventFrame): void {
    const { stream, event, data } = frame
    const viewer = this.#viewer
    if (!viewer || stream === undefined) return
    if (stream === viewer.id) return this.#own(frame, viewer)
    const waiting = this.#fetching.get(stream)
    if (waiting) return void waiting.push(frame)
    if (event === 'conversation.deleted' || leaves(frame, viewer.id)) return this.#drop(stream)
    const state = this.#states.get(stream)
    if (!state) return event === 'conversation.created' || 'message' in data ? void this.#refetch(stream) : undefined
    this.#settle(stream, apply(state, frame, viewer))
  }

  #own(frame: EventFrame, viewer: Viewer): void {
    if (frame.event === 'conversation.joined') {
      const { conversation } = frame.data as EventData<'conversation.joined'>
      return void this.#refetch(conversation.id)
    }
    const { conversation_id } = frame.data as { conversation_id: string }
    if (frame.event === 'conversation.left') return this.#drop(conversation_id)
    const waiting = this.#fetching.get(conversation_id)
    if (waiting) return void waiting.push(frame)
    const state = this.#states.get(conversation_id)
    if (state) this.#settle(conversation_id, applyOwn(state, frame, viewer))
  }

  /** Fetches one conversation, with those of its messages that are loaded; for the own stream, everything. */
  async #refetch(stream: string): Promise<void> {
    const viewer = this.#viewer
    if (!viewer) return
    if (stream === viewer.id) return this.#fetchAll()
    if (this.#fetching.has(stream)) return
    const waiting: EventFrame[] = []
    this.#fetching.set(stream, waiting)
    const conversation = await this.#client.conversations['inbox-entry']({ conversation_id: stream }).catch(() => null)
    const loaded = [...(this.#states.get(stream)?.messages.values() ?? [])].toSorted((a, b) => a.seq - b.seq)
    const [oldest] = loaded
    const page =
      conversation && oldest
        ? await this.#client.messages
            .list({ conversation_id: stream, sort: 'asc', start: oldest.id, limit: 100 })
            .catch(() => null)
        : null
    this.#fetching.delete(stream)
    if (!conversation) return this.#drop(stream)
    this.#client.live.track(stream, conversation.last_change)
    this.#put(stream, stateOf(conversation, page?.data))
    for (const frame of waiting) this.#take(frame)
  }

  #settle(conversation_id: string, state: ConversationState): void {
    this.#put(conversation_id, state)
    if (state.stale) void this.#refetch(conversation_id)
  }

  #put(conversation_id: string, state: ConversationState): void {
    this.#states.set(conversation_id, state)
    this.emit('change', { conversation_id, state })
  }

  #drop(conversation_id: string): void {
    this.#client.live.forget(conversation_id)
    if (this.#states.delete(conversation_id)) this.emit('change', { conversation_id, state: null })
  }
}

function leaves({ event, data }: EventFrame, user_id: string): boolean {
  return event === 'member.removed' && (data as EventData<'member.removed'>).user_ids.includes(user_id)
}
