import type { Conversation } from '../../contracts/entities.ts'
import type { EventData } from '../../contracts/events.ts'
import type { EventFrame, ServerFrame } from '../../contracts/socket.ts'
import type { Person } from './people.ts'
import { until } from './until.ts'

/** How a reconnecting client resumes: in its `auth` frame, or in a frame of its own after `ready`. */
export type ResumeStyle = 'in auth' | 'after ready'

/**
 * A client written from docs/protocol.md only: it keeps positions of streams, and the name of each conversation by its events.
 * Frames that the rules of that page do not explain are listed in `faults`.
 */
export class PlainClient {
  readonly person: Person
  readonly names = new Map<string, string | null>()
  readonly positions = new Map<string, number>()
  readonly faults: string[] = []
  readonly #url: string
  #socket: WebSocket | null = null
  #epoch = ''
  /** The streams of each unanswered `resume`. */
  #resuming: ReadonlySet<string>[] = []
  #fetching = 0
  #ready = false
  #lost = false
  /** Whether something was fetched before the present connection was ready. */
  #owesResume = false

  constructor(url: string, person: Person) {
    this.#url = url
    this.person = person
  }

  /** Whether it is neither resuming nor fetching. */
  get settled(): boolean {
    return this.#ready && this.#resuming.length === 0 && this.#fetching === 0
  }

  /** The server has closed the socket: it is for the test to reconnect. */
  get lost(): boolean {
    return this.#lost
  }

  /** Connects for the first time, fetches the inbox, and resumes from the fetched positions. */
  async start(): Promise<void> {
    await this.#connect(null)
    const { data } = await this.person.client.conversations.inbox({ limit: 100 })
    for (const conversation of data) this.#know(conversation)
    this.#resume()
    await until(() => this.settled, 'the client is up to date')
  }

  /** Cuts the connection and reconnects. */
  async reconnect(style: ResumeStyle): Promise<void> {
    this.#ready = false
    this.#socket?.close()
    await this.#connect(style)
  }

  stop(): void {
    this.#socket?.close()
  }

  async #connect(style: ResumeStyle | null): Promise<void> {
    const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/ws`)
    this.#socket = socket
    this.#resuming = []
    this.#ready = false
    this.#lost = false
    socket.onclose = () => {
      if (this.#socket !== socket) return
      this.#lost = true
      this.#ready = false
    }
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return
      const frame = JSON.parse(String(data)) as ServerFrame
      if (frame.type === 'hello') {
        const resume = style === 'in auth' ? { resume: this.#asked() } : {}
        socket.send(JSON.stringify({ type: 'auth', token: this.person.access_token, ...resume }))
      }
      if (frame.type === 'ready') {
        this.#epoch = frame.epoch
        if (style === null) this.positions.set(this.person.id, frame.change)
        this.#ready = true
        if (style === 'after ready' || this.#owesResume) this.#resume()
      }
      this.#take(frame)
    }
    await until(() => this.#ready || this.#lost, 'ready')
  }

  #asked() {
    this.#resuming.push(new Set(this.positions.keys()))
    return { epoch: this.#epoch, positions: Object.fromEntries(this.positions) }
  }

  #resume(): void {
    this.#owesResume = !this.#ready
    if (!this.#ready) return
    this.#socket?.send(JSON.stringify({ type: 'resume', ...this.#asked() }))
  }

  #know({ id, name, last_change }: Pick<Conversation, 'id' | 'name' | 'last_change'>): void {
    if (last_change <= (this.positions.get(id) ?? 0)) return
    this.positions.set(id, last_change)
    this.names.set(id, name)
  }

  #forget(stream: string): void {
    this.positions.delete(stream)
    this.names.delete(stream)
  }

  #take(frame: ServerFrame): void {
    if (frame.type === 'resumed') this.#resuming.shift()
    if (frame.type === 'resync') {
      if (frame.stream === this.person.id) this.positions.set(frame.stream, frame.change)
      else void this.#fetch(frame.stream)
    }
    if (frame.type !== 'event' || frame.stream === undefined || frame.change === undefined) return
    const position = this.positions.get(frame.stream)
    if (position === undefined || frame.change <= position) return
    if (frame.change > position + 1) {
      if (this.#resuming.some(streams => streams.has(frame.stream ?? ''))) return
      this.faults.push(`jump ${frame.event} ${position} → ${frame.change}`)
      this.#resume()
      return
    }
    this.positions.set(frame.stream, frame.change)
    this.#apply(frame)
  }

  #apply({ event, stream = '', data }: EventFrame): void {
    if (event === 'conversation.joined') this.#know((data as EventData<'conversation.joined'>).conversation)
    if (event === 'conversation.left') this.#forget((data as EventData<'conversation.left'>).conversation_id)
    if (event === 'conversation.updated')
      this.names.set(stream, (data as EventData<'conversation.updated'>).conversation.name)
    if (event === 'conversation.deleted') this.#forget(stream)
    if (event === 'member.removed' && (data as EventData<'member.removed'>).user_ids.includes(this.person.id))
      this.#forget(stream)
  }

  /** Fetches a stream that cannot be replayed whole, and resumes from there. */
  async #fetch(conversation_id: string): Promise<void> {
    this.#fetching += 1
    this.#forget(conversation_id)
    const fetched = await this.person.client.conversations.inboxEntry({ conversation_id }).catch(() => null)
    if (fetched) this.#know(fetched)
    this.#resume()
    this.#fetching -= 1
  }
}
