import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { importPKCS8, SignJWT } from 'jose'
import type { PushMessage, PushOutcome, PushTarget, TargetProblem } from '../../ports/push.ts'
import { isTemporary, retry, unreachable } from './outcome.ts'
import { TokenCache } from './token-cache.ts'

const ANSWER_MS = 10_000
/** APNs refuses tokens older than an hour, and more than one new token in 20 minutes. */
const TOKEN_MINUTES = 40
/** Bytes of an error's body that are read. */
const MAX_REASON_BYTES = 4_096
/** Reasons that say that the device is not there (Apple, "Handling notification responses from APNs"). */
const GONE = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic', 'Unregistered', 'ExpiredToken'])

type ApnsTarget = Extract<PushTarget, { platform: 'fcm' | 'apns' }>

export interface ApnsOptions {
  /** The signing key: PKCS #8 as PEM, the content of the `.p8` file. */
  key: string
  key_id: string
  team_id: string
  /** The app's bundle id. */
  topic: string
  /** Address of the service, `https://api.push.apple.com`. */
  url: string
  clock: () => Date
  /** Certificates that are trusted besides the usual ones; for tests. */
  ca?: string
}

/** Apple Push Notification service: HTTP/2, one connection for all pushes, with a signed provider token. */
export class Apns implements AsyncDisposable {
  readonly #options: ApnsOptions
  readonly #tokens: TokenCache
  #session: ClientHttp2Session | null = null
  constructor(options: ApnsOptions) {
    this.#options = options
    this.#tokens = new TokenCache(options.clock, () => this.#providerToken())
  }

  check({ token }: ApnsTarget): TargetProblem | null {
    return /^(?:[0-9a-f]{2}){32,100}$/i.test(token)
      ? null
      : { path: 'token', message: 'must be a device token of APNs' }
  }

  async send({ token }: ApnsTarget, message: PushMessage): Promise<PushOutcome> {
    const { topic, clock } = this.#options
    try {
      const provider = await this.#tokens.get()
      const { status, headers, text } = await this.#request(
        {
          ':method': 'POST',
          ':path': `/3/device/${token}`,
          authorization: `bearer ${provider}`,
          'apns-topic': topic,
          // Not `background`, which may carry no badge.
          'apns-push-type': 'alert',
          // 5: at a time that suits the device.
          'apns-priority': message.alert === 'silent' ? '5' : '10',
          'apns-expiration': String(Math.floor(clock().getTime() / 1000) + message.ttl_seconds),
          'apns-collapse-id': message.collapse_key,
        },
        JSON.stringify(bodyOf(message)),
      )
      if (status === 200) return { outcome: 'delivered' }
      const reason = /"reason"\s*:\s*"(\w{1,40})"/.exec(text)?.[1] ?? ''
      if (status === 410 || GONE.has(reason)) return { outcome: 'gone' }
      const outdated = status === 403 && reason === 'ExpiredProviderToken'
      if (outdated) this.#tokens.drop(provider)
      const said = `APNs answered ${status} ${reason}`
      if (outdated || isTemporary(status)) return retry(status, said, headers['retry-after']?.toString(), clock())
      return { outcome: 'rejected', reason: said }
    } catch (error) {
      return unreachable(error)
    }
  }

  #connection(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session
    const { url, ca } = this.#options
    const session = connect(url, ca === undefined ? {} : { ca })
    const end = () => {
      if (this.#session === session) this.#session = null
    }
    // Its streams report the error to those who wait for them.
    session.on('error', end)
    session.on('goaway', end)
    session.on('close', end)
    this.#session = session
    return session
  }

  async #request(
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number
      headers: IncomingHttpHeaders
      text: string
    }>()
    const session = this.#connection()
    const stream = session.request(headers)
    const failed = (error: Error) => reject(error)
    const timer = setTimeout(() => {
      failed(new Error('timeout'))
      // A connection on which an answer is missing may be dead: the next push opens another.
      session.destroy()
    }, ANSWER_MS)
    let answered: IncomingHttpHeaders = {}
    let text = ''
    stream.setEncoding('utf8')
    stream.on('response', given => (answered = given))
    stream.on('data', (chunk: string) => {
      if (text.length < MAX_REASON_BYTES) text += chunk
    })
    stream.on('end', () => {
      const status = answered[':status']
      if (status !== undefined) resolve({ status: Number(status), headers: answered, text })
    })
    stream.on('error', failed)
    stream.on('close', () => failed(new Error('closed')))
    session.once('error', failed)
    stream.end(body)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      session.off('error', failed)
    }
  }

  async #providerToken(): Promise<{ token: string; expires_ms: number }> {
    const { key, key_id, team_id, clock } = this.#options
    const now = clock().getTime()
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: key_id })
      .setIssuer(team_id)
      .setIssuedAt(Math.floor(now / 1000))
      .sign(await importPKCS8(key, 'ES256'))
    return { token, expires_ms: now + TOKEN_MINUTES * 60_000 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session?.destroy()
    this.#session = null
  }
}

/**
 * Without text the device shows the app's own line `NEW_MESSAGE`; `mutable-content` lets the app's extension fetch the text
 * before it is shown.
 */
function bodyOf({ data, alert, badge, collapse_key }: PushMessage) {
  const count = badge === null ? {} : { badge }
  if (alert === 'silent') return { aps: { 'content-available': 1, ...count }, ...data }
  const shown = alert ?? { 'loc-key': 'NEW_MESSAGE' }
  return { aps: { alert: shown, sound: 'default', 'mutable-content': 1, 'thread-id': collapse_key, ...count }, ...data }
}
