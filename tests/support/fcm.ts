import { generateKeyPairSync } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'

export interface FcmStandIn extends Disposable {
  readonly url: string
  /** What the server needs to know, as in the JSON file of a service account. */
  readonly account: { project_id: string; client_email: string; private_key: string; token_uri: string }
  readonly sent: Record<string, unknown>[]
  /** Access tokens granted so far. */
  granted: number
  answer: () => Response
}

export const error = (status: number, errorCode: string, headers: Record<string, string> = {}) =>
  Response.json(
    {
      error: { code: status, details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }] },
    },
    { status, headers },
  )

/** The token service of Google and the HTTP v1 API of FCM, as far as they are documented, on loopback. */
export function openFcm(): FcmStandIn {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const sent: Record<string, unknown>[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/token') {
        const form = new URLSearchParams(await request.text())
        const key = await importSPKI(publicKey, 'RS256')
        const options = { issuer: account.client_email, audience: account.token_uri, algorithms: ['RS256'] }
        const { payload } = await jwtVerify(form.get('assertion') ?? '', key, options)
        if (payload['scope'] !== 'https://www.googleapis.com/auth/firebase.messaging')
          return error(400, 'invalid_scope')
        standIn.granted += 1
        return Response.json({ access_token: `access-${standIn.granted}`, expires_in: 3599, token_type: 'Bearer' })
      }
      if (pathname !== '/v1/projects/engines/messages:send') return error(404, 'UNSPECIFIED_ERROR')
      if (request.headers.get('authorization') !== `Bearer access-${standIn.granted}`) return error(401, '')
      sent.push((await request.json()) as Record<string, unknown>)
      return standIn.answer()
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  const account = {
    project_id: 'engines',
    client_email: 'push@engines.example',
    private_key: privateKey,
    token_uri: `${url}/token`,
  }
  const standIn: FcmStandIn = {
    url,
    account,
    sent,
    granted: 0,
    answer: () => Response.json({ name: 'projects/engines/messages/1' }),
    [Symbol.dispose]: () => void server.stop(true),
  }
  return standIn
}
