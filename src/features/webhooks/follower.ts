import type { ConversationEvent } from '../../../contracts/events.ts'
import type { Services } from '../../context.ts'
import { followerOf, wants, type DeliveryRecord, type WebhookRecord } from '../../domain/webhooks.ts'
import type { Follower } from '../../followers/follower.ts'
import type { FollowOptions } from '../../ports/following.ts'
import { deliveryId } from './delivery-ids.ts'

/** A webhook begins with what is committed from its creation on. */
export const FOLLOWED: FollowOptions = { streams: 'conversations', from: 'now' }

/** Queues what a webhook gets. `current` gives the webhook as it is now. */
export function webhookFollower(
  { storage, clock }: Pick<Services, 'storage' | 'clock'>,
  webhook_id: string,
  current: () => WebhookRecord,
): Follower {
  return {
    name: followerOf(webhook_id),
    ...FOLLOWED,
    async handle(entries) {
      const webhook = current()
      const wanted = entries.filter(entry => wants(webhook, entry))
      if (wanted.length === 0) return
      const created_at = clock().toISOString()
      await storage.webhooks.addDeliveries(
        wanted.map((entry): DeliveryRecord => {
          return {
            id: deliveryId(webhook_id, entry),
            webhook_id,
            // Cast: the stream of a conversation has no other events.
            event: entry.event as ConversationEvent,
            stream: entry.stream,
            change: entry.change,
            status: 'waiting',
            attempts: 0,
            // In the order of the log.
            due_at: entry.at,
            attempted_at: null,
            status_code: null,
            error: null,
            duration_ms: null,
            created_at,
            expires_at: null,
          }
        }),
      )
    },
  }
}
