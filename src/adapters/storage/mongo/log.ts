import type { ConversationDraft, DraftOf, UserDraft } from '../../../domain/log/entry.ts'
import { userNeedsOf } from '../../../domain/log/user-stream.ts'
import { pairOf } from '../../../domain/records.ts'
import {
  READ_BYTES,
  Unavailable,
  type Appended,
  type Log,
  type AppendedToUser,
  type ExpectedVersion,
  type StoredEntry,
} from '../../../ports/storage.ts'
import type { Following, FollowOptions } from '../../../ports/following.ts'
import type { Appender } from './flush/appender.ts'
import type { ConversationFlush } from './flush/conversation-stream.ts'
import type { MongoFollowers } from './followers.ts'
import type { Listeners } from './listeners.ts'
import type { UserFlush } from './flush/user-stream.ts'
import { storedEntriesOf } from './rows/records.ts'
import type { Tables } from './rows/tables.ts'

/** How often a claim or a member that another caller is changing is tried again. */
const TRIES = 5

export interface LogOptions {
  tables: Tables
  conversations: Pick<Appender<ConversationFlush>, 'call' | 'settle'>
  users: Pick<Appender<UserFlush>, 'call'>
  listeners: Listeners
  followers: MongoFollowers
}

export class MongoLog implements Log {
  readonly #options: LogOptions
  constructor(options: LogOptions) {
    this.#options = options
  }

  async appendTo(
    conversation_id: string,
    drafts: readonly ConversationDraft[],
    seen: ExpectedVersion,
  ): Promise<Appended> {
    if (drafts.length === 0) return { outcome: 'unchanged' }
    const direct = drafts.find(draft => draft.event === 'conversation.created')
    if (direct?.conversation.type === 'direct') return this.#createDirect(conversation_id, direct, drafts)
    return this.#append(conversation_id, drafts, seen)
  }

  #append(conversation_id: string, drafts: readonly ConversationDraft[], seen: ExpectedVersion): Promise<Appended> {
    return this.#options.conversations.call(conversation_id, { drafts, seen }, drafts.length)
  }

  /**
   * The pair is claimed for an id before anything is appended. A claim whose conversation never came to be (its claimer
   * died) is completed under the claimed id: so the claimer, if it lives after all, finds it made.
   */
  async #createDirect(
    conversation_id: string,
    { member_ids }: DraftOf<'conversation.created'>,
    drafts: readonly ConversationDraft[],
  ): Promise<Appended> {
    const { pairs, conversations } = this.#options.tables
    const pair = pairOf(member_ids)
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const claimed = await pairs.insert({ _id: pair, conversation_id })
      const owner = claimed ? conversation_id : (await pairs.findId(pair))?.conversation_id
      if (owner === undefined) continue
      if (owner === conversation_id) return this.#append(conversation_id, drafts, {})
      await this.#options.conversations.settle(owner)
      const row = await conversations.findId(owner)
      if (row?.purged) await pairs.delete({ _id: { $eq: pair }, conversation_id: { $eq: owner } })
      else {
        if (!row) await this.#append(owner, drafts, {})
        return { outcome: 'exists', conversation_id: owner }
      }
    }
    throw new Unavailable('the pair is being created and purged by others')
  }

  async appendToUser<D extends UserDraft>(user_id: string, draft: D): Promise<AppendedToUser<D['event']>> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const answer = await this.#options.users.call(user_id, { kind: 'draft', draft }, 1)
      // Cast: the row is of the kind that the draft's event names (`UserRows`).
      if (answer.outcome !== 'delivered' && answer.outcome !== 'behind') return answer as AppendedToUser<D['event']>
      const { conversation_id } = userNeedsOf(draft)
      if (conversation_id !== null) await this.#options.conversations.settle(conversation_id)
    }
    throw new Unavailable('the conversation cannot be settled')
  }

  async read(stream: string, after: number, limit: number, max_bytes = READ_BYTES): Promise<StoredEntry[]> {
    const head = (await this.lastChanges([stream])).get(stream) ?? 0
    const entries: StoredEntry[] = []
    let bytes = 0
    if (limit < 1 || after >= head) return entries
    const to = Math.min(head, after + limit)
    for await (const rows of this.#options.tables.log.rows(stream, after + 1, to)) {
      for (const entry of rows.flatMap(storedEntriesOf)) {
        if (entry.change <= after) continue
        bytes += Buffer.byteLength(entry.json)
        if (entry.change > to || (entries.length > 0 && bytes > max_bytes)) return entries
        entries.push(entry)
      }
    }
    return entries
  }

  async lastChanges(streams: readonly string[]): Promise<Map<string, number>> {
    const projection = { last_change: 1 }
    const [conversations, own] = await Promise.all([
      this.#options.tables.conversations.findIds(streams, { projection }),
      this.#options.tables.streams.findIds(streams, { projection }),
    ])
    const heads = new Map(streams.map(stream => [stream, 0]))
    for (const { _id, last_change } of [...conversations, ...own]) heads.set(_id, last_change)
    return heads
  }

  onCommit(listener: Parameters<Log['onCommit']>[0]): () => void {
    return this.#options.listeners.add(listener)
  }

  follow(name: string, options: FollowOptions): Promise<Following> {
    return this.#options.followers.follow(name, options)
  }

  unfollow(name: string): Promise<void> {
    return this.#options.followers.unfollow(name)
  }
}
