import type { EventFrame } from '../wire-types.ts'

/** Blocked users that are known by id. If there are more, any sender may be one. */
export const MAX_KNOWN_BLOCKED = 100

/** Who may be blocked. `more`: others than these as well. */
export interface Known {
  readonly ids: readonly string[]
  readonly more: boolean
}

/**
 * The users whom the viewer has blocked at some time since the store was opened. Their mentions may not count, depending on when
 * they were stored (specification, Conversations). The own stream does not tell that: it is not ordered with the conversation's.
 */
export class Blocked {
  readonly #ids = new Set<string>()
  #more = false

  /** The first `MAX_KNOWN_BLOCKED` of those who are blocked, and whether there are more. */
  learn(ids: readonly string[], more: boolean): void {
    for (const id of ids) this.#ids.add(id)
    this.#more ||= more || this.#ids.size > MAX_KNOWN_BLOCKED
  }

  get known(): Known {
    return { ids: [...this.#ids], more: this.#more }
  }

  clear(): void {
    this.#ids.clear()
    this.#more = false
  }

  /** Whether the event changes the viewer's mentions in a way that only the server knows. */
  leavesOpen({ event, data }: EventFrame, viewer_id: string): boolean {
    if (event !== 'message.created' && event !== 'message.deleted') return false
    const { mentions, sender_id } = data
    return mentions.includes(viewer_id) && (this.#more || this.#ids.has(sender_id))
  }
}
