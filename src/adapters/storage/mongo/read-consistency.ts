import type { Appender } from './flush/appender.ts'
import type { ConversationFlush } from './flush/conversation-stream.ts'
import type { Tables } from './rows/tables.ts'

/** A row and the change of its conversation that it shows. */
export interface Shown {
  conversation_id: string
  change: number
}

/** The part of a filter that selects present rows. */
export interface PresentFilter {
  $or: ({ present: { $eq: true } } | { change: { $gt: number } })[]
}

/** How often rows are read again because their conversation was settled meanwhile. */
const READS = 5

/**
 * Reads of projections may meet a row of an append that is not finished. They never show it half: they finish it, or wait
 * for whoever does in this process, and read again.
 */
export class ReadConsistency {
  readonly #tables: Tables
  readonly #appender: Pick<Appender<ConversationFlush>, 'covers' | 'settle'>

  constructor(tables: Tables, appender: Pick<Appender<ConversationFlush>, 'covers' | 'settle'>) {
    this.#tables = tables
    this.#appender = appender
  }

  /** Calls `read` until everything it shows is covered by the conversations' heads. */
  async read<R>(read: () => Promise<R>, shown: (result: R) => readonly Shown[]): Promise<R> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await read()
      const ahead = await this.#ahead(shown(result))
      if (ahead.length === 0 || attempt === READS) return result
      await this.settle(ahead)
    }
  }

  /**
   * Rows that are present, for lists. Tombstones newer than the head are read too: they show an append that is not finished,
   * which the absence of a row would not.
   */
  async present<R extends Shown & { present: boolean }>(
    conversation_id: string,
    read: (present: PresentFilter) => Promise<R[]>,
  ): Promise<R[]> {
    for (let attempt = 1; attempt <= READS; attempt += 1) {
      const head = (await this.#heads([conversation_id])).get(conversation_id) ?? 0
      const rows = await read({ $or: [{ present: { $eq: true } }, { change: { $gt: head } }] })
      const newer = rows.filter(({ change }) => change > head)
      if (newer.length === 0) return rows
      await this.settle(await this.#ahead(newer))
    }
    return read({ $or: [{ present: { $eq: true } }] })
  }

  async settle(conversation_ids: readonly string[]): Promise<void> {
    await Promise.all(conversation_ids.map(id => this.#appender.settle(id)))
  }

  async #ahead(rows: readonly Shown[]): Promise<string[]> {
    const newest = new Map<string, number>()
    for (const { conversation_id, change } of rows) {
      if (this.#appender.covers(conversation_id, change)) continue
      newest.set(conversation_id, Math.max(change, newest.get(conversation_id) ?? 0))
    }
    if (newest.size === 0) return []
    const heads = await this.#heads([...newest.keys()])
    return [...newest].filter(([id, change]) => (heads.get(id) ?? 0) < change).map(([id]) => id)
  }

  async #heads(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#tables.conversations.findIds(ids, { projection: { last_change: 1 } })
    return new Map(rows.map(({ _id, last_change }) => [_id, last_change]))
  }
}
