import { expect, test } from 'bun:test'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'

const UPGRADE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}

test('while the store is unavailable every transport answers 503 with a problem document, and sockets are closed 1012', async () => {
  let ahead = 0
  await using server = await startTestServer({ overrides: { clock: () => new Date(Date.now() + ahead) } })
  server.expectComplaint('storage unavailable')
  const ada = await register(server, 'ada')
  const { ticket } = await ada.client.auth.wsTicket()
  using early = await openSocket(server.url)
  await server.running.storage[Symbol.asyncDispose]()
  // Nothing is cached any more.
  ahead = 2_000
  const authorization = `Bearer ${ada.access_token}`
  const ways: [string, Record<string, string>][] = [
    ['/users/me', { authorization }],
    ['/sync', { authorization }],
    ['/ws', { ...UPGRADE, authorization }],
    [`/ws?ticket=${ticket}`, UPGRADE],
    ['/trpc/users.me', { authorization }],
  ]
  for (const [path, headers] of ways) {
    const response = await fetch(`${server.url}${path}`, { headers })
    expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '1'])
    expect(await response.text()).toContain('"code":"unavailable"')
  }
  const followed = await fetch(`${server.url}/trpc/sync.follow?input={}`, {
    headers: { authorization, accept: 'text/event-stream' },
  })
  expect(await followed.text()).toContain('"code":"unavailable"')
  early.send({ type: 'auth', token: ada.access_token })
  expect(await early.closed()).toBe(1012)
})
