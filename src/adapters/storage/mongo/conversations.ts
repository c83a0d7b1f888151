import type { Filter } from 'mongodb'
import { pairOf, type ConversationRecord } from '../../../domain/records.ts'
import { foldName } from '../../../domain/users.ts'
import type { ActivityPage, Conversations, Page } from '../../../ports/storage.ts'
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
    let row = (await this.#consistency.heads([id])).get(id)
    if (!row && (await this.#tables.log.begins(id, 'conversation.created'))) {
      // Created, but the flush is not finished: members may have the event already.
      await this.#consistency.settle([id])
      row = (await this.#consistency.heads([id])).get(id)
    }
    return row && !row.purged ? toConversation(row) : null
  }

  recent(id: string): Promise<ConversationRecord | null> {
    const row = this.#consistency.knownHead(id)
    return Promise.resolve(row && !row.purged ? toConversation(row) : null)
  }

  async findDirect(user_id: string, other_id: string): Promise<ConversationRecord | null> {
    const pair = await this.#tables.pairs.findId(pairOf([user_id, other_id]))
    return pair ? this.find(pair.conversation_id) : null
  }

  async listAll({ disabled }: { disabled?: boolean }, page: Page): Promise<ConversationRecord[]> {
    const filter = { purged: { $eq: false }, ...(disabled === undefined ? {} : { disabled: { $eq: disabled } }) }
    const sort = { _id: page.ascending ? 1 : -1 } as const
    const rows = await this.#tables.conversations.find({ ...filter, ...idPage(page) }, { sort, limit: page.limit })
    return rows.map(toConversation)
  }

  /** The index orders the public groups; their names are compared in the order of ids, until the page is full. */
  async listPublic({ q = '' }: { q?: string }, page: Page): Promise<ConversationRecord[]> {
    const named = { $ne: null, ...(q === '' ? {} : { $regex: literal(foldName(q)) }) }
    const filter = { visibility: { $eq: 'public' as const }, public_name: named, ...idPage(page) }
    const sort = { _id: page.ascending ? 1 : -1 } as const
    return (await this.#tables.conversations.find(filter, { sort, limit: page.limit })).map(toConversation)
  }

  /** The index orders the disabled ones and the others apart: both are read, and merged. */
  async listAllByActivity({ disabled }: { disabled?: boolean }, page: ActivityPage): Promise<ConversationRecord[]> {
    const wanted = disabled === undefined ? [false, true] : [disabled]
    const rows = (await Promise.all(wanted.map(each => this.#byActivity(each, page)))).flat()
    const direction = page.ascending ? 1 : -1
    const order = (a: ConversationRow, b: ConversationRow) =>
      `${a.active_at} ${a._id}` < `${b.active_at} ${b._id}` ? -direction : direction
    return rows.toSorted(order).slice(0, page.limit).map(toConversation)
  }

  #byActivity(disabled: boolean, { ascending, after, limit }: ActivityPage): Promise<ConversationRow[]> {
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
    const filter = { purged: { $eq: false }, disabled: { $eq: disabled }, ...rest }
    return this.#tables.conversations.find(filter, { sort, limit })
  }
}

/** A regular expression that finds exactly this text. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/#\s-]/g, '\\$&')
}

/** The ids of a page as a range of `_id`, with a prefix where the key has one. */
export function idPage(page: Page, prefix = ''): { _id?: Record<string, string> } {
  const range = idRange(page, prefix)
  return range ? { _id: range } : {}
}

/** null: every id. */
export function idRange({ ascending, start, before }: Page, prefix = ''): Record<string, string> | null {
  const range: Record<string, string> = {}
  if (start !== undefined) range[ascending ? '$gte' : '$lte'] = `${prefix}${start}`
  if (before !== undefined) range[ascending ? '$lt' : '$gt'] = `${prefix}${before}`
  return Object.keys(range).length > 0 ? range : null
}
