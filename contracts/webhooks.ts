import { z } from 'zod'
import { EVENTS, type ConversationEvent } from './events.ts'
import { ADA, AT, ROOM, listOf } from './examples.ts'
import { id, list, page, sort, text, time, timeInput } from './fields.ts'
import { op } from './kit.ts'

/** Of one server. */
export const MAX_WEBHOOKS = 50
/** How long a delivery is listed after its end, and can be replayed. */
export const DELIVERY_DAYS = 7
/** Hours for which a replaced secret signs too, at most. */
const MAX_OVERLAP_HOURS = 168
const MAX_URL_LENGTH = 2_048

/** Cast: the names of the table whose stream is a conversation. */
export const WEBHOOK_EVENTS = Object.entries(EVENTS)
  .filter(([, { stream }]) => stream === 'conversation')
  .map(([name]) => name) as ConversationEvent[]

const event = z.enum(WEBHOOK_EVENTS).meta({ id: 'WebhookEventName', description: 'An event of a conversation' })
const url = z.string().min(1).max(MAX_URL_LENGTH).meta({
  format: 'uri',
  description: 'https, with a public host, unless the server exempts it',
})
const events = z.array(event).min(1).max(WEBHOOK_EVENTS.length)
const description = text(0, 200)
const DELIVERY_STATUSES = ['waiting', 'delivered', 'failed', 'dropped'] as const
const deliveryStatus = z.enum(DELIVERY_STATUSES).meta({
  description:
    '`waiting`: to be tried, or tried again. `failed`: given up. `dropped`: its conversation was purged before it was sent.',
})
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export const Webhook = z
  .object({
    id,
    url: z.string(),
    events: events.nullable().meta({ description: 'null: all of them' }),
    conversation_id: id.nullable().meta({ description: 'null: of all conversations' }),
    description: z.string(),
    enabled: z.boolean(),
    disabled_reason: z.enum(['gone', 'failing']).nullable().meta({
      description: 'why the server has disabled it: it answered 410, or nothing succeeded for two days',
    }),
    failing_since: time.nullable().meta({ description: 'null: the last attempt succeeded, or there was none' }),
    waiting: z.int().meta({ description: 'deliveries that wait for an attempt' }),
    created_by: id,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>

/** The answer that has the secret, once. */
export const WebhookWithSecret = Webhook.extend({
  secret: z.string().meta({ description: 'verifies the signatures (`whsec_…`); it is shown only here' }),
}).meta({ id: 'WebhookWithSecret' })

const attempt = {
  status_code: z.int().nullable().meta({ description: 'of the answer; null: none came' }),
  error: z.string().nullable().meta({ description: 'what failed; null: nothing' }),
  duration_ms: z.int().nullable(),
}

export const WebhookDelivery = z
  .object({
    id: id.meta({ description: 'the `webhook-id` of every attempt' }),
    webhook_id: id,
    event,
    conversation_id: id,
    change: z.int(),
    status: deliveryStatus,
    attempts: z.int(),
    attempted_at: time.nullable(),
    ...attempt,
    next_attempt_at: time.nullable().meta({ description: 'null: no further one' }),
    created_at: time,
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

const WebhookAttempt = z.object({ delivered: z.boolean(), ...attempt }).meta({ id: 'WebhookAttempt' })

const WEBHOOK = '0191a3f4-7c2d-7b10-8a41-5f1e0c9d2b33'
const DELIVERY = '0191a3f4-7c2d-7b10-8a41-5f1e0c9d2b34'
const webhook = {
  id: WEBHOOK,
  url: 'https://example.com/parley',
  events: ['message.created' as const],
  conversation_id: null,
  description: 'the shop',
  enabled: true,
  disabled_reason: null,
  failing_since: null,
  waiting: 0,
  created_by: ADA,
  created_at: AT,
  updated_at: AT,
} as const
const withSecret = { ...webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' } as const
const delivery = {
  id: DELIVERY,
  webhook_id: WEBHOOK,
  event: 'message.created' as const,
  conversation_id: ROOM,
  change: 7,
  status: 'waiting' as const,
  attempts: 1,
  attempted_at: AT,
  status_code: 503,
  error: 'answered 503',
  duration_ms: 12,
  next_attempt_at: AT,
  created_at: AT,
} as const
const one = z.strictObject({ webhook_id: id })
const example = { webhook_id: WEBHOOK }

export const webhooks = {
  create: op({
    method: 'POST',
    path: '/webhooks',
    location: '/webhooks/{id}',
    allow: ['ADMIN'],
    summary: 'Create a webhook',
    description:
      'Every event of a conversation that is committed from now on is sent to the URL by POST, at least once, signed as ' +
      `Standard Webhooks has it. A server has at most ${MAX_WEBHOOKS} webhooks.`,
    input: z.strictObject({
      url,
      events: events.nullish(),
      conversation_id: id.nullish(),
      description: description.default(''),
    }),
    output: WebhookWithSecret,
    status: [201],
    errors: ['not_found'],
    emits: [],
    example: { input: { url: webhook.url, events: ['message.created'], description: 'the shop' }, output: withSecret },
  }),
  list: op({
    method: 'GET',
    path: '/webhooks',
    allow: ['ADMIN'],
    summary: 'List the webhooks, ordered by id',
    input: z.strictObject({ ...page }),
    output: list(Webhook),
    status: [200],
    errors: [],
    emits: [],
    example: { input: {}, output: listOf(webhook) },
  }),
  get: op({
    method: 'GET',
    path: '/webhooks/{webhook_id}',
    allow: ['ADMIN'],
    summary: 'Get a webhook, without its secret',
    input: one,
    output: Webhook,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: example, output: webhook },
  }),
  update: op({
    method: 'PUT',
    path: '/webhooks/{webhook_id}',
    allow: ['ADMIN'],
    summary: 'Change, disable or enable a webhook',
    description:
      'Takes effect within 2 s. What happens while it is disabled is sent once it is enabled again, unless `skip_missed` is true.',
    input: z.strictObject({
      webhook_id: id,
      url: url.optional(),
      events: events.nullish(),
      conversation_id: id.nullish(),
      description: description.optional(),
      enabled: z.boolean().optional(),
      skip_missed: z.boolean().default(false).meta({
        description: 'drops what waits, and begins with what is committed from now on',
      }),
    }),
    output: Webhook,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { ...example, enabled: true }, output: webhook },
  }),
  delete: op({
    method: 'DELETE',
    path: '/webhooks/{webhook_id}',
    allow: ['ADMIN'],
    summary: 'Delete a webhook and its deliveries',
    input: one,
    output: null,
    status: [204],
    errors: ['not_found'],
    emits: [],
    example: { input: example, output: null },
  }),
  rotate: op({
    method: 'POST',
    path: '/webhooks/{webhook_id}/rotate',
    allow: ['ADMIN'],
    summary: 'Replace the secret of a webhook',
    description: 'For `overlap_hours` requests have two signatures, by the new secret and by the old one.',
    input: z.strictObject({ webhook_id: id, overlap_hours: z.int().min(0).max(MAX_OVERLAP_HOURS).default(24) }),
    output: WebhookWithSecret,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { ...example, overlap_hours: 24 }, output: withSecret },
  }),
  test: op({
    method: 'POST',
    path: '/webhooks/{webhook_id}/test',
    allow: ['ADMIN'],
    summary: 'Send a `ping` to a webhook now',
    description: 'Once, also to one that is disabled, and with the answer. It is no delivery and is not tried again.',
    input: one,
    output: WebhookAttempt,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: example, output: { delivered: true, status_code: 204, error: null, duration_ms: 12 } },
  }),
  deliveries: op({
    method: 'GET',
    path: '/webhooks/{webhook_id}/deliveries',
    allow: ['ADMIN'],
    summary: 'List the deliveries of a webhook, newest first by default',
    description: `They are listed for ${DELIVERY_DAYS} days after their end.`,
    input: z.strictObject({ webhook_id: id, ...page, sort: sort.default('desc'), status: deliveryStatus.optional() }),
    output: list(WebhookDelivery),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: example, output: listOf(delivery) },
  }),
  replay: op({
    method: 'POST',
    path: '/webhooks/{webhook_id}/replay',
    allow: ['ADMIN'],
    summary: 'Send deliveries again',
    description:
      'One of them (`delivery_id`), or those of events from `since` to `until`, of one `status` or of all. They keep their ids ' +
      'and begin with their first attempt.',
    input: z
      .strictObject({
        webhook_id: id,
        delivery_id: id.optional(),
        since: timeInput.optional(),
        until: timeInput.optional(),
        status: z.enum(['delivered', 'failed']).optional(),
      })
      .refine(input => (input.delivery_id === undefined) !== (input.since === undefined), {
        path: ['delivery_id'],
        message: 'give either delivery_id or since',
      }),
    output: z.object({ replayed: z.int() }),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { ...example, since: AT, status: 'failed' }, output: { replayed: 3 } },
  }),
} as const
