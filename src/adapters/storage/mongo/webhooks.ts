import type { DeliveryStatus } from '../../../../contracts/webhooks.ts'
import type { DeliveryRecord, WebhookRecord } from '../../../domain/webhooks.ts'
import type { Page } from '../../../ports/storage.ts'
import type { AttemptPatch, ReplayedDeliveries, WebhookPatch, Webhooks } from '../../../ports/webhooks.ts'
import { idPage } from './conversations.ts'
import { b36, below } from './rows/keys.ts'
import type { Tables } from './rows/tables.ts'
import type { WebhookDeliveryRow, WebhookRow } from './rows/webhook-rows.ts'

/** Deliveries that are made to wait again in one command. */
const REPLAYED_AT_ONCE = 500

export class MongoWebhooks implements Webhooks {
  readonly #tables: Pick<Tables, 'webhooks' | 'webhook_deliveries'>
  readonly #ids: () => string
  constructor(tables: Pick<Tables, 'webhooks' | 'webhook_deliveries'>, ids: () => string) {
    this.#tables = tables
    this.#ids = ids
  }

  async create(webhook: WebhookRecord): Promise<void> {
    await this.#tables.webhooks.insert(toRow(webhook))
  }

  async find(id: string): Promise<WebhookRecord | null> {
    const row = await this.#tables.webhooks.findId(id)
    return row && toWebhook(row)
  }

  async list(page: Page): Promise<WebhookRecord[]> {
    const sort = { _id: page.ascending ? 1 : -1 } as const
    return (await this.#tables.webhooks.find(idPage(page), { sort, limit: page.limit })).map(toWebhook)
  }

  async update(id: string, patch: WebhookPatch): Promise<WebhookRecord | null> {
    if (Object.keys(patch).length > 0) await this.#tables.webhooks.updateOne({ id, set: patch })
    return this.find(id)
  }

  /** The webhook last, so that what failed is repeated. */
  async remove(id: string): Promise<boolean> {
    await this.#tables.webhook_deliveries.delete({ webhook_id: { $eq: id } })
    return (await this.#tables.webhooks.delete({ _id: { $eq: id } })) > 0
  }

  async addDeliveries(deliveries: readonly DeliveryRecord[]): Promise<void> {
    await this.#tables.webhook_deliveries.insertMissing(deliveries.map(toDeliveryRow))
  }

  /** Of several processes that find a delivery the one whose claim is in its row has it. */
  async claim(webhook_id: string, now: string, until: string, limit: number): Promise<DeliveryRecord[]> {
    const { webhook_deliveries } = this.#tables
    // Beyond every change of this time.
    const due = { $gte: `${webhook_id}:`, $lt: `${webhook_id}:${now};` }
    const found = await webhook_deliveries.find({ due }, { sort: { due: 1, _id: 1 }, limit })
    if (found.length === 0) return []
    const claim = this.#ids()
    await webhook_deliveries.update(
      found.map(({ _id: id, claim: seen, attempts, change, due: before = '' }) => ({
        id,
        guard: { claim: { $eq: seen }, attempts: { $eq: attempts }, due: { $eq: before } },
        set: { due: dueKey(webhook_id, until, change), due_at: until, attempts: attempts + 1, claim },
      })),
    )
    const rows = new Map((await webhook_deliveries.findIds(found.map(({ _id }) => _id))).map(row => [row._id, row]))
    return found.flatMap(({ _id }) => {
      const row = rows.get(_id)
      return row?.claim === claim ? [toDelivery(row)] : []
    })
  }

  async settle({ id, attempts }: Pick<DeliveryRecord, 'id' | 'attempts'>, outcome: AttemptPatch): Promise<void> {
    const { webhook_deliveries } = this.#tables
    const guard = { attempts: { $eq: attempts }, due: { $gt: '' } }
    if (outcome.due_at === null) {
      await webhook_deliveries.updateOne({ id, guard, set: outcome, unset: ['due'] })
      return
    }
    const row = await webhook_deliveries.findId(id)
    if (!row) return
    const due = dueKey(row.webhook_id, outcome.due_at, row.change)
    await webhook_deliveries.updateOne({ id, guard, set: { ...outcome, due } })
  }

  async waiting(webhook_id: string): Promise<number> {
    const counts = await this.#tables.webhook_deliveries.countBy('webhook_id', { due: below(webhook_id) })
    return counts.get(webhook_id) ?? 0
  }

  async deliveries(webhook_id: string, { status }: { status?: DeliveryStatus }, page: Page): Promise<DeliveryRecord[]> {
    const sort = { _id: page.ascending ? 1 : -1 } as const
    const filter = { webhook_id: { $eq: webhook_id }, ...(status ? { status: { $eq: status } } : {}), ...idPage(page) }
    return (await this.#tables.webhook_deliveries.find(filter, { sort, limit: page.limit })).map(toDelivery)
  }

  async replay(webhook_id: string, { first, last, status }: ReplayedDeliveries, now: string): Promise<number> {
    const { webhook_deliveries } = this.#tables
    let replayed = 0
    for (let after = first; ;) {
      const page = await webhook_deliveries.find(
        { webhook_id: { $eq: webhook_id }, _id: { $gte: after, $lte: last } },
        { sort: { _id: 1 }, limit: REPLAYED_AT_ONCE },
      )
      const ended = page.filter(row => row.due === undefined && (status === undefined || row.status === status))
      replayed += await webhook_deliveries.update(
        ended.map(({ _id: id, change, claim }) => ({
          id,
          // A repeat of the command meets its own work, and counts it.
          guard: { claim: { $eq: claim } },
          set: { status: 'waiting', attempts: 0, due_at: now, expires_at: null, due: dueKey(webhook_id, now, change) },
        })),
      )
      const end = page.at(-1)
      if (!end || page.length < REPLAYED_AT_ONCE) return replayed
      after = `${end._id} `
    }
  }

  async dropWaiting(webhook_id: string): Promise<void> {
    await this.#tables.webhook_deliveries.delete({ due: below(webhook_id) })
  }
}

function dueKey(webhook_id: string, due_at: string, change: number): string {
  return `${webhook_id}:${due_at}:${b36(change)}`
}

export function toRow({ id: _id, ...webhook }: WebhookRecord): WebhookRow {
  return { _id, ...webhook }
}

function toWebhook({ _id, ...webhook }: WebhookRow): WebhookRecord {
  return { id: _id, ...webhook }
}

export function toDeliveryRow({ id: _id, ...delivery }: DeliveryRecord): WebhookDeliveryRow {
  const { webhook_id, due_at, change } = delivery
  return { _id, ...delivery, claim: '', ...(due_at === null ? {} : { due: dueKey(webhook_id, due_at, change) }) }
}

function toDelivery({ _id, due: _due, claim: _claim, ...delivery }: WebhookDeliveryRow): DeliveryRecord {
  return { id: _id, ...delivery }
}
