import { importPKCS8, SignJWT } from 'jose'
import type { PushMessage, PushOutcome, PushTarget, TargetProblem } from '../../ports/push.ts'
import { isTemporary, retry, unreachable } from './outcome.ts'
import { TokenCache } from './token-cache.ts'

const ANSWER_MS = 10_000
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
/** How long an assertion is valid. Google takes at most an hour. */
const ASSERTION_SECONDS = 3_600
/** A token is replaced so long before it expires. */
const MARGIN_SECONDS = 60

type FcmTarget = Extract<PushTarget, { platform: 'fcm' | 'apns' }>

/** What is used of a service account's JSON file. */
export interface ServiceAccount {
  project_id: string
  client_email: string
  private_key: string
  token_uri: string
}

export interface FcmOptions {
  account: ServiceAccount
  /** Address of the API, `https://fcm.googleapis.com`. */
  url: string
  clock: () => Date
}

/** Firebase Cloud Messaging, HTTP v1, with an access token that a signed assertion of the service account gets (RFC 7523). */
export class Fcm {
  readonly #options: FcmOptions
  readonly #tokens: TokenCache
  constructor(options: FcmOptions) {
    this.#options = options
    this.#tokens = new TokenCache(options.clock, () => this.#accessToken())
  }

  check({ token }: FcmTarget): TargetProblem | null {
    return /^[\w:.-]{1,4096}$/.test(token) ? null : { path: 'token', message: 'must be a registration token of FCM' }
  }

  async send({ token }: FcmTarget, message: PushMessage): Promise<PushOutcome> {
    const { account, url, clock } = this.#options
    try {
      const access = await this.#tokens.get()
      const answer = await fetch(`${url}/v1/projects/${account.project_id}/messages:send`, {
        method: 'POST',
        headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message: requestOf(token, message) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      if (answer.ok) return { outcome: 'delivered' }
      const code = errorCodeOf(await answer.text())
      if (answer.status === 404 || code === 'UNREGISTERED' || code === 'SENDER_ID_MISMATCH') return { outcome: 'gone' }
      if (answer.status === 401) this.#tokens.drop(access)
      const reason = `FCM answered ${answer.status} ${code}`
      if (answer.status === 401 || isTemporary(answer.status))
        return retry(answer.status, reason, answer.headers.get('retry-after'), clock())
      return { outcome: 'rejected', reason }
    } catch (error) {
      return unreachable(error)
    }
  }

  async #accessToken(): Promise<{ token: string; expires_ms: number }> {
    const { account, clock } = this.#options
    const now = Math.floor(clock().getTime() / 1000)
    const assertion = await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(account.client_email)
      .setAudience(account.token_uri)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_SECONDS)
      .sign(await importPKCS8(account.private_key, 'RS256'))
    const answer = await fetch(account.token_uri, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const granted: unknown = await answer.json()
    if (!answer.ok || !isGrant(granted)) throw new Error(`the token service answered ${answer.status}`)
    return { token: granted.access_token, expires_ms: (now + granted.expires_in - MARGIN_SECONDS) * 1000 }
  }
}

/** Data only, unless there is text to show. All values of `data` are text in FCM. */
function requestOf(token: string, { data, alert, badge, collapse_key, ttl_seconds }: PushMessage) {
  const texts = Object.entries({ ...data, ...(badge === null ? {} : { badge }) }).map(([key, value]) => [
    key,
    `${value}`,
  ])
  const shown = alert === 'silent' || alert === null ? null : alert
  return {
    token,
    data: Object.fromEntries(texts) as Record<string, string>,
    ...(shown ? { notification: shown } : {}),
    android: {
      collapse_key,
      ttl: `${ttl_seconds}s`,
      priority: alert === 'silent' ? 'normal' : 'high',
      ...(shown ? { notification: { tag: collapse_key } } : {}),
    },
  }
}

function isGrant(value: unknown): value is { access_token: string; expires_in: number } {
  if (typeof value !== 'object' || value === null) return false
  return (
    'access_token' in value &&
    typeof value.access_token === 'string' &&
    'expires_in' in value &&
    typeof value.expires_in === 'number'
  )
}

/** The `errorCode` that FCM adds to an error, such as `UNREGISTERED`; empty without one. */
function errorCodeOf(text: string): string {
  return /"errorCode"\s*:\s*"([A-Z_]{1,40})"/.exec(text)?.[1] ?? ''
}
