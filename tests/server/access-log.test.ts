import { expect, test } from 'bun:test'
import { Writable } from 'node:stream'
import { openLogger } from '../../src/logger.ts'
import { groupOf, PASSWORD, register, withRole } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'

/** A server whose log is kept. */
async function startLogged(settings: Record<string, string>) {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const server = await startTestServer({ settings, overrides: { logger: openLogger('info', destination) } })
  const requests = () =>
    lines
      .map(line => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request')
      .map(({ level: _level, time: _time, msg: _msg, ...request }) => request)
  return { server, lines, requests }
}

test('with PARLEY_ACCESS_LOG each request is one line without token, query, path or body', async () => {
  const { server, lines, requests } = await startLogged({ PARLEY_ACCESS_LOG: 'on' })
  await using running = server
  const ada = await register(running, 'ada')
  const room = await groupOf(ada, [])
  const authorization = `Bearer ${ada.access_token}`
  await fetch(`${running.url}/conversations/${room.id}?canary-query=1`, {
    headers: { authorization, 'x-request-id': 'from-the-proxy-1' },
  })
  await fetch(`${running.url}/canary-path`, { method: 'DELETE' })
  using _ = await openSocket(running.url, { token: ada.access_token })
  const shown = requests()
  expect(shown.find(({ request_id }) => request_id === 'from-the-proxy-1')).toEqual({
    request_id: 'from-the-proxy-1',
    method: 'GET',
    route: '/conversations/{conversation_id}',
    status: 422,
    ms: expect.any(Number),
    user_id: ada.id,
    network: '127.0.0.1',
  })
  expect(shown).toContainEqual(expect.objectContaining({ route: '/auth/register', status: 201, user_id: null }))
  expect(shown).toContainEqual(expect.objectContaining({ method: 'DELETE', route: 'unknown', status: 404 }))
  expect(shown).toContainEqual(expect.objectContaining({ route: '/ws', status: 101 }))
  const text = lines.join('')
  for (const secret of ['canary', ada.access_token, ada.refresh_token, PASSWORD, room.id])
    expect(text).not.toContain(secret)
})

test('without PARLEY_ACCESS_LOG requests are not logged', async () => {
  const { server, requests } = await startLogged({})
  await using running = server
  await fetch(`${running.url}/health/live`)
  expect(requests()).toEqual([])
})

test('an incoming X-Request-Id is kept on every answer and in its problem, and one of another form is replaced', async () => {
  await using server = await startTestServer()
  const longest = 'x'.repeat(128)
  for (const path of [
    '/health/live',
    '/users/me',
    '/nowhere',
    '/openapi.json',
    '/trpc/users.me',
    '/trpc/nowhere',
    '/ws',
  ]) {
    for (const id of ['abc-1/2:3', longest]) {
      const response = await fetch(`${server.url}${path}`, { headers: { 'x-request-id': id } })
      expect([path, response.headers.get('x-request-id')]).toEqual([path, id])
      const body = await response.text()
      if (response.status >= 400) expect(body).toContain(`"request_id":"${id}"`)
    }
    for (const id of [`${longest}x`, 'with space', 'umlaut-ä', '']) {
      const response = await fetch(`${server.url}${path}`, { headers: { 'x-request-id': id } })
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  }
})

test('a request by an API key is logged with the key beside the user whom it calls as', async () => {
  const { server, lines, requests } = await startLogged({ PARLEY_ACCESS_LOG: 'on' })
  await using running = server
  const [root, ada] = [await withRole(running, 'ADMIN'), await register(running, 'ada')]
  const { id, key } = await root.client.keys.create({
    name: 'shop',
    scopes: ['users:read', 'messages:read'],
    act_as: true,
  })
  const headers = { authorization: `Bearer ${key}`, 'parley-act-as': ada.id }
  for (const path of ['/users/me', '/sync']) {
    expect((await fetch(`${running.url}${path}`, { headers })).status).toBe(200)
    expect(requests().at(-1)).toMatchObject({ route: path, user_id: ada.id, key_id: id })
  }
  expect(lines.join('')).not.toContain(key)
})
