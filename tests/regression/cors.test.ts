import { expect, test } from 'bun:test'
import { Writable } from 'node:stream'
import { ConfigError, readConfig } from '../../src/config.ts'
import { openLogger } from '../../src/logger.ts'
import { sharedServer, startTestServer } from '../support/server.ts'

const APPS = ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'app://obsidian.md']
const WEB = 'https://chat.example.com'
const server = sharedServer({ settings: { PARLEY_ALLOWED_ORIGINS: [WEB, ...APPS].join(', ') } })

test('a listed web page may send the headers of a tRPC subscription', async () => {
  const headers = {
    origin: WEB,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization,last-event-id,trpc-accept',
  }
  const answer = await fetch(`${server.url}/trpc/sync.follow`, { method: 'OPTIONS', headers })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-origin')).toBe(WEB)
  const allowed = (answer.headers.get('access-control-allow-headers') ?? '').split(', ')
  expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'last-event-id', 'trpc-accept']))
})

test('every answer of a server with listed origins varies by origin, also where none came', async () => {
  for (const path of ['/health/live', '/users/me', '/nothing', '/', '/docs', '/openapi.json', '/trpc/users.me'])
    for (const origin of [null, WEB, 'https://other.example']) {
      const headers: Record<string, string> = origin === null ? {} : { origin }
      const answer = await fetch(`${server.url}${path}`, { headers, redirect: 'manual' })
      const vary = (answer.headers.get('vary') ?? '').toLowerCase().split(', ')
      expect([path, origin, vary.includes('origin')]).toEqual([path, origin, true])
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin === WEB ? WEB : null)
    }
})

test('the origins of web views in apps can be listed', async () => {
  for (const origin of APPS) {
    const answer = await fetch(`${server.url}/health/live`, { headers: { origin } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  }
})

test('the origin null, and what is no origin, cannot be listed', () => {
  for (const wrong of ['null', 'capacitor://', 'capacitor://localhost/', 'file:///', 'app://a/b', 'other://localhost'])
    expect(() => readConfig({ PARLEY_ALLOWED_ORIGINS: wrong })).toThrow(ConfigError)
})

test('a refused origin leaves one line in the log, whether it asked over HTTP or for a socket', async () => {
  const lines: string[] = []
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    lines.push(chunk.toString())
    done()
  }
  await using logged = await startTestServer({ overrides: { logger: openLogger('info', new Writable({ write })) } })
  const named = (origin: string) => lines.filter(line => line.includes(origin)).length
  for (const _ of [1, 2]) await fetch(`${logged.url}/health/live`, { headers: { origin: 'https://evil.example' } })
  const upgrade = { upgrade: 'websocket', connection: 'upgrade', origin: 'https://worse.example' }
  expect((await fetch(`${logged.url}/ws`, { headers: upgrade })).status).toBe(403)
  await fetch(`${logged.url}/health/live`, { headers: { origin: new URL(logged.url).origin } })
  expect([named('https://evil.example'), named('https://worse.example'), named(new URL(logged.url).origin)]).toEqual([
    1, 1, 0,
  ])
})
