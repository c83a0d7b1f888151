import type { Message, Problem } from '../wire-types.ts'
import type { Window } from './windows.ts'
import type { Writes } from './writes.ts'

/** A message as a screen shows it. The same object until something in it changes. */
export interface Item {
  /** Of an own message the same from sending on. */
  readonly key: string
  /** As the viewer's changes leave it. Of a message that is not stored: `id` is its `client_id`. */
  readonly message: Message
  /** Only `stored` messages can be changed. */
  readonly state: 'stored' | 'sent' | 'sending' | 'waiting' | 'failed'
  /** Whether a change of the viewer is not stored yet. */
  readonly changing: boolean
  /** Why sending failed. */
  readonly error: { readonly message: string; readonly problem?: Problem } | null
}

/** A message of the outbox. */
export interface Sending {
  readonly client_id: string
  readonly state: Item['state']
  readonly error: Item['error']
  /** As the server has answered it, or made from its draft. */
  readonly message: Message
}

/** Makes the items of a conversation from what is stored, what is changing and what is being sent. */
export class Items {
  readonly #writes: Writes
  readonly #stored = new WeakMap<Message, { changes: unknown; item: Item }>()
  readonly #sending = new WeakMap<Sending, Item>()

  constructor(writes: Writes) {
    this.#writes = writes
  }

  of(window: Window | undefined, sending: readonly Sending[], viewer_id: string | undefined): readonly Item[] {
    const stored = (window ?? []).map(message => this.#ofStored(message, viewer_id))
    if (sending.length === 0) return stored
    const keys = new Set(stored.map(({ key }) => key))
    const unsent = sending.filter(({ client_id }) => !keys.has(client_id)).map(each => this.#ofSending(each))
    return [...stored, ...unsent]
  }

  #ofStored(message: Message, viewer_id: string | undefined): Item {
    const changes = this.#writes.of(message.id)
    const known = this.#stored.get(message)
    if (known && known.changes === changes) return known.item
    const item: Item = {
      key: (message.sender_id === viewer_id ? message.client_id : null) ?? message.id,
      message: changes?.reduce((now, change) => change(now), message) ?? message,
      state: 'stored',
      changing: changes !== undefined,
      error: null,
    }
    this.#stored.set(message, { changes, item })
    return item
  }

  #ofSending(sending: Sending): Item {
    const { client_id, message, state, error } = sending
    const item = this.#sending.get(sending) ?? { key: client_id, message, state, changing: false, error }
    this.#sending.set(sending, item)
    return item
  }
}
