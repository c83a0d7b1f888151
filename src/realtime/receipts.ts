import type { EventData } from '../../contracts/events.ts'
import type { ConversationAudience } from '../domain/ephemeral.ts'
import type { Members } from '../ports/storage.ts'

/** The least time between two `receipt.updated` of one user in one conversation. */
const EVERY_MS = 1_000
/** Pairs of conversation and user that are remembered; beyond that receipts are sent at once. */
const MAX_RECENT = 10_000

type Receipt = EventData<'receipt.updated'>
interface Recent {
  latest: [Receipt, ConversationAudience] | null
}
type Send = (receipt: Receipt, audience: ConversationAudience) => void

/**
 * Receipts as they are sent: of one user in one conversation the first at once, then at most one a second, the latest. So a
 * client that marks each message of a long history as read does not cause a frame per message and member. One that has waited is
 * dropped if its user was removed meanwhile, or that cannot be read.
 */
export class Receipts {
  readonly #members: Pick<Members, 'find'>
  readonly #send: Send
  /** By conversation and user, for a second after each that was sent: the latest receipt since. */
  readonly #recent = new Map<string, Recent>()

  constructor(members: Pick<Members, 'find'>, send: Send) {
    this.#members = members
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
    const recent: Recent = { latest: null }
    this.#recent.set(key, recent)
    setTimeout(() => void this.#sendLatest(key, recent), EVERY_MS).unref()
  }

  async #sendLatest(key: string, recent: Recent): Promise<void> {
    const [receipt] = recent.latest ?? []
    // While this is read, further receipts replace the latest one.
    const isMember = receipt !== undefined && (await this.#isMember(receipt))
    this.#recent.delete(key)
    if (isMember && recent.latest) this.#sendNow(key, ...recent.latest)
  }

  async #isMember({ conversation_id, user_id }: Receipt): Promise<boolean> {
    return (await this.#members.find(conversation_id, user_id).catch(() => null)) !== null
  }
}
