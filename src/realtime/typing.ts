import { TYPING_MS } from '../../contracts/limits.ts'
import type { Published, ConversationAudience } from '../domain/ephemeral.ts'
import type { StoredEntry } from '../ports/storage.ts'
import type { Hub } from './hub.ts'

/** A start that repeats one that was told is not told again for this long (specification, Typing). */
const COALESCED_MS = 3_000
/** How often expired ones are looked for. */
const LOOK_MS = 250
/** Users who are typing, by conversation; of more nothing is told. */
const MAX_TYPING = 10_000

interface Typist {
  audience: ConversationAudience
  /** This and the next are milliseconds of the monotonic clock. */
  expires: number
  told: number
}

interface Deps {
  hub: Hub
  monotonic: () => number
  /** Tells the viewers on every node. */
  publish: (published: Published) => void
  /** Tells the viewers on this node. */
  tell: (published: Published) => void
}

/**
 * Who is typing, as the viewers of this node were told. Each node keeps it for the conversations that are read on it, from the
 * events that it delivers, so nothing has to be said between nodes when somebody stops by a message, by leaving, or by time.
 */
export class Typing implements Disposable {
  readonly #deps: Deps
  /** By conversation, by user. */
  readonly #typing = new Map<string, Map<string, Typist>>()
  #count = 0
  readonly #timer: Timer

  constructor(deps: Deps) {
    this.#deps = deps
    deps.hub.onEntry(entry => this.#entry(entry))
    deps.hub.onGone(user_id => this.#gone(user_id))
    this.#timer = setInterval(() => this.#expire(), LOOK_MS)
    this.#timer.unref()
  }

  /** Takes an event, and says whether the viewers are told: a start that repeats one is not, nor the stop of nothing. */
  admits({ event, about, audience }: Published): boolean {
    if (!('conversation_id' in audience)) return true
    if (event === 'typing.stopped') return this.#remove(audience.conversation_id, about) !== null
    return event !== 'typing.started' || this.#started(audience, about)
  }

  #started(audience: ConversationAudience, user_id: string): boolean {
    const { hub, monotonic } = this.#deps
    const id = audience.conversation_id
    if (hub.readers(id).size === 0) return false
    const now = monotonic()
    const typists = this.#typing.get(id) ?? new Map<string, Typist>()
    const known = typists.get(user_id)
    if (!known && this.#count >= MAX_TYPING) return false
    const repeats = known !== undefined && now - known.told < COALESCED_MS
    typists.set(user_id, { audience, expires: now + TYPING_MS, told: repeats ? known.told : now })
    this.#typing.set(id, typists)
    if (!known) this.#count += 1
    return !repeats
  }

  /** Without telling anybody. */
  forget(conversation_id: string, user_id: string): void {
    this.#remove(conversation_id, user_id)
  }

  #remove(conversation_id: string, user_id: string): Typist | null {
    const typists = this.#typing.get(conversation_id)
    const typist = typists?.get(user_id)
    if (!typists || !typist) return null
    typists.delete(user_id)
    this.#count -= 1
    if (typists.size === 0) this.#typing.delete(conversation_id)
    return typist
  }

  #stop(conversation_id: string, user_id: string): void {
    const typist = this.#remove(conversation_id, user_id)
    if (typist) this.#deps.tell(stopped(typist.audience, user_id))
  }

  /** A message of the user, and the end of the membership, end the typing. */
  #entry({ stream, event, json, left = [] }: StoredEntry): void {
    const typists = this.#typing.get(stream)
    if (!typists) return
    for (const user_id of left === 'all' ? typists.keys() : left) this.#stop(stream, user_id)
    if (event === 'message.created') this.#stop(stream, (JSON.parse(json) as { sender_id: string }).sender_id)
  }

  /** The user has no connection on this node any more. */
  #gone(user_id: string): void {
    for (const typists of this.#typing.values()) {
      const typist = typists.get(user_id)
      if (typist) this.#deps.publish(stopped(typist.audience, user_id))
    }
  }

  #expire(): void {
    const now = this.#deps.monotonic()
    for (const [conversation_id, typists] of this.#typing)
      for (const [user_id, { expires }] of typists) if (expires <= now) this.#stop(conversation_id, user_id)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

function stopped(audience: ConversationAudience, user_id: string): Published {
  const { conversation_id } = audience
  return { event: 'typing.stopped', data: { conversation_id, user_id }, about: user_id, audience }
}
