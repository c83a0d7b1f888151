import { createDecipheriv, createECDH, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { importJWK, jwtVerify } from 'jose'

/** A browser's subscription with the keys that only the browser has. */
export interface Subscription {
  subscription: { endpoint: string; keys: { p256dh: string; auth: string } }
  decrypt(body: Uint8Array): string
}

/** A request that the push service got. */
export interface PushRequest {
  path: string
  headers: Headers
  body: Uint8Array
  at: number
}

export interface PushService extends Disposable {
  readonly url: string
  /** `host:port`, for the setting that exempts it. */
  readonly host: string
  readonly requests: PushRequest[]
  /** What it answers; 201 unless set. */
  answer: (request: PushRequest) => Response | Promise<Response>
  subscribe(name?: string): Subscription
  /** The decrypted payloads of a subscription so far, in the order they came. */
  payloads(subscription: Subscription): Record<string, unknown>[]
}

/** A push service of the Web Push protocol on loopback, as the server of a browser's vendor would be. */
export function openPushService(): PushService {
  const requests: PushRequest[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname: path } = new URL(request.url)
      const got = { path, headers: request.headers, body: await request.bytes(), at: performance.now() }
      requests.push(got)
      return service.answer(got)
    },
  })
  const host = `127.0.0.1:${server.port}`
  const service: PushService = {
    url: `http://${host}`,
    host,
    requests,
    answer: () => new Response(null, { status: 201 }),
    subscribe: (name = randomBytes(9).toString('base64url')) => subscribe(`http://${host}/${name}`),
    payloads({ subscription, decrypt }) {
      const { pathname } = new URL(subscription.endpoint)
      return requests
        .filter(({ path }) => path === pathname)
        .map(({ body }) => JSON.parse(decrypt(body)) as Record<string, unknown>)
    },
    [Symbol.dispose]: () => void server.stop(true),
  }
  return service
}

export function subscribe(endpoint: string): Subscription {
  const keys = createECDH('prime256v1')
  const p256dh = keys.generateKeys()
  const auth = randomBytes(16)
  return {
    subscription: { endpoint, keys: { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') } },
    decrypt: body => decrypt(Buffer.from(body), keys.computeSecret(Buffer.from(body).subarray(21, 86)), p256dh, auth),
  }
}

/** Decrypts one record of aes128gcm (RFC 8188) with the keys of RFC 8291, Section 3.4. */
function decrypt(body: Buffer, shared: Buffer, receiver: Buffer, auth: Buffer): string {
  const salt = body.subarray(0, 16)
  const record_size = body.readUInt32BE(16)
  const id_length = body.readUInt8(20)
  const sender = body.subarray(21, 21 + id_length)
  const record = body.subarray(21 + id_length)
  if (id_length !== 65) throw new Error('the key id must be the sender’s public key')
  if (record.length > record_size || body.length > 4096) throw new Error('must be one record of at most 4096 bytes')
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender])
  const material = Buffer.from(hkdfSync('sha256', shared, auth, info, 32))
  const extracted = createHmac('sha256', salt).update(material).digest()
  const derive = (use: string, length: number) =>
    createHmac('sha256', extracted)
      .update(Buffer.from(`Content-Encoding: ${use}\0\x01`))
      .digest()
      .subarray(0, length)
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
  decipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  const end = padded.lastIndexOf(2)
  if (end < 0 || padded.subarray(end + 1).some(byte => byte !== 0)) throw new Error('the padding is wrong')
  return padded.subarray(0, end).toString('utf8')
}

/** Verifies the VAPID header (RFC 8292) and returns its claims and public key. */
export async function readVapid(authorization: string | null) {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization ?? '') ?? []
  const point = Buffer.from(key, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const { payload } = await jwtVerify(token, await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256'))
  return { claims: payload, key }
}
