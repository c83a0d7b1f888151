import type { DeliveryStatus } from '../../contracts/webhooks.ts'
import type { DeliveryRecord, WebhookRecord } from '../domain/webhooks.ts'
import type { Page } from './storage.ts'

export type WebhookPatch = Partial<Omit<WebhookRecord, 'id' | 'created_by' | 'created_at'>>

/** What an attempt changes in its delivery. */
export type AttemptPatch = Omit<
  DeliveryRecord,
  'id' | 'webhook_id' | 'event' | 'stream' | 'change' | 'attempts' | 'created_at'
>

/** Webhooks and what is to be sent to them. A delivery that was added is claimed until it has ended. */
export interface Webhooks {
  create(webhook: WebhookRecord): Promise<void>
  find(id: string): Promise<WebhookRecord | null>
  /** By id. */
  list(page: Page): Promise<WebhookRecord[]>
  /** The webhook after it; null: there is none. */
  update(id: string, patch: WebhookPatch): Promise<WebhookRecord | null>
  /** With its deliveries. false: there was none. */
  remove(id: string): Promise<boolean>
  /** Adds the deliveries whose ids are not stored, also those that have ended. */
  addDeliveries(deliveries: readonly DeliveryRecord[]): Promise<void>
  /**
   * Takes deliveries that are due at `now`: the earliest first, those of one conversation in the order of their changes. Each is
   * given to one caller only, counts one attempt more, and is due again at `until` if it is not settled before.
   */
  claim(webhook_id: string, now: string, until: string, limit: number): Promise<DeliveryRecord[]>
  /** Stores the outcome, if the delivery was not claimed again since. */
  settle(delivery: Pick<DeliveryRecord, 'id' | 'attempts'>, outcome: AttemptPatch): Promise<void>
  /** How many wait for an attempt. */
  waiting(webhook_id: string): Promise<number>
  /** By id: in the order of the events. */
  deliveries(webhook_id: string, filter: { status?: DeliveryStatus }, page: Page): Promise<DeliveryRecord[]>
  /** Makes deliveries that have ended wait again, due at `now`, as before their first attempt; returns how many. */
  replay(webhook_id: string, which: ReplayedDeliveries, now: string): Promise<number>
  /** Removes the deliveries that wait. */
  dropWaiting(webhook_id: string): Promise<void>
}

/** Ids from `first` to `last`, both inclusive. */
export interface ReplayedDeliveries {
  first: string
  last: string
  status?: DeliveryStatus
}
