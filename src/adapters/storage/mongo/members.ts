import type { Filter, FindOptions } from 'mongodb'
import type { MemberRecord } from '../../../domain/records.ts'
import { marker, type Counts } from '../../../domain/unread.ts'
import type { Members, Page, InboxEntry } from '../../../ports/storage.ts'
import { countUnread } from './rows/counts.ts'
import { idPage } from './conversations.ts'
import type { ReadConsistency } from './read-consistency.ts'
import { below, memberKey } from './rows/keys.ts'
import { toConversation, toMember } from './rows/records.ts'
import type { MemberRow } from './rows/rows.ts'
import { BY_JOINING, type Tables } from './rows/tables.ts'

export class MongoMembers implements Members {
  readonly #tables: Tables
  readonly #consistency: ReadConsistency
  constructor(tables: Tables, consistency: ReadConsistency) {
    this.#tables = tables
    this.#consistency = consistency
  }

  async find(conversation_id: string, user_id: string): Promise<MemberRecord | null> {
    return (await this.findMany(conversation_id, [user_id]))[0] ?? null
  }

  async findMany(conversation_id: string, user_ids: readonly string[]): Promise<MemberRecord[]> {
    const keys = user_ids.map(user_id => memberKey(conversation_id, user_id))
    const rows = await this.#consistency.read(
      () => this.#tables.members.findIds(keys),
      all => all,
    )
    return rows.filter(row => row.present).map(toMember)
  }

  list(conversation_id: string, page: Page): Promise<MemberRecord[]> {
    const { _id } = idPage(page, `${conversation_id}:`)
    const sort = { _id: page.ascending ? 1 : -1 } as const
    const filter = { _id: { ...below(conversation_id), ..._id } }
    return this.#members(conversation_id, filter, { sort, limit: page.limit })
  }

  first(conversation_id: string, limit: number): Promise<MemberRecord[]> {
    return this.#members(conversation_id, of(conversation_id), { sort: BY_JOINING, limit })
  }

  async firstOfEach(conversation_ids: readonly string[], limit: number): Promise<Map<string, MemberRecord[]>> {
    return new Map(await Promise.all(conversation_ids.map(async id => [id, await this.first(id, limit)] as const)))
  }

  leaders(conversation_id: string): Promise<MemberRecord[]> {
    return this.#members(conversation_id, { ...of(conversation_id), role: { $ne: 'member' } }, { sort: BY_JOINING })
  }

  async ofUser(user_id: string): Promise<InboxEntry[]> {
    for (let attempt = 1; ; attempt += 1) {
      const members = await this.#tables.members.find({ user_id: { $eq: user_id } }, { sort: { _id: 1 } })
      const rows = await this.#tables.conversations.findIds(members.map(member => member.conversation_id))
      const conversations = new Map(rows.map(row => [row._id, row]))
      const ahead = members.filter(
        ({ conversation_id, change }) => change > (conversations.get(conversation_id)?.last_change ?? 0),
      )
      if (ahead.length > 0 && attempt < OF_USER_READS) {
        await this.#consistency.settle(ahead.map(({ conversation_id }) => conversation_id))
        continue
      }
      return members.flatMap(member => {
        const row = conversations.get(member.conversation_id)
        if (!member.present || !row || row.purged) return []
        return [{ member: toMember(member), conversation: toConversation(row) }]
      })
    }
  }

  unread(_user_id: string, memberships: readonly InboxEntry[]): Promise<Counts[]> {
    return Promise.all(
      memberships.map(({ member, conversation }) => countUnread(this.#tables, conversation, member, marker(member))),
    )
  }

  async #members(
    conversation_id: string,
    filter: Filter<MemberRow>,
    options: FindOptions = {},
  ): Promise<MemberRecord[]> {
    const rows = await this.#consistency.present(conversation_id, present =>
      this.#tables.members.find({ ...filter, ...present }, options),
    )
    return rows.filter(row => row.present).map(toMember)
  }
}

function of(conversation_id: string) {
  return { conversation_id: { $eq: conversation_id } }
}

/** How often an inbox is read again because a conversation of it was settled meanwhile. */
const OF_USER_READS = 5
