import type { Appender } from './flush/appender.ts'
import type { ConversationFlush } from './flush/conversation-stream.ts'
import { Loader } from './rows/loader.ts'
import type { ConversationRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** A row and the change of its conversation that it shows. */
export interface Shown {
  conversation_id: string
  change: number
}

/** The part of a filter that selects present rows of conversations. */
export interface PresentFilter {
  $or: { conversation_id: { $eq: string }; $or: ({ present: { $eq: boolean } } | { change: { $gt: number } })[] }[]
}

export type Heads = ReadonlyMap<string, ConversationRow>

/** How often rows are read again because their conversation was settled meanwhile. */
const READS = 5

/**
 * Reads may meet a row of an append that is not finished. They never show half of it: they settle its conversation, which
 * waits for the flush in progress or finishes what another process left, and read again.
 */
export class ReadConsistency {
  readonly #appender: Pick<Appender<ConversationFlush>, 'covers' | 'knownHead' | 'settle'>
  readonly #conversations: Loader<ConversationRow>

  constructor(tables: Tables, appender: Pick<Appender<ConversationFlush>, 'covers' | 'knownHead' | 'settle'>) {
    this.#appender = appender
    this.#conversations = new Loader(tables.conversations)
  }

  /** As this process moved or read it last. */
  knownHead(conversation_id: string): ConversationRow | undefined {
    return this.#appender.knownHead(conversation_id)
  }

  /** Purged ones, too. */
  heads(conversation_ids: readonly string[]): Promise<Heads> {
    return this.#conversations.load(conversation_ids)
  }

  /** Calls `read` until the conversations' heads cover everything that it shows. */
  async read<R extends Shown>(read: () => Promise<R[]>): Promise<R[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await read()
      if (attempt === READS || !(await this.#settleAhead(rows))) return rows
    }
  }

  /**
   * As `read`, with the heads of these conversations as they were before the rows. Reads tombstones newer than the head as
   * well: they show an append that is not finished, which the absence of a row would not.
   */
  async present<R extends Shown & { present: boolean }>(
    conversation_ids: readonly string[],
    read: (present: PresentFilter) => Promise<R[]>,
  ): Promise<{ heads: Heads; rows: R[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const heads = await this.heads(conversation_ids)
      const head = (id: string) => heads.get(id)?.last_change ?? 0
      const $or = conversation_ids.map(id => ({
        conversation_id: { $eq: id },
        $or: [{ present: { $eq: true } }, { change: { $gt: head(id) } }],
      }))
      const found = await read({ $or })
      const newer = found.filter(row => row.change > head(row.conversation_id))
      if (newer.length > 0 && attempt < READS) await this.#settleAhead(newer)
      else return { heads, rows: found.filter(row => row.present) }
    }
  }

  async settle(conversation_ids: readonly string[]): Promise<void> {
    await Promise.all(conversation_ids.map(id => this.#appender.settle(id)))
  }

  /** Settles the conversations whose heads do not cover the rows; false if there was none. */
  async #settleAhead(rows: readonly Shown[]): Promise<boolean> {
    const newest = new Map<string, number>()
    for (const { conversation_id, change } of rows) {
      if (this.#appender.covers(conversation_id, change)) continue
      newest.set(conversation_id, Math.max(change, newest.get(conversation_id) ?? 0))
    }
    if (newest.size === 0) return false
    const heads = await this.heads([...newest.keys()])
    const ahead = [...newest].filter(([id, change]) => (heads.get(id)?.last_change ?? 0) < change)
    await this.settle(ahead.map(([id]) => id))
    return ahead.length > 0
  }
}
