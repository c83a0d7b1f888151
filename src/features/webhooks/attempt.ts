import { createHmac } from 'node:crypto'
import type { Services } from '../../context.ts'
import type { WebhookRecord } from '../../domain/webhooks.ts'

/** What one request to a webhook came to. */
export interface Attempt {
  delivered: boolean
  status_code: number | null
  error: string | null
  duration_ms: number
  retry_after_ms: number | null
}

type Deps = Pick<Services, 'webhookSender' | 'clock'>

/** Sends one message to a webhook, signed by its secrets as Standard Webhooks 1.0 has it. */
export async function attempt(
  { webhookSender, clock }: Deps,
  webhook: WebhookRecord,
  id: string,
  body: string,
): Promise<Attempt> {
  const begun = clock()
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Parley-Webhook',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(begun.getTime() / 1_000)),
  }
  const signature = secretsOf(webhook, begun)
    .map(secret => `v1,${sign(secret, `${id}.${headers['webhook-timestamp']}.${body}`)}`)
    .join(' ')
  const answer = await webhookSender.post(webhook.url, { ...headers, 'webhook-signature': signature }, body)
  const duration_ms = Math.max(0, clock().getTime() - begun.getTime())
  if (answer.status === null)
    return { delivered: false, status_code: null, error: answer.error, duration_ms, retry_after_ms: null }
  const { status, retry_after_ms } = answer
  const delivered = status >= 200 && status < 300
  return {
    delivered,
    status_code: status,
    error: delivered ? null : `answered ${status}`,
    duration_ms,
    retry_after_ms: delivered ? null : retry_after_ms,
  }
}

function secretsOf({ secret, previous_secret, previous_until }: WebhookRecord, now: Date): string[] {
  const both = previous_secret !== null && previous_until !== null && previous_until > now.toISOString()
  return both ? [secret, previous_secret] : [secret]
}

/** The secret is base64 after its prefix. */
function sign(secret: string, content: string): string {
  return createHmac('sha256', Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'))
    .update(content)
    .digest('base64')
}

export const SECRET_PREFIX = 'whsec_'
