import type { Filter } from 'mongodb'
import type { InviteRecord } from '../../../domain/records.ts'
import type { Invites } from '../../../ports/invites.ts'
import type { Page } from '../../../ports/storage.ts'
import { idRange } from './conversations.ts'
import type { ReadConsistency } from './read-consistency.ts'
import { toInvite } from './rows/records.ts'
import type { InviteRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

export class MongoInvites implements Invites {
  readonly #tables: Tables
  readonly #consistency: Pick<ReadConsistency, 'heads'>
  constructor(tables: Tables, consistency: Pick<ReadConsistency, 'heads'>) {
    this.#tables = tables
    this.#consistency = consistency
  }

  /** Inserted before the conversation is read: either the purge finds the row, or the row's creator finds the purge. */
  async create({ code, ...invite }: InviteRecord): Promise<boolean> {
    await this.#tables.invites.insert({ _id: code, ...invite })
    if (await this.#exists(invite.conversation_id)) return true
    await this.#tables.invites.delete({ _id: { $eq: code } })
    return false
  }

  async find(code: string): Promise<InviteRecord | null> {
    const row = await this.#tables.invites.findId(code)
    return row && (await this.#exists(row.conversation_id)) ? toInvite(row) : null
  }

  async list(conversation_id: string, now: string, page: Page): Promise<InviteRecord[]> {
    const lasting = [{ expires_at: { $eq: null } }, { expires_at: { $gt: now } }]
    const filter = { conversation_id: { $eq: conversation_id }, revoked_at: { $eq: null }, $or: lasting }
    return (await this.#exists(conversation_id)) ? this.#page(filter, page) : []
  }

  ofUser(user_id: string, page: Page): Promise<InviteRecord[]> {
    return this.#page({ created_by: { $eq: user_id } }, page)
  }

  async revoke(code: string, now: string): Promise<void> {
    await this.#revoke([code], now)
  }

  async revokeAllOfUser(user_id: string, now: string): Promise<void> {
    const filter = { created_by: { $eq: user_id }, revoked_at: { $eq: null } }
    const rows = await this.#tables.invites.find(filter, { sort: { id: 1 }, projection: { _id: 1 } })
    await this.#revoke(
      rows.map(({ _id }) => _id),
      now,
    )
  }

  async #revoke(codes: readonly string[], now: string): Promise<void> {
    const guard = { revoked_at: { $eq: null } }
    await this.#tables.invites.update(codes.map(id => ({ id, guard, set: { revoked_at: now } })))
  }

  async #page(filter: Filter<InviteRow>, page: Page): Promise<InviteRecord[]> {
    const range = idRange(page)
    const within = range ? { id: range } : {}
    const sort = { id: page.ascending ? 1 : -1 } as const
    return (await this.#tables.invites.find({ ...filter, ...within }, { sort, limit: page.limit })).map(toInvite)
  }

  async #exists(conversation_id: string): Promise<boolean> {
    const head = (await this.#consistency.heads([conversation_id])).get(conversation_id)
    return head !== undefined && !head.purged
  }
}
