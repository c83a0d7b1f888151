import type { MessageRecord, PinRecord, VersionRecord } from '../../../domain/records.ts'
import type { Messages, SeqRange } from '../../../ports/storage.ts'
import type { ReadConsistency } from './read-consistency.ts'
import { below, messageKey, sendKey } from './rows/keys.ts'
import { toMessage, toPin, toVersion } from './rows/records.ts'
import type { MessageRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

export class MongoMessages implements Messages {
  readonly #tables: Tables
  readonly #consistency: ReadConsistency
  constructor(tables: Tables, consistency: ReadConsistency) {
    this.#tables = tables
    this.#consistency = consistency
  }

  async find(id: string): Promise<MessageRecord | null> {
    return (await this.findMany([id]))[0] ?? null
  }

  findMany(ids: readonly string[]): Promise<MessageRecord[]> {
    return this.#read(() => this.#tables.messages.findIn('id', ids))
  }

  async findSent(conversation_id: string, sender_id: string, client_id: string): Promise<MessageRecord | null> {
    const key = sendKey(conversation_id, { sender_id, client_id })
    return (await this.#read(() => this.#tables.messages.findIn('send_key', [key])))[0] ?? null
  }

  latest(conversations: Parameters<Messages['latest']>[0]): Promise<MessageRecord[]> {
    return this.#bySeqs(conversations.flatMap(({ id, last_seq }) => (last_seq > 0 ? messageKey(id, last_seq) : [])))
  }

  /** Seqs have no gaps, so the page's keys are computed: nothing is sorted or skipped in the database. */
  async list(conversation_id: string, { ascending, from, to, limit }: SeqRange): Promise<MessageRecord[]> {
    const head = (await this.#consistency.heads([conversation_id])).get(conversation_id)
    if (!head || head.purged) return []
    const step = ascending ? 1 : -1
    const keys: string[] = []
    let seq = ascending ? Math.max(1, from ?? 1) : Math.min(head.last_seq, from ?? head.last_seq)
    const end = ascending ? Math.min(head.last_seq + 1, to ?? Infinity) : Math.max(0, to ?? 0)
    for (; keys.length < limit && (end - seq) * step > 0; seq += step) keys.push(messageKey(conversation_id, seq))
    const messages = await this.#bySeqs(keys)
    return messages.toSorted((a, b) => (a.seq - b.seq) * step)
  }

  bySender(
    sender_id: string,
    after: { conversation_id: string; seq: number } | null,
    limit: number,
  ): Promise<MessageRecord[]> {
    const beyond = after ? { _id: { $gt: messageKey(after.conversation_id, after.seq) } } : {}
    const filter = { sender_id: { $eq: sender_id }, ...beyond }
    return this.#read(() => this.#tables.messages.find(filter, { sort: { _id: 1 }, limit }))
  }

  async versions(message_id: string): Promise<VersionRecord[]> {
    const message = await this.find(message_id)
    if (!message || message.deleted_at !== null) return []
    const _id = below(`${message.conversation_id}:${message_id}`)
    const rows = await this.#tables.versions.find({ _id, erased: { $eq: false } }, { sort: { _id: 1 } })
    // While an edit is not finished, its version row can exist although the message still has that text: not an earlier one.
    const superseded = new Set(message.text_changes.slice(0, -1))
    return rows.filter(row => superseded.has(row.change)).map(toVersion)
  }

  async pins(conversation_id: string, from: number | null, limit: number): Promise<PinRecord[]> {
    const range = from === null ? {} : { pinned_change: { $lte: from } }
    const sort = { pinned_change: -1, _id: -1 } as const
    const { rows } = await this.#consistency.present([conversation_id], present =>
      this.#tables.pins.find({ _id: below(conversation_id), ...range, ...present }, { sort, limit }),
    )
    return rows.map(toPin)
  }

  #bySeqs(keys: readonly string[]): Promise<MessageRecord[]> {
    return this.#read(() => this.#tables.messages.findIds(keys))
  }

  async #read(read: () => Promise<MessageRow[]>): Promise<MessageRecord[]> {
    const rows = await this.#consistency.read(read)
    return rows.map(toMessage)
  }
}
