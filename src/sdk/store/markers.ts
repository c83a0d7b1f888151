import type { Conversation } from '../wire-types.ts'
import type { Client } from '../client.ts'
import type { ConversationState } from './state.ts'
import { patiently } from './writes.ts'

/** How long a marker waits for later ones before it is sent. */
const DEBOUNCE_MS = 500

interface Marker {
  seq: number
  timer: ReturnType<typeof setTimeout> | undefined
  /** The snapshot that was known at the answer. */
  answered: Conversation | null
}

/** Read markers of the viewer that are shown before the server has stored them. They never go back. */
export class Markers {
  readonly #client: Client
  readonly #random: () => number
  readonly #state: (conversation_id: string) => ConversationState | null
  readonly #changed: (conversation_id: string) => void
  readonly #pending = new Map<string, Marker>()
  readonly #shown = new WeakMap<Conversation, { seq: number; shown: Conversation }>()

  constructor(
    client: Client,
    random: () => number,
    state: (conversation_id: string) => ConversationState | null,
    changed: (conversation_id: string) => void,
  ) {
    this.#client = client
    this.#random = random
    this.#state = state
    this.#changed = changed
  }

  read(conversation_id: string, seq: number): void {
    const pending = this.#pending.get(conversation_id)
    const last_read_seq = this.#state(conversation_id)?.conversation.me?.last_read_seq
    if (last_read_seq === undefined || seq <= Math.max(last_read_seq, pending?.seq ?? 0)) return
    clearTimeout(pending?.timer)
    const timer = setTimeout(() => void this.#send(conversation_id, marker), DEBOUNCE_MS)
    const marker: Marker = { seq, timer, answered: null }
    this.#pending.set(conversation_id, marker)
    this.#changed(conversation_id)
  }

  /** Sends what waits at once. */
  flush(): void {
    for (const [conversation_id, marker] of this.#pending) {
      if (marker.timer === undefined) continue
      clearTimeout(marker.timer)
      void this.#send(conversation_id, marker)
    }
  }

  forget(conversation_id: string): void {
    clearTimeout(this.#pending.get(conversation_id)?.timer)
    if (this.#pending.delete(conversation_id)) this.#changed(conversation_id)
  }

  clear(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer)
    this.#pending.clear()
  }

  /** The conversation as it is after the marker: the same object until it or the marker changes. */
  shown({ conversation, snapshot }: ConversationState): Conversation {
    const { id, me, last_seq } = conversation
    const pending = this.#pending.get(id)
    if (!pending || !me) return conversation
    const { seq, answered } = pending
    if (me.last_read_seq >= seq || (answered && answered !== snapshot)) {
      this.#pending.delete(id)
      return conversation
    }
    const known = this.#shown.get(conversation)
    if (known?.seq === seq) return known.shown
    const counts = seq < last_seq ? {} : { unread_count: 0, mention_count: 0 }
    const shown = { ...conversation, me: { ...me, ...counts, last_read_seq: seq } }
    this.#shown.set(conversation, { seq, shown })
    return shown
  }

  async #send(conversation_id: string, marker: Marker): Promise<void> {
    const { seq } = marker
    marker.timer = undefined
    try {
      await patiently(() => this.#client.conversations.read({ conversation_id, seq }), this.#random)
      // Its event may come later.
      marker.answered = this.#state(conversation_id)?.snapshot ?? null
    } catch {
      // Refused, or nobody has answered for long: the stored marker is shown again.
      if (this.#pending.get(conversation_id) === marker) this.forget(conversation_id)
    }
  }
}
