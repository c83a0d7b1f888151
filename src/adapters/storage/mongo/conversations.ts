import type { Filter } from 'mongodb'
import type { ActivityPage, Conversations, Page } from '../../../ports/storage.ts'
import { pairOf, type ConversationRecord } from '../../../domain/records.ts'
import type { ReadConsistency } from './read-consistency.ts'
import { toConversation } from './rows/records.ts'
import type { ConversationRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

export class MongoConversations implements Conversations {
  readonly #tables: Tables
  readonly #consistency: ReadConsistency
  constructor(tables: Tables, consistency: ReadConsistency) {
    this.#tables = tables
    this.#consistency = consistency
  }

  async find(id: string): Promise<ConversationRecord | null> {
    let row = await this.#tables.conversations.findId(id)
    if (!row && (await this.#tables.log.begins(id, 'conversation.created'))) {
      // Created, but whoever did has not finished: members may have heard of it already.
      await this.#consistency.settle([id])
      row = await this.#tables.conversations.findId(id)
    }
    return row && !row.purged ? toConversation(row) : null
  }

  async findDirect(user_id: string, other_id: string): Promise<ConversationRecord | null> {
    const pair = await this.#tables.pairs.findId(pairOf([user_id, other_id]))
    return pair ? this.find(pair.conversation_id) : null
  }

  async listAll({ disabled }: { disabled?: boolean }, page: Page): Promise<ConversationRecord[]> {
    const filter = { ...notPurged(disabled), ...idPage(page) }
    const sort = { _id: page.ascending ? 1 : -1 } as const
    return (await this.#tables.conversations.find(filter, { sort, limit: page.limit })).map(toConversation)
  }

  async listAllByActivity(
    { disabled }: { disabled?: boolean },
    { ascending, after, limit }: ActivityPage,
  ): Promise<ConversationRecord[]> {
    const beyond = ascending ? '$gt' : '$lt'
    const rest: Filter<ConversationRow> = after
      ? {
          $or: [
            { active_at: { [beyond]: after.active_at } },
            { active_at: { $eq: after.active_at }, _id: { [beyond]: after.id } },
          ],
        }
      : {}
    const direction = ascending ? 1 : -1
    const sort = { active_at: direction, _id: direction } as const
    const rows = await this.#tables.conversations.find({ ...notPurged(disabled), ...rest }, { sort, limit })
    return rows.map(toConversation)
  }
}

function notPurged(disabled: boolean | undefined): Filter<ConversationRow> {
  return { purged: { $eq: false }, ...(disabled === undefined ? {} : { disabled: { $eq: disabled } }) }
}

/** The ids of a page as a range of `_id`, with a prefix where the key has one. */
export function idPage({ ascending, start, before }: Page, prefix = ''): { _id?: Record<string, string> } {
  const range: Record<string, string> = {}
  if (start !== undefined) range[ascending ? '$gte' : '$lte'] = `${prefix}${start}`
  if (before !== undefined) range[ascending ? '$lt' : '$gt'] = `${prefix}${before}`
  return Object.keys(range).length > 0 ? { _id: range } : {}
}
