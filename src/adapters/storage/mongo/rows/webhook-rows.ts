import type { DeliveryRecord, WebhookRecord } from '../../../../domain/webhooks.ts'

/** `_id` = webhook. */
export type WebhookRow = Omit<WebhookRecord, 'id'> & { _id: string }

/** `_id` = delivery. */
export interface WebhookDeliveryRow extends Omit<DeliveryRecord, 'id'> {
  _id: string
  /** `webhook:due_at:b36(change)` while it waits. */
  due?: string
  /** The last claim. */
  claim: string
}
