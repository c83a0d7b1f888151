import type { Client } from '../client.ts'
import type { Message, Reaction } from '../wire-types.ts'
import type { Sync } from './sync.ts'
import { askedToWait, passes } from '../errors.ts'
import { delayBefore } from '../policy.ts'

/** Attempts of one call while its failures pass. */
const MAX_ATTEMPTS = 6

type Change = (message: Message) => Message

/** Changes of messages that are shown before the server has answered. */
export class Writes {
  readonly #pending = new Map<string, readonly Change[]>()
  /** The last call for each message: they are made in order. */
  readonly #last = new Map<string, Promise<unknown>>()
  readonly #client: Client
  readonly #sync: Sync
  readonly #random: () => number
  readonly #changed: (conversation_id: string) => void

  constructor(client: Client, sync: Sync, random: () => number, changed: (conversation_id: string) => void) {
    this.#client = client
    this.#sync = sync
    this.#random = random
    this.#changed = changed
  }

  /** The changes of a message that are not stored yet: the same array until there are others. */
  of(message_id: string): readonly Change[] | undefined {
    return this.#pending.get(message_id)
  }

  clear(): void {
    this.#pending.clear()
  }

  edit(message: Message, patch: { content?: string; metadata?: Message['metadata'] }): Promise<void> {
    return this.#run(message, edited(patch), () => this.#client.messages.update({ message_id: message.id, ...patch }))
  }

  delete(message: Message): Promise<void> {
    const input = { message_id: message.id }
    return this.#run(message, deleted(), async () => {
      await this.#client.messages.delete(input)
      return this.#client.messages.get(input)
    })
  }

  react(message: Message, emoji: string, added: boolean): Promise<void> {
    const { react, unreact, get } = this.#client.messages
    const input = { message_id: message.id, emoji }
    return this.#run(message, reacted(emoji, this.#sync.viewer?.id ?? '', added), async () => {
      if (added) return react(input)
      await unreact(input)
      return get({ message_id: message.id })
    })
  }

  /** Shows the change, makes the call, stores what it answers, and takes the change back. */
  async #run({ id, conversation_id }: Message, change: Change, call: () => Promise<Message>): Promise<void> {
    const pending = (changes: readonly Change[]) => {
      if (changes.length > 0) this.#pending.set(id, changes)
      else this.#pending.delete(id)
      this.#changed(conversation_id)
    }
    pending([...(this.of(id) ?? []), change])
    const made = (this.#last.get(id) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => patiently(call, this.#random))
    this.#last.set(id, made)
    try {
      this.#sync.answered(await made)
    } finally {
      if (this.#last.get(id) === made) this.#last.delete(id)
      pending((this.of(id) ?? []).filter(each => each !== change))
    }
  }
}

/** Repeats a call that changes nothing when it is repeated. */
export async function patiently<T>(call: () => Promise<T>, random: () => number): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await call()
    } catch (error) {
      if (!passes(error) || attempt === MAX_ATTEMPTS) throw error
      const ms = Math.max(askedToWait(error), delayBefore(attempt, 'retry', random))
      await new Promise(resolve => setTimeout(resolve, ms))
    }
}

function edited(patch: { content?: string; metadata?: Message['metadata'] }): Change {
  const edited_at = new Date().toISOString()
  return message => ({ ...message, ...patch, edited_at })
}

function deleted(): Change {
  const deleted_at = new Date().toISOString()
  return message => ({ ...message, content: null, attachments: [], metadata: null, reactions: [], deleted_at })
}

function reacted(emoji: string, user_id: string, added: boolean): Change {
  return message => {
    const known = message.reactions.find(reaction => reaction.emoji === emoji)
    if ((known?.me ?? false) === added) return message
    const { count = 0, user_ids = [] } = known ?? {}
    const others = user_ids.filter(each => each !== user_id)
    const next = added
      ? { emoji, count: count + 1, user_ids: [...others, user_id], me: true }
      : { emoji, count: count - 1, user_ids: others, me: false }
    return { ...message, reactions: withReaction(message.reactions, next) }
  }
}

function withReaction(reactions: readonly Reaction[], next: Reaction): Reaction[] {
  if (!reactions.some(({ emoji }) => emoji === next.emoji)) return [...reactions, next]
  return reactions.map(each => (each.emoji === next.emoji ? next : each)).filter(({ count }) => count > 0)
}
