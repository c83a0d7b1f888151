import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import { importSPKI, jwtVerify } from 'jose'

export interface ApnsStandIn extends AsyncDisposable {
  readonly url: string
  readonly key: { key: string; key_id: string; team_id: string; topic: string }
  readonly sent: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[]
  readonly sessions: ServerHttp2Session[]
  answer: () => { status: number; reason?: string; headers?: Record<string, string> }
}

/** The provider API of APNs, as far as it is documented, over HTTP/2 without TLS on loopback. */
export async function openApns(): Promise<ApnsStandIn> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const verifying = await importSPKI(publicKey, 'ES256')
  const key = { key: privateKey, key_id: 'KEY1234567', team_id: 'TEAM123456', topic: 'com.example.engines' }
  const server = createServer()
  const sessions: ServerHttp2Session[] = []
  const standIn: ApnsStandIn = {
    url: '',
    key,
    sent: [],
    sessions,
    answer: () => ({ status: 200 }),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
  server.on('session', session => void sessions.push(session))
  server.on('stream', (stream, headers) => {
    let text = ''
    stream.setEncoding('utf8')
    stream.on('error', () => undefined)
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('end', () => {
      const respond = ({ status, reason, headers: more = {} }: ReturnType<ApnsStandIn['answer']>) => {
        stream.respond({ ':status': status, ...more })
        stream.end(reason === undefined ? '' : JSON.stringify({ reason }))
      }
      const token = String(headers.authorization).replace(/^bearer /, '')
      jwtVerify(token, verifying, { issuer: key.team_id, algorithms: ['ES256'] }).then(
        ({ protectedHeader }) => {
          if (protectedHeader.kid !== key.key_id) return respond({ status: 403, reason: 'InvalidProviderToken' })
          standIn.sent.push({ headers, body: JSON.parse(text) as Record<string, unknown> })
          return respond(standIn.answer())
        },
        () => respond({ status: 403, reason: 'InvalidProviderToken' }),
      )
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return Object.assign(standIn, { url: `http://127.0.0.1:${port}` })
}
