import { ECDH } from 'node:crypto'
import webpush from 'web-push'
import type { VapidKeys } from '../../domain/push.ts'
import { readEndpoint } from '../../outbound/endpoint.ts'
import { NotPublic, type Outbound } from '../../outbound/request.ts'
import type { PushMessage, PushOutcome, PushTarget, TargetProblem } from '../../ports/push.ts'
import { isTemporary, retry, unreachable } from './outcome.ts'

/** Plaintext is filled up to a multiple of this, so that its length says little about the text (RFC 8291, Section 6). */
const PADDED_TO = 512
const POINT_BYTES = 65
const AUTH_BYTES = 16

type WebTarget = Extract<PushTarget, { platform: 'web' }>

export interface WebPushOptions {
  keys: VapidKeys
  /** A `mailto:` or https URL by which the push service can reach the operator. */
  contact: string
  /** `host:port` of endpoints that need not be public and https. */
  allow: readonly string[]
  outbound: Outbound
  clock: () => Date
}

/** Web Push: RFC 8030, encrypted for the browser (RFC 8291) and signed with the server's key (VAPID, RFC 8292). */
export class WebPush {
  readonly #options: WebPushOptions
  constructor(options: WebPushOptions) {
    this.#options = options
  }

  async check({ endpoint, p256dh, auth }: WebTarget): Promise<TargetProblem | null> {
    const read = readEndpoint(endpoint, this.#options.allow)
    if (typeof read === 'string') return { path: 'subscription.endpoint', message: read }
    if (!isPublicKey(p256dh)) return { path: 'subscription.keys.p256dh', message: 'must be a public key on P-256' }
    if (bytesOf(auth)?.length !== AUTH_BYTES)
      return { path: 'subscription.keys.auth', message: `must be ${AUTH_BYTES} bytes as base64url` }
    try {
      await this.#options.outbound.check(read)
      return null
    } catch {
      return { path: 'subscription.endpoint', message: 'must name a public host' }
    }
  }

  async send(target: WebTarget, message: PushMessage): Promise<PushOutcome> {
    const { allow, outbound, clock } = this.#options
    const endpoint = readEndpoint(target.endpoint, allow)
    if (typeof endpoint === 'string') return { outcome: 'rejected', reason: `the endpoint ${endpoint}` }
    try {
      const { headers, body } = this.#requestOf(target, message)
      const { status, headers: answered } = await outbound.request(endpoint, { method: 'POST', headers, body })
      if (status >= 200 && status < 300) return { outcome: 'delivered' }
      if (status === 404 || status === 410) return { outcome: 'gone' }
      if (isTemporary(status))
        return retry(status, `the push service answered ${status}`, answered.get('retry-after'), clock())
      return { outcome: 'rejected', reason: `the push service answered ${status}` }
    } catch (error) {
      if (error instanceof NotPublic) return { outcome: 'rejected', reason: error.message }
      return unreachable(error)
    }
  }

  #requestOf({ endpoint, p256dh, auth }: WebTarget, message: PushMessage) {
    const { keys, contact } = this.#options
    const details = webpush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, plaintextOf(message), {
      vapidDetails: { subject: contact, publicKey: keys.public_key, privateKey: keys.private_key },
      TTL: message.ttl_seconds,
      urgency: message.alert === 'silent' ? 'low' : 'high',
      topic: message.collapse_key,
    })
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(details.headers)) headers[name.toLowerCase()] = value
    // The connection sets it.
    delete headers['content-length']
    return { headers, body: new Uint8Array(details.body) }
  }
}

/** JSON, filled up with spaces, which JSON ignores. */
function plaintextOf({ data, alert, badge }: PushMessage): Buffer {
  const text = alert === 'silent' || alert === null ? {} : alert
  const json = Buffer.from(JSON.stringify({ ...data, ...(badge === null ? {} : { badge }), ...text }))
  return Buffer.concat([json, Buffer.alloc((PADDED_TO - (json.length % PADDED_TO)) % PADDED_TO, ' ')])
}

function isPublicKey(text: string): boolean {
  const bytes = bytesOf(text)
  if (bytes?.length !== POINT_BYTES) return false
  try {
    ECDH.convertKey(bytes, 'prime256v1')
    return true
  } catch {
    return false
  }
}

function bytesOf(text: string): Buffer | null {
  return /^[\w-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : null
}
