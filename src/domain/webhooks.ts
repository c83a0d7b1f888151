import type { DeliveryStatus } from '../../contracts/webhooks.ts'
import type { ConversationEvent } from '../../contracts/events.ts'

/** A URL to which events are sent. */
export interface WebhookRecord {
  id: string
  url: string
  /** null: all. */
  events: ConversationEvent[] | null
  /** null: of all conversations. */
  conversation_id: string | null
  description: string
  secret: string
  /** Signs too until `previous_until`; null: none. */
  previous_secret: string | null
  previous_until: string | null
  enabled: boolean
  disabled_reason: 'gone' | 'failing' | null
  /** When the first of the attempts failed that have failed since the last success. */
  failing_since: string | null
  created_by: string
  created_at: string
  updated_at: string
}

/** One event for one webhook: ids and numbers, and what became of it. */
export interface DeliveryRecord {
  id: string
  webhook_id: string
  event: ConversationEvent
  stream: string
  change: number
  status: DeliveryStatus
  attempts: number
  /** Of the next attempt; null: it has ended. */
  due_at: string | null
  attempted_at: string | null
  status_code: number | null
  error: string | null
  duration_ms: number | null
  created_at: string
  /** When it is removed; null: not as long as it waits. */
  expires_at: string | null
}

/** The follower of the log that queues the deliveries of a webhook. */
export function followerOf(webhook_id: string): string {
  return `webhook-${webhook_id}`
}

/** Whether the webhook gets the event. */
export function wants(
  { events, conversation_id }: Pick<WebhookRecord, 'events' | 'conversation_id'>,
  entry: { event: string; stream: string },
): boolean {
  return (
    (conversation_id === null || conversation_id === entry.stream) &&
    (events === null || events.some(event => event === entry.event))
  )
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** The pauses after the first attempts: about a day in all. */
const PAUSES = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR]
/** A pause is longer by up to this part of it, so that what failed together does not come back together. */
const JITTER = 0.2
/** Without a success for so long a webhook is disabled. */
const FAILING_MS = 48 * HOUR

/** How long to wait after so many attempts; null: it is given up. `random` is in [0, 1). */
export function pauseAfter(attempts: number, retry_after_ms: number | null, random: number): number | null {
  const pause = PAUSES[attempts - 1]
  return pause === undefined ? null : Math.max(pause * (1 + JITTER * random), retry_after_ms ?? 0)
}

export type WebhookChange = Partial<Pick<WebhookRecord, 'enabled' | 'disabled_reason' | 'failing_since'>>

/** What an attempt changes in its webhook; null: nothing. */
export function changeAfter(
  { failing_since, enabled }: Pick<WebhookRecord, 'failing_since' | 'enabled'>,
  attempt: { delivered: boolean; status_code: number | null },
  now: Date,
): WebhookChange | null {
  if (!enabled) return null
  if (attempt.delivered) return failing_since === null ? null : { failing_since: null }
  const since = failing_since ?? now.toISOString()
  if (attempt.status_code === 410) return { failing_since: since, enabled: false, disabled_reason: 'gone' }
  if (now.getTime() - Date.parse(since) > FAILING_MS)
    return { failing_since: since, enabled: false, disabled_reason: 'failing' }
  return failing_since === null ? { failing_since: since } : null
}
