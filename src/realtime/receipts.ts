import type { EventData } from '../../contracts/events.ts'
import type { ConversationAudience } from '../domain/ephemeral.ts'

/** The least time between two `receipt.updated` of one user in one conversation. */
const EVERY_MS = 1_000
/** Pairs of conversation and user that are remembered; beyond that receipts are sent at once. */
const MAX_RECENT = 10_000

type Receipt = EventData<'receipt.updated'>
type Send = (receipt: Receipt, audience: ConversationAudience) => void

/**
 * Receipts as they are sent: of one user in one conversation the first at once, then at most one a second, the latest. So a
 * client that marks each message of a long history as read does not cause a frame per message and member.
 */
export class Receipts {
  readonly #send: Send
  /** By conversation and user, for a second after each that was sent: the latest receipt since. */
  readonly #recent = new Map<string, { latest: [Receipt, ConversationAudience] | null }>()

  constructor(send: Send) {
    this.#send = send
  }

  take(receipt: Receipt, audience: ConversationAudience): void {
    const key = `${receipt.conversation_id}:${receipt.user_id}`
    const recent = this.#recent.get(key)
    if (recent) recent.latest = [receipt, audience]
    else this.#sendNow(key, receipt, audience)
  }

  #sendNow(key: string, receipt: Receipt, audience: ConversationAudience): void {
    this.#send(receipt, audience)
    if (this.#recent.size >= MAX_RECENT) return
    const recent: { latest: [Receipt, ConversationAudience] | null } = { latest: null }
    this.#recent.set(key, recent)
    setTimeout(() => {
      this.#recent.delete(key)
      if (recent.latest) this.#sendNow(key, ...recent.latest)
    }, EVERY_MS).unref()
  }
}
