import type { Client } from '../client.ts'
import type { EventFrame } from '../wire-types.ts'

/** While the viewer types, the others are told so often. */
const REPEAT_MS = 3_000

/** Who is typing, until it expires; and telling the others that the viewer is. */
export class Typing {
  readonly #client: Client
  readonly #changed: (conversation_id: string) => void
  /** conversation → user → the timer of the expiry. */
  readonly #typing = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()
  /** When the others were told, in milliseconds since 1970. */
  readonly #told = new Map<string, number>()

  constructor(client: Client, changed: (conversation_id: string) => void) {
    this.#client = client
    this.#changed = changed
  }

  of(conversation_id: string): string[] {
    return [...(this.#typing.get(conversation_id)?.keys() ?? [])]
  }

  /** The viewer has typed: tells the others if it is time. */
  typed(conversation_id: string): void {
    const now = Date.now()
    if (Math.abs(now - (this.#told.get(conversation_id) ?? 0)) < REPEAT_MS) return
    this.#told.set(conversation_id, now)
    // A hint about the moment: if it fails, the next one repeats it.
    this.#client.typing.start({ conversation_id }).catch(() => undefined)
  }

  /** The viewer has stopped. Sending does so without a call. */
  stopped(conversation_id: string, sent = false): void {
    if (this.#told.delete(conversation_id) && !sent)
      this.#client.typing.stop({ conversation_id }).catch(() => undefined)
  }

  take({ event, stream = '', data, at }: EventFrame): void {
    // Cast: contracts define the data of these events; only the fields of the event are read.
    const { conversation_id, user_id, sender_id, user_ids, expires_at } = data as Record<
      'conversation_id' | 'user_id' | 'sender_id' | 'expires_at',
      string
    > & { user_ids?: readonly string[] }
    if (event === 'typing.started') this.#start(conversation_id, user_id, Date.parse(expires_at) - Date.parse(at))
    else if (event === 'typing.stopped') this.#end(conversation_id, user_id)
    else if (event === 'message.created') this.#end(stream, sender_id)
    else if (event === 'member.removed') for (const each of user_ids ?? []) this.#end(stream, each)
  }

  /** The connection has ended, or another user has signed in. */
  clear(): void {
    for (const [conversation_id, users] of this.#typing)
      for (const user_id of users.keys()) this.#end(conversation_id, user_id)
    this.#told.clear()
  }

  #start(conversation_id: string, user_id: string, ms: number): void {
    const users = this.#typing.get(conversation_id) ?? new Map<string, ReturnType<typeof setTimeout>>()
    this.#typing.set(conversation_id, users)
    clearTimeout(users.get(user_id))
    users.set(
      user_id,
      setTimeout(() => this.#end(conversation_id, user_id), ms),
    )
    this.#changed(conversation_id)
  }

  #end(conversation_id: string, user_id: string): void {
    const users = this.#typing.get(conversation_id)
    clearTimeout(users?.get(user_id))
    if (!users?.delete(user_id)) return
    if (users.size === 0) this.#typing.delete(conversation_id)
    this.#changed(conversation_id)
  }
}
