import { Webhook } from 'standardwebhooks'

/** A request that the receiver got. */
export interface WebhookRequest {
  path: string
  headers: Headers
  text: string
  payload: { type: string; id: string; conversation_id: string; change: number; data: Record<string, unknown> }
}

export interface WebhookReceiver extends Disposable {
  readonly url: string
  /** `host:port`, for the setting that exempts it. */
  readonly host: string
  readonly requests: WebhookRequest[]
  /** What it answers; 204 unless set. */
  answer: (request: WebhookRequest) => Response | Promise<Response>
}

/** A receiver of webhooks on loopback. */
export function openWebhookReceiver(): WebhookReceiver {
  const requests: WebhookRequest[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const text = await request.text()
      // Cast: what Parley sends; the tests look at it.
      const payload = JSON.parse(text) as WebhookRequest['payload']
      const got = { path: new URL(request.url).pathname, headers: request.headers, text, payload }
      requests.push(got)
      return receiver.answer(got)
    },
  })
  const host = `127.0.0.1:${server.port}`
  const receiver: WebhookReceiver = {
    url: `http://${host}`,
    host,
    requests,
    answer: () => new Response(null, { status: 204 }),
    [Symbol.dispose]: () => void server.stop(true),
  }
  return receiver
}

/** Whether the signature is good, by the library of Standard Webhooks, at the present time. */
export function verifies(secret: string, { text, headers }: Pick<WebhookRequest, 'text' | 'headers'>): boolean {
  try {
    new Webhook(secret).verify(text, Object.fromEntries(headers))
    return true
  } catch {
    return false
  }
}
