import type { Filter, FindOptions } from 'mongodb'
import type { MemberRole } from '../../../../contracts/entities.ts'
import type { ConversationRecord, MemberRecord } from '../../../domain/records.ts'
import { byJoining } from '../../../domain/roles.ts'
import { markerOf, type Counts } from '../../../domain/unread.ts'
import type { InboxEntry, Members, Page } from '../../../ports/storage.ts'
import { idPage } from './conversations.ts'
import { Semaphore } from './flush/semaphore.ts'
import type { PresentFilter, ReadConsistency } from './read-consistency.ts'
import { below, memberKey } from './rows/keys.ts'
import { Loader } from './rows/loader.ts'
import { toConversation, toMember } from './rows/records.ts'
import type { ConversationRow, MemberRow } from './rows/rows.ts'
import { BY_JOINING, type Tables } from './rows/tables.ts'
import { countsBeyond } from './rows/unread.ts'

/** How often an inbox is read again because a conversation of it was settled meanwhile. */
const OF_USER_READS = 5
/** Large conversations whose first members are read at once by one call. */
const LARGE_AT_ONCE = 4

/** Roles that are remembered. */
const MAX_ROLES = 20_000

/** A role changes only with the conversation's `access_change`. */
interface KnownRole {
  access_change: number
  role: MemberRole | null
}

export class MongoMembers implements Members {
  readonly #tables: Tables
  readonly #consistency: ReadConsistency
  readonly #loader: Loader<MemberRow>
  readonly #roles = new Map<string, KnownRole>()
  constructor(tables: Tables, consistency: ReadConsistency) {
    this.#tables = tables
    this.#consistency = consistency
    this.#loader = new Loader(tables.members)
  }

  async find(conversation_id: string, user_id: string): Promise<MemberRecord | null> {
    return (await this.findMany(conversation_id, [user_id]))[0] ?? null
  }

  async findMany(conversation_id: string, user_ids: readonly string[]): Promise<MemberRecord[]> {
    const keys = user_ids.map(user_id => memberKey(conversation_id, user_id))
    // Every row by its key, so tombstones are among them whatever the filter would select.
    return this.#members([conversation_id], async () => [...(await this.#loader.load(keys)).values()])
  }

  async roleIn(
    { id, access_change }: Pick<ConversationRecord, 'id' | 'access_change'>,
    user_id: string,
  ): Promise<MemberRole | null> {
    const key = memberKey(id, user_id)
    const known = this.#roles.get(key)
    if (known?.access_change === access_change) return known.role
    const { heads, rows } = await this.#consistency.present([id], async () => [
      ...(await this.#loader.load([key])).values(),
    ])
    const role = rows[0]?.role ?? null
    const now = heads.get(id)?.access_change
    if (now !== undefined) this.#remember(key, { access_change: now, role })
    return role
  }

  #remember(key: string, known: KnownRole): void {
    this.#roles.delete(key)
    this.#roles.set(key, known)
    const [oldest] = this.#roles.size > MAX_ROLES ? this.#roles.keys() : []
    if (oldest !== undefined) this.#roles.delete(oldest)
  }

  list(conversation_id: string, page: Page): Promise<MemberRecord[]> {
    const sort = { _id: page.ascending ? 1 : -1 } as const
    const range = { ...below(conversation_id), ...idPage(page, `${conversation_id}:`)._id }
    return this.#find([conversation_id], { _id: range }, { sort, limit: page.limit })
  }

  first(conversation_id: string, limit: number): Promise<MemberRecord[]> {
    return this.#find([conversation_id], {}, { sort: BY_JOINING, limit })
  }

  /** One read for all conversations that have no more members than asked for, and one for each of the others. */
  async firstOfEach(conversation_ids: readonly string[], limit: number): Promise<Map<string, MemberRecord[]>> {
    const heads = await this.#consistency.heads(conversation_ids)
    const count = (id: string) => heads.get(id)?.participant_count ?? 0
    const small = conversation_ids.filter(id => count(id) <= limit)
    const large = conversation_ids.filter(id => count(id) > limit)
    const turns = new Semaphore(LARGE_AT_ONCE)
    const [members, ...others] = await Promise.all([
      small.length > 0 ? this.#find(small, {}, { sort: { _id: 1 } }) : [],
      ...large.map(id => turns.run(() => this.first(id, limit))),
    ])
    const first = new Map<string, MemberRecord[]>(large.map((id, index) => [id, others[index] ?? []]))
    for (const id of small) first.set(id, [])
    for (const member of members.toSorted(byJoining)) first.get(member.conversation_id)?.push(member)
    // A user may have joined meanwhile.
    for (const [id, of] of first) first.set(id, of.slice(0, limit))
    return first
  }

  leaders(conversation_id: string): Promise<MemberRecord[]> {
    return this.#find(
      [conversation_id],
      { conversation_id: { $eq: conversation_id }, role: { $in: ['owner', 'admin'] } },
      { sort: BY_JOINING },
    )
  }

  async ofUser(user_id: string): Promise<InboxEntry[]> {
    for (let attempt = 1; ; attempt += 1) {
      const members = await this.#tables.members.find({ user_id: { $eq: user_id } }, { sort: { _id: 1 } })
      const rows = await this.#tables.conversations.findIds(members.map(member => member.conversation_id))
      const heads = new Map(rows.map(row => [row._id, row]))
      const ahead = members.filter(
        ({ conversation_id, change }) => change > (heads.get(conversation_id)?.last_change ?? 0),
      )
      if (ahead.length > 0 && attempt < OF_USER_READS) {
        await this.#consistency.settle(ahead.map(({ conversation_id }) => conversation_id))
        continue
      }
      const present = members.filter(
        ({ present: stays, conversation_id }) => stays && !heads.get(conversation_id)?.purged,
      )
      return (await this.#afterHeads(present, heads)).flatMap(member => {
        const head = heads.get(member.conversation_id)
        return head ? [{ member: toMember(member, head), conversation: toConversation(head) }] : []
      })
    }
  }

  /** Reads those again whose latest own message may have left the conversation's row after they were read. */
  async #afterHeads(members: readonly MemberRow[], heads: ReadonlyMap<string, ConversationRow>): Promise<MemberRow[]> {
    const moved = members.filter(({ conversation_id, user_id }) => {
      const head = heads.get(conversation_id)
      return head?.senders_moved === true && !head.senders.some(sender => sender.user_id === user_id)
    })
    if (moved.length === 0) return [...members]
    const rows = await this.#tables.members.findIds(moved.map(({ _id }) => _id))
    const again = new Map(rows.map(row => [row._id, row]))
    return members.map(member => {
      const { own_seq, own_countable } = again.get(member._id) ?? member
      return { ...member, own_seq, own_countable }
    })
  }

  async unread(user_id: string, memberships: readonly InboxEntry[]): Promise<Counts[]> {
    const asked = memberships.map(({ member, conversation }) => ({ conversation, user_id, marker: markerOf(member) }))
    return (await countsBeyond(this.#tables, asked)).map(({ counts }) => counts)
  }

  #find(conversation_ids: readonly string[], filter: Filter<MemberRow>, options: FindOptions): Promise<MemberRecord[]> {
    return this.#members(conversation_ids, present => this.#tables.members.find({ ...filter, ...present }, options))
  }

  async #members(
    conversation_ids: readonly string[],
    read: (present: PresentFilter) => Promise<MemberRow[]>,
  ): Promise<MemberRecord[]> {
    const { heads, rows } = await this.#consistency.present(conversation_ids, read)
    return rows.map(row => toMember(row, heads.get(row.conversation_id) ?? null))
  }
}
