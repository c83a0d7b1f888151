import { randomBytes } from 'node:crypto'
import { MAX_WEBHOOKS, type Webhook, type WebhookDelivery } from '../../../contracts/webhooks.ts'
import type { Contract } from '../../../contracts/index.ts'
import type { Handlers, Services } from '../../context.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { followerOf, type DeliveryRecord, type WebhookRecord } from '../../domain/webhooks.ts'
import { attempt, SECRET_PREFIX } from './attempt.ts'
import { deliveryIds } from './delivery-ids.ts'
import { FOLLOWED } from './follower.ts'

const SECRET_BYTES = 32
const HOUR_MS = 60 * 60 * 1_000
/** The latest time that an id can have. */
const LATEST_MS = 2 ** 48 - 1

export const webhooks: Handlers<Contract['webhooks']> = {
  async create({ caller, storage, webhookSender, clock, ids, fail }, input) {
    const { url, events = null, conversation_id = null, description } = input
    const broken = await webhookSender.check(url)
    if (broken !== null) return fail('validation_failed', { errors: [{ path: 'url', message: broken }] })
    if (conversation_id !== null && !(await storage.conversations.find(conversation_id))) return fail('not_found')
    const all = await storage.webhooks.list({ ascending: true, limit: MAX_WEBHOOKS })
    if (all.length === MAX_WEBHOOKS)
      return fail('validation_failed', {
        errors: [{ path: 'url', message: `the server has ${MAX_WEBHOOKS} webhooks` }],
      })
    const at = clock().toISOString()
    const webhook: WebhookRecord = {
      id: ids(),
      url,
      events: events && [...new Set(events)],
      conversation_id,
      description,
      secret: newSecret(),
      previous_secret: null,
      previous_until: null,
      enabled: true,
      disabled_reason: null,
      failing_since: null,
      created_by: caller.id,
      created_at: at,
      updated_at: at,
    }
    await storage.webhooks.create(webhook)
    await storage.log.follow(followerOf(webhook.id), FOLLOWED)
    return { ...(await toWebhook(storage, webhook)), secret: webhook.secret }
  },

  async list({ storage }, input) {
    const found = await storage.webhooks.list(pageFor(input))
    const shown = await Promise.all(found.map(webhook => toWebhook(storage, webhook)))
    return toList(shown, input.limit, ({ id }) => id)
  },

  async get({ storage, fail }, { webhook_id }) {
    const webhook = await storage.webhooks.find(webhook_id)
    return webhook ? toWebhook(storage, webhook) : fail('not_found')
  },

  async update({ storage, webhookSender, clock, fail }, { webhook_id, skip_missed, ...fields }) {
    const { url, conversation_id, enabled } = fields
    if (!(await storage.webhooks.find(webhook_id))) return fail('not_found')
    const broken = url === undefined ? null : await webhookSender.check(url)
    if (broken !== null) return fail('validation_failed', { errors: [{ path: 'url', message: broken }] })
    if (conversation_id && !(await storage.conversations.find(conversation_id))) return fail('not_found')
    if (skip_missed) {
      await storage.log.unfollow(followerOf(webhook_id))
      await storage.log.follow(followerOf(webhook_id), FOLLOWED)
      await storage.webhooks.dropWaiting(webhook_id)
    }
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    const state = enabled === undefined ? {} : { disabled_reason: null, failing_since: null }
    const patch = { ...given, ...state, updated_at: clock().toISOString() }
    const webhook = await storage.webhooks.update(webhook_id, patch)
    return webhook ? toWebhook(storage, webhook) : fail('not_found')
  },

  async delete({ storage, fail }, { webhook_id }) {
    if (!(await storage.webhooks.find(webhook_id))) return fail('not_found')
    await storage.log.unfollow(followerOf(webhook_id))
    return (await storage.webhooks.remove(webhook_id)) ? null : fail('not_found')
  },

  async rotate({ storage, clock, fail }, { webhook_id, overlap_hours }) {
    const before = await storage.webhooks.find(webhook_id)
    if (!before) return fail('not_found')
    const now = clock()
    const webhook = await storage.webhooks.update(webhook_id, {
      secret: newSecret(),
      previous_secret: overlap_hours === 0 ? null : before.secret,
      previous_until: overlap_hours === 0 ? null : new Date(now.getTime() + overlap_hours * HOUR_MS).toISOString(),
      updated_at: now.toISOString(),
    })
    return webhook ? { ...(await toWebhook(storage, webhook)), secret: webhook.secret } : fail('not_found')
  },

  async test(context, { webhook_id }) {
    const { storage, clock, ids, fail } = context
    const webhook = await storage.webhooks.find(webhook_id)
    if (!webhook) return fail('not_found')
    const id = ids()
    const body = JSON.stringify({ type: 'ping', timestamp: clock().toISOString(), id, data: { webhook_id } })
    const { delivered, status_code, error, duration_ms } = await attempt(context, webhook, id, body)
    return { delivered, status_code, error, duration_ms }
  },

  async deliveries({ storage, fail }, { webhook_id, status, ...input }) {
    if (!(await storage.webhooks.find(webhook_id))) return fail('not_found')
    const found = await storage.webhooks.deliveries(webhook_id, status ? { status } : {}, pageFor(input))
    return toList(found.map(toDelivery), input.limit, ({ id }) => id)
  },

  async replay({ storage, clock, fail }, { webhook_id, delivery_id, since, until, status }) {
    if (!(await storage.webhooks.find(webhook_id))) return fail('not_found')
    const range =
      delivery_id === undefined
        ? deliveryIds(Math.max(0, Date.parse(since ?? '')), until === undefined ? LATEST_MS : Date.parse(until))
        : { first: delivery_id, last: delivery_id }
    const which = { ...range, ...(status ? { status } : {}) }
    const replayed = await storage.webhooks.replay(webhook_id, which, clock().toISOString())
    return delivery_id !== undefined && replayed === 0 ? fail('not_found') : { replayed }
  },
}

function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`
}

async function toWebhook({ webhooks }: Services['storage'], webhook: WebhookRecord): Promise<Webhook> {
  const { id, url, events, conversation_id, description, enabled, disabled_reason, failing_since } = webhook
  const { created_by, created_at, updated_at } = webhook
  const shown = { id, url, events, conversation_id, description, enabled, disabled_reason, failing_since }
  return { ...shown, waiting: await webhooks.waiting(id), created_by, created_at, updated_at }
}

function toDelivery({ expires_at: _expires_at, stream, due_at, ...delivery }: DeliveryRecord): WebhookDelivery {
  return { ...delivery, conversation_id: stream, next_attempt_at: due_at }
}
