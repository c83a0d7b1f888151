import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { pathOf } from '../../src/http/host.ts'
import { register } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'

const server = sharedServer()
const token = shared(async () => (await register(server, 'ada')).access_token)

/** Sends a request as it is given, with any `Host`, and returns the status line and the rest. */
async function get(path: string, host: string | null): Promise<{ status: number; text: string }> {
  return send(server.url, `GET ${path}`, host)
}

/** Without a host the request is HTTP/1.0, as simple health checks send it. */
async function send(
  url: string,
  line: string,
  host: string | null,
  body = '',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_socket, chunk) {
        text += chunk.toString()
      },
      close: () => resolve(text),
    },
  })
  const headers = [...(host === null ? [] : [`Host: ${host}`]), `Authorization: Bearer ${token()}`, 'Connection: close']
  if (body !== '') headers.push('Content-Type: application/json', `Content-Length: ${body.length}`)
  socket.write(`${line} HTTP/${host === null ? '1.0' : '1.1'}\r\n${headers.join('\r\n')}\r\n\r\n${body}`)
  const answer = await promise
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]), text: answer }
}

test('a request with a short host name, or without one, is answered like any other', async () => {
  for (const host of [null, 'api', 'db:80', 'a', 'a.b', 'chat.example.com', '[::1]:3000'])
    for (const path of ['/health/live', '/users/me', '/users?limit=1'])
      expect([host, path, (await get(path, host)).status]).toEqual([host, path, 200])
})

test('an invalid host is 400 with a problem document, on every path', async () => {
  for (const host of ['[', ':::', '%zz', 'a b', 'a@b', 'x?y', 'é', 'localhost:99999'])
    for (const path of ['/health/live', '/users/me', '/nothing', '/ws', '/docs', '/trpc/users.me']) {
      const { status, text } = await get(path, host)
      expect([host, path, status]).toEqual([host, path, 400])
      expect(text).not.toContain('<html')
    }
})

test('a CONNECT with any target is 400 with a problem document', async () => {
  const targets = ['x//host/path', 'xlocalhost/health/live', 'x//h/sync', '-//h/ws', 'file://h:80/p', '://h/p', 'h:80']
  for (const target of targets) {
    const { status, text } = await send(server.url, `CONNECT ${target}`, 'localhost')
    expect([target, status, text.includes('"malformed"')]).toEqual([target, 400, true])
  }
})

const heapSize = () => heapStats().heapSize

test('a host that is remembered keeps no URL in memory', () => {
  const path = `/files/x?ticket=${'s'.repeat(1_000_000)}`
  Bun.gc(true)
  const before = heapSize()
  for (let n = 0; n < 90; n += 1) {
    const url = `http://chat-server-host-${n}.example.com${path}${n}`
    expect(pathOf(new Request(url))).toBe(`${path}${n}`)
  }
  Bun.gc(true)
  expect(heapSize() - before).toBeLessThan(45_000_000)
})

test('the client address of a request with a short host name is known', async () => {
  await using limited = await startTestServer({ settings: { PARLEY_RATE_AUTH: '1' } })
  const login = (host: string, username: string) =>
    send(limited.url, 'POST /auth/login', host, JSON.stringify({ username, password: 'wrong' }))
  expect((await login('api', 'somebody')).status).toBe(401)
  expect((await login('localhost', 'another')).status).toBe(429)
})
