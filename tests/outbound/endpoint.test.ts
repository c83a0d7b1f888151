import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server, type AddressInfo } from 'node:net'
import { openWebhookSender } from '../../src/adapters/webhooks/open.ts'
import { isPublicAddress } from '../../src/outbound/address.ts'
import { readEndpoint } from '../../src/outbound/endpoint.ts'
import { NotPublic, openOutbound, type Resolve } from '../../src/outbound/request.ts'

/** Listeners that must not be contacted: on both loopback addresses, and on another one of 127/8. */
const canaries: Server[] = []
let contacts = 0
let port = 0

async function listen(host: string, on: number): Promise<number> {
  const server = createServer(socket => {
    contacts += 1
    socket.destroy()
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(on, host, resolve)
  await promise
  canaries.push(server)
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  port = await listen('127.0.0.1', 0)
  await listen('127.0.0.2', port)
  // A machine without IPv6 has no canary there.
  await listen('::1', port).catch(() => 0)
})
afterAll(() => {
  for (const server of canaries) server.close()
})

/** As a name server would answer for names that an attacker controls. */
const RECORDS: Readonly<Record<string, readonly string[]>> = {
  'loopback.attacker.example': ['127.0.0.1'],
  'loopback6.attacker.example': ['::1'],
  'other-loopback.attacker.example': ['127.0.0.2'],
  'mapped.attacker.example': ['::ffff:127.0.0.1'],
  'mixed.attacker.example': ['93.184.216.34', '127.0.0.1'],
  'mixed6.attacker.example': ['2606:2800:220:1::1', '::1'],
  'zero.attacker.example': ['0.0.0.0'],
  'any6.attacker.example': ['::'],
  'metadata.attacker.example': ['169.254.169.254'],
  'nat64.attacker.example': ['64:ff9b::7f00:1'],
  'scoped.attacker.example': ['fe80::1%lo'],
  'ten.attacker.example': ['10.0.0.1'],
  'shared.attacker.example': ['100.64.0.1'],
  'unique-local.attacker.example': ['fd12:3456:789a::1'],
}
const resolve: Resolve = async host => RECORDS[host.replace(/\.$/, '')] ?? []

/** Spellings of hosts that are not public; `PORT` is the canaries’. */
const SPELLINGS: readonly string[] = [
  // Loopback, in each notation of IPv4.
  'https://127.0.0.1:PORT/',
  'https://127.0.0.1.:PORT/',
  'https://127.1:PORT/',
  'https://127.0.1:PORT/',
  'https://127.0.0.2:PORT/',
  'https://127.255.255.254:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7f.0.0.1:PORT/',
  'https://0x7f.0x0.0x0.0x1:PORT/',
  'https://0X7F.1:PORT/',
  'https://017700000001:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://0177.0x0.0.01:PORT/',
  'https://00000177.0.0.1:PORT/',
  'https://%31%32%37.0.0.1:PORT/',
  'https://127%2e0%2e0%2e1:PORT/',
  'https://１２７.0.0.1:PORT/',
  'https://127。0。0。1:PORT/',
  'https://①②⑦.0.0.1:PORT/',
  // Unspecified, broadcast, multicast.
  'https://0.0.0.0:PORT/',
  'https://0:PORT/',
  'https://0.1:PORT/',
  'https://255.255.255.255:PORT/',
  'https://224.0.0.1:PORT/',
  'https://240.0.0.1:PORT/',
  // Private, shared, link-local, reserved.
  'https://10.0.0.1:PORT/',
  'https://10.1:PORT/',
  'https://167772161:PORT/',
  'https://172.16.0.1:PORT/',
  'https://172.31.255.255:PORT/',
  'https://192.168.0.1:PORT/',
  'https://0xc0a80001:PORT/',
  'https://100.64.0.1:PORT/',
  'https://198.18.0.1:PORT/',
  'https://192.0.2.1:PORT/',
  // Metadata services of clouds.
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/latest/meta-data/',
  'https://0xa9fea9fe/',
  'https://[fd00:ec2::254]/',
  'https://[::ffff:169.254.169.254]/',
  'https://100.100.100.200/',
  'https://192.0.0.192/',
  'https://168.63.129.16/',
  'https://metadata.google.internal/',
  'https://metadata/',
  // IPv6, and IPv4 inside it.
  'https://[::1]:PORT/',
  'https://[0:0:0:0:0:0:0:1]:PORT/',
  'https://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/',
  'https://[::]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
  'https://[::ffff:0:127.0.0.1]:PORT/',
  'https://[::127.0.0.1]:PORT/',
  'https://[64:ff9b::127.0.0.1]:PORT/',
  'https://[64:ff9b:1::7f00:1]:PORT/',
  'https://[2002:7f00:1::]:PORT/',
  'https://[2001:0:7f00:1::]:PORT/',
  'https://[fe80::1]:PORT/',
  'https://[fe80::1%25lo]:PORT/',
  'https://[fe80::1%lo]:PORT/',
  'https://[fec0::1]:PORT/',
  'https://[fc00::1]:PORT/',
  'https://[ff02::1]:PORT/',
  // Names.
  'https://localhost:PORT/',
  'https://LOCALHOST:PORT/',
  'https://localhost.:PORT/',
  'https://ⓛocalhost:PORT/',
  'https://a.localhost:PORT/',
  'https://localhost.localdomain:PORT/',
  'https://printer.local:PORT/',
  'https://router.lan:PORT/',
  'https://1.0.0.127.in-addr.arpa:PORT/',
  'https://xn--11b4d3a:PORT/',
  'https://intranet:PORT/',
  // Credentials, other schemes and ports, and what parsers disagree about.
  'https://push.example.com@127.0.0.1:PORT/',
  'https://127.0.0.1:PORT@push.example.com/',
  'https://127.0.0.1%2f@push.example.com/',
  'https://push.example.com#@127.0.0.1:PORT/',
  'https:/\\127.0.0.1:PORT/',
  'https://127.0.0.1:PORT\\@push.example.com/',
  'https://push.example.com\t@127.0.0.1:PORT/',
  'https://127.0.0.1:PORT /',
  'https:127.0.0.1:PORT/',
  '//127.0.0.1:PORT/',
  'http://push.example.com/',
  'http://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/_',
  'https://push.example.com:22/',
  'https://push.example.com:25/',
  'https://push.example.com:80/',
  'https://[::1/',
  `https://push.example.com/${'a'.repeat(2_048)}`,
  // Names of an attacker that resolve to them.
  ...Object.keys(RECORDS).map(name => `https://${name}:PORT/`),
  ...Object.keys(RECORDS).map(name => `https://${name}.:PORT/`),
]

const request = { method: 'POST', headers: {}, body: new Uint8Array(1) } as const

test.each(SPELLINGS)('%s is refused before anything is contacted', async spelling => {
  const endpoint = readEndpoint(spelling.replace('PORT', `${port}`), [])
  if (typeof endpoint === 'string') return expect(endpoint).toMatch(/^must /)
  const outbound = openOutbound({ resolve })
  expect(outbound.check(endpoint)).rejects.toBeInstanceOf(NotPublic)
  expect(outbound.request(endpoint, request)).rejects.toBeInstanceOf(NotPublic)
  await Promise.allSettled([outbound.check(endpoint), outbound.request(endpoint, request)])
  return expect(contacts).toBe(0)
})

test('a webhook takes none of them, and sends to none that it has taken', async () => {
  const sender = openWebhookSender({ allow: [], outbound: openOutbound({ resolve }), clock: () => new Date() })
  for (const spelling of SPELLINGS) {
    const url = spelling.replace('PORT', `${port}`)
    expect([url, await sender.check(url)]).toEqual([url, expect.stringMatching(/^must /)])
    expect([url, await sender.post(url, {}, '{}')]).toEqual([url, { status: null, error: expect.any(String) }])
  }
  expect(contacts).toBe(0)
})

test('none of the spellings has contacted a canary, and a canary that is exempt is contacted', async () => {
  expect(contacts).toBe(0)
  const endpoint = readEndpoint(`http://127.0.0.1:${port}/`, [`127.0.0.1:${port}`])
  if (typeof endpoint === 'string') throw new Error(endpoint)
  await openOutbound()
    .request(endpoint, request)
    .catch(() => null)
  expect(contacts).toBe(1)
  contacts = 0
})

test('only the listed host with the listed port is exempt, in any spelling of it', () => {
  const allow = [`127.0.0.1:${port}`, '[::1]:8080', 'push.example.com:443']
  const exempt = (text: string) => {
    const endpoint = readEndpoint(text, allow)
    return typeof endpoint === 'string' ? null : endpoint.exempt
  }
  expect(exempt(`http://127.0.0.1:${port}/a?b=c`)).toBe(true)
  expect(exempt(`https://2130706433:${port}/`)).toBe(true)
  expect(exempt('http://[::1]:8080/')).toBe(true)
  expect(exempt('https://push.example.com/x')).toBe(true)
  expect(exempt('http://push.example.com/x')).toBeNull()
  expect(exempt(`http://127.0.0.1:${port + 1}/`)).toBeNull()
  expect(exempt(`http://127.0.0.1.attacker.example:${port}/`)).toBeNull()
  expect(exempt(`http://user@127.0.0.1:${port}/`)).toBeNull()
  expect(exempt('https://updates.push.services.mozilla.com/wpush/v2/abc')).toBe(false)
})

test('public addresses are public, and each special range is not', () => {
  for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::5', '::ffff:8.8.8.8'])
    expect(`${address} ${isPublicAddress(address)}`).toBe(`${address} true`)
  for (const address of [
    '',
    'localhost',
    '8.8.8.8/8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::',
    '100::1',
    '3fff::1',
    '5f00::1',
  ])
    expect(`${address} ${isPublicAddress(address)}`).toBe(`${address} false`)
})

test('a name whose address changes after the registration is refused when it is sent to', async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1']]
  const outbound = openOutbound({ resolve: async () => answers.shift() ?? [] })
  const endpoint = readEndpoint(`https://push.attacker.example:${port}/`, [])
  if (typeof endpoint === 'string') throw new Error(endpoint)
  await outbound.check(endpoint)
  expect(outbound.request(endpoint, request)).rejects.toBeInstanceOf(NotPublic)
  await outbound.request(endpoint, request).catch(() => null)
  expect(contacts).toBe(0)
})

test('the connection goes to the address that was checked, although the name has another one by then', async () => {
  using server = Bun.serve({ hostname: '127.0.0.3', port: 0, fetch: seen => new Response(seen.headers.get('host')) })
  const host = `push.example.com:${server.port}`
  const other = createServer(socket => {
    contacts += 1
    socket.destroy()
  }).listen(server.port, '127.0.0.1')
  canaries.push(other)
  let resolved = 0
  const outbound = openOutbound({ resolve: async () => [(resolved += 1) === 1 ? '127.0.0.3' : '127.0.0.1'] })
  const endpoint = readEndpoint(`http://${host}/`, [host])
  if (typeof endpoint === 'string') throw new Error(endpoint)
  expect(await outbound.request(endpoint, request)).toMatchObject({ status: 200, text: host })
  expect(resolved).toBe(1)
  expect(contacts).toBe(0)
})

test('another address of a name is tried if no connection could be made, and never after one', async () => {
  using server = Bun.serve({ hostname: '127.0.0.3', port: 0, fetch: () => new Response('here') })
  const host = `push.example.com:${server.port}`
  const endpoint = readEndpoint(`http://${host}/`, [host])
  if (typeof endpoint === 'string') throw new Error(endpoint)
  const refusing = openOutbound({ resolve: async () => ['127.0.0.4', '127.0.0.3'] })
  expect(await refusing.request(endpoint, request)).toMatchObject({ text: 'here' })
  // The canary accepts and hangs up: the request may have been read.
  const on = await listen('127.0.0.5', server.port ?? 0)
  expect(on).toBe(server.port ?? -1)
  const hangingUp = openOutbound({ resolve: async () => ['127.0.0.5', '127.0.0.3'] })
  expect(hangingUp.request(endpoint, request)).rejects.toThrow()
  await hangingUp.request(endpoint, request).catch(() => null)
  contacts = 0
})

test('a redirect is not followed', async () => {
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response(null, { status: 307, headers: { location: `http://127.0.0.1:${port}/` } }),
  })
  const host = `127.0.0.1:${server.port}`
  const endpoint = readEndpoint(`http://${host}/`, [host, `127.0.0.1:${port}`])
  if (typeof endpoint === 'string') throw new Error(endpoint)
  expect((await openOutbound().request(endpoint, request)).status).toBe(307)
  expect(contacts).toBe(0)
})

test('a long answer is read in part, and a compressed one is not expanded', async () => {
  const bomb = Bun.gzipSync(new Uint8Array(8 * 1024 * 1024))
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ url }) =>
      url.endsWith('/gzip')
        ? new Response(bomb, { headers: { 'content-encoding': 'gzip' } })
        : new Response('x'.repeat(1024 * 1024)),
  })
  const host = `127.0.0.1:${server.port}`
  for (const path of ['long', 'gzip']) {
    const endpoint = readEndpoint(`http://${host}/${path}`, [host])
    if (typeof endpoint === 'string') throw new Error(endpoint)
    expect((await openOutbound().request(endpoint, request)).text.length).toBeLessThanOrEqual(16 * 1024)
  }
})

/** The certificate is made by openssl: without it there is none to verify. */
test.skipIf(Bun.which('openssl') === null)(
  'TLS verifies the certificate for the name, although the address is connected to',
  async () => {
    const { cert, key } = certificateFor('push.example.com')
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: { cert, key }, fetch: () => new Response('tls') })
    const [right, wrong] = [`push.example.com:${server.port}`, `other.example.com:${server.port}`]
    const resolve: Resolve = async () => ['127.0.0.1']
    const at = (host: string) => {
      const endpoint = readEndpoint(`https://${host}/`, [right, wrong])
      if (typeof endpoint === 'string') throw new Error(endpoint)
      return endpoint
    }
    const outbound = openOutbound({ resolve, ca: cert })
    expect(await outbound.request(at(right), request)).toMatchObject({ status: 200, text: 'tls' })
    const errorOf = (call: Promise<unknown>) => call.then(() => 'none', String)
    expect(await errorOf(outbound.request(at(wrong), request))).toContain('ALTNAME')
    expect(await errorOf(openOutbound({ resolve }).request(at(right), request))).toContain('self signed')
  },
)

function certificateFor(name: string): { cert: string; key: string } {
  const making = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout - -out - -days 2'
  const named = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const made = Bun.spawnSync([...making.split(' '), ...named])
  const text = made.stdout.toString()
  const block = (kind: string) =>
    new RegExp(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----\n`).exec(text)?.[0] ?? ''
  return { cert: block('CERTIFICATE'), key: block('PRIVATE KEY') }
}
