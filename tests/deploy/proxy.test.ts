import { describe, expect, test } from 'bun:test'
import { HEARTBEAT_MS } from '../../contracts/socket.ts'
import { readConfig } from '../../src/config.ts'
import { ROOT, blocksOf, run } from '../docs/checkout.ts'
import { follow } from '../support/follow.ts'
import { startNodes } from '../support/nodes.ts'
import { groupOf, register, say } from '../support/people.ts'
import { PROXIES, freePort } from '../support/proxies.ts'
import { until } from '../support/until.ts'

const SLOW = 180_000
const MIB = 1024 * 1024
const UPLOAD_MIB = 100
/** How far what a server has received may be behind what the client has sent. */
const MAX_HELD_MIB = 16

/** A server that counts the bytes of a body while they arrive. */
function countingServer() {
  let received = 0
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: 2 * UPLOAD_MIB * MIB,
    async fetch({ method, body }) {
      if (method === 'POST') for await (const chunk of body ?? []) received += chunk.length
      return new Response('ok')
    },
  })
  return {
    port: server.port ?? 0,
    received: () => received,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

for (const [name, { start, program }] of Object.entries(PROXIES)) {
  if (!Bun.which(program)) {
    test.skip(`${name} in front of two servers: it is not installed`, () => undefined)
    continue
  }
  describe(name, () => {
    test(
      `${name} passes calls, sockets and subscriptions to two servers, and the address of the client`,
      async () => {
        const port = freePort()
        const settings = { PARLEY_TRUSTED_PROXIES: '1', BASE_URL: `https://localhost:${port}` }
        await using nodes = await startNodes({ settings })
        const upstreams = [nodes.here, nodes.there].map(({ running }) => running.port)
        await using proxy = await start({ upstreams, port })
        const [ada, ben] = [await register(proxy, 'ada'), await register(proxy, 'ben')]
        const room = await groupOf(ada, [ben])
        const heard: number[] = []
        ben.client.live.on('event', ({ stream, change }) => {
          if (stream === room.id && change !== undefined) heard.push(change)
        })
        await ben.client.live.open()
        const followed = await follow(proxy.url, { token: ben.access_token, fetch: proxy.fetch })
        const { change } = await say(ada, room.id, 'by way of the proxy')
        await until(() => heard.includes(change), 'the socket gets the message')
        await until(() => followed.changes(room.id).includes(change), 'the subscription gets the message')
        followed.stop()
        ben.client.close()
        // A client may send the header; the address that it names is not believed.
        const signIn = await proxy.fetch(`${proxy.url}/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7' },
          body: JSON.stringify({ username: ada.name, password: 'a fine long passphrase' }),
        })
        expect(signIn.status).toBe(200)
        const { data } = await ada.client.auth.sessions()
        expect(data.filter(({ address }) => !['127.0.0.1', '::1'].includes(address ?? ''))).toEqual([])
      },
      SLOW,
    )

    test(
      `${name} passes on an upload while it arrives, and keeps no more than ${MAX_HELD_MIB} MiB of it`,
      async () => {
        await using server = countingServer()
        await using proxy = await start({ upstreams: [server.port], port: freePort() })
        const part = crypto.getRandomValues(new Uint8Array(64 * 1024)).buffer
        const whole = new Uint8Array(MIB)
        for (let at = 0; at < MIB; at += part.byteLength) whole.set(new Uint8Array(part), at)
        let sent = 0
        let most = 0
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            // What is sent next waits for what was sent before: a proxy that collects the body would wait for ever.
            await until(() => sent - server.received() <= MAX_HELD_MIB * MIB, 'the server receives what was sent')
            most = Math.max(most, sent - server.received())
            if (sent === UPLOAD_MIB * MIB) return controller.close()
            controller.enqueue(whole)
            sent += MIB
          },
        })
        const answer = await proxy.fetch(`${proxy.url}/upload`, { method: 'POST', body })
        expect([answer.status, server.received()]).toEqual([200, UPLOAD_MIB * MIB])
        expect(most).toBeGreaterThan(0)
      },
      SLOW,
    )
  })
}

test('the proxies wait longer than a connection is silent, and close idle ones before the server does', async () => {
  const { idle_seconds } = readConfig({})
  const [nginx = ''] = blocksOf(await Bun.file(`${ROOT}/docs/deploy.md`).text(), 'nginx')
  const seconds = (directive: string) => Number(new RegExp(`^\\s*${directive} (\\d+)s;`, 'm').exec(nginx)?.[1])
  for (const directive of ['proxy_read_timeout', 'proxy_send_timeout'])
    expect(seconds(directive) * 1000).toBeGreaterThan(2 * HEARTBEAT_MS)
  expect(seconds('keepalive_timeout')).toBeLessThan(idle_seconds)
  const caddy = await Bun.file(`${ROOT}/scripts/deploy/Caddyfile`).text()
  const [, kept = ''] = /^\s*keepalive (\d+)s$/m.exec(caddy) ?? []
  expect(Number(kept)).toBeGreaterThan(0)
  expect(Number(kept)).toBeLessThan(idle_seconds)
  // Caddy has no time limit of its own for a connection that is open, and none is set.
  expect(caddy).not.toMatch(/(?:read|write|response_header|stream)_timeout|\bidle\b/)
})

const examples = blocksOf(await Bun.file(`${ROOT}/docs/deploy.md`).text(), 'caddy')
if (!Bun.which('caddy')) test.skip('every Caddyfile of docs/deploy.md is valid: it is not installed', () => undefined)
else
  test.each(examples)('Caddy accepts the example of docs/deploy.md %#', async example => {
    const file = `/tmp/parley-caddyfile-${crypto.randomUUID()}`
    await Bun.write(file, example)
    expect(await run(['caddy', 'adapt', '--adapter', 'caddyfile', '--config', file])).toContain('reverse_proxy')
    await Bun.file(file).delete()
  })
