import { readRetryAfter, reasonOf } from '../../outbound/answer.ts'
import { readEndpoint } from '../../outbound/endpoint.ts'
import { NotPublic, type Outbound } from '../../outbound/request.ts'
import type { WebhookAnswer, WebhookSender } from '../../ports/webhook-sender.ts'

/** The longest wait that a receiver may ask for. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000

export interface WebhookSenderOptions {
  /** `host:port` that need be neither public nor https. */
  allow: readonly string[]
  outbound: Outbound
  clock: () => Date
}

export function openWebhookSender({ allow, outbound, clock }: WebhookSenderOptions): WebhookSender {
  return {
    async check(url) {
      const endpoint = readEndpoint(url, allow)
      if (typeof endpoint === 'string') return endpoint
      try {
        await outbound.check(endpoint)
        return null
      } catch {
        return 'must name a public host'
      }
    },

    async post(url, headers, body): Promise<WebhookAnswer> {
      // Again, because the setting may have changed since the URL was taken.
      const endpoint = readEndpoint(url, allow)
      if (typeof endpoint === 'string') return { status: null, error: `the URL ${endpoint}` }
      try {
        const request = { method: 'POST' as const, headers, body: new TextEncoder().encode(body) }
        const { status, headers: answered } = await outbound.request(endpoint, request)
        return { status, retry_after_ms: readRetryAfter(answered.get('retry-after'), clock(), MAX_RETRY_AFTER_MS) }
      } catch (error) {
        return { status: null, error: error instanceof NotPublic ? 'the URL is not public' : reasonOf(error) }
      }
    },
  }
}
