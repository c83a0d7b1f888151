import { expect, test } from 'bun:test'
import { Writable } from 'node:stream'
import { openLogger } from '../../src/logger.ts'
import { connect, requestText } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const LOGIN = JSON.stringify({ username: 'nobody', password: 'wrong' })
const BIG = 'x'.repeat(400_000)

/** A server whose whole log the test sees. */
async function loggedServer(settings: Record<string, string> = {}) {
  const lines: { level: number; [field: string]: unknown }[] = []
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    lines.push(JSON.parse(chunk.toString()))
    done()
  }
  const logger = openLogger('debug', new Writable({ write }))
  return { server: await startTestServer({ settings, overrides: { logger } }), lines }
}

test('a compressed body is 415 and told that only an uncompressed one is read', async () => {
  await using server = await startTestServer()
  for (const path of ['/auth/login', '/trpc/auth.login']) {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: Bun.gzipSync(LOGIN) })
    expect([path, answer.status, answer.headers.get('accept-encoding')]).toEqual([path, 415, 'identity'])
    expect(await answer.text()).toContain('unsupported_media_type')
  }
})

test('a client that leaves in the middle of its body leaves no line above debug and no stack in the log', async () => {
  const { server, lines } = await loggedServer()
  await using _ = server
  for (const path of ['/auth/login', '/auth/register', '/trpc/auth.login'])
    for (const framing of [{ 'content-length': '300' }, { 'transfer-encoding': 'chunked' }])
      for (const host of ['a', 'localhost:3000']) {
        using connection = await connect(server.url)
        const part = 'content-length' in framing ? '{"user' : '6\r\n{"user\r\n'
        connection.write(requestText(`POST ${path}`, { ...JSON_TYPE, ...framing, host }, part))
        await Bun.sleep(20)
        connection.leave()
      }
  // Answered after all of them have been noticed, because the server is one process.
  await fetch(`${server.url}/health/ready`)
  await server.running.stop()
  expect(lines.filter(({ level, err }) => level > 20 || err !== undefined)).toEqual([])
})

test('odd methods, pipelined bodies and oversize chunked bodies get a problem document or a clean close', async () => {
  const { server, lines } = await loggedServer()
  await using _ = server
  const login = requestText('POST /auth/login', { ...JSON_TYPE, 'content-length': String(LOGIN.length) }, LOGIN)
  const chunked = `${BIG.length.toString(16)}\r\n${BIG}\r\n0\r\n\r\n`
  const requests: [name: string, text: string][] = [
    ...['FOO', 'get', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'OPTIONS'].map((method): [string, string] => [
      method,
      requestText(`${method} /users/me`),
    ]),
    ['pipelined bodies', login.repeat(3)],
    ['a pipelined body behind a request', requestText('GET /health/live') + login],
    ...['a', 'localhost:3000'].map((host): [string, string] => [
      `oversize chunked body for host ${host}`,
      requestText('POST /auth/login', { ...JSON_TYPE, 'transfer-encoding': 'chunked', host }, chunked),
    ]),
    [
      'a chunk that is none',
      requestText('POST /auth/login', { ...JSON_TYPE, 'transfer-encoding': 'chunked' }, 'zz\r\n'),
    ],
  ]
  for (const [name, text] of requests) {
    using connection = await connect(server.url)
    connection.write(text)
    await connection.wait(() => /^HTTP\/1\.1 \d{3}/.test(connection.text))
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(connection.text)?.[1] ?? 0)
    expect([name, connection.closed || status > 0, status < 500]).toEqual([name, true, true])
  }
  await server.running.stop()
  expect(lines.filter(({ level }) => level > 30)).toEqual([])
})
