import { expect, test } from 'bun:test'
import { operations, restOperations } from '../../contracts/index.ts'
import { register } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'

const server = sharedServer()

test('where an operation says that what it created is found, there is an operation, and its example has the names', () => {
  const paths = restOperations().flatMap(([, { method, path }]) =>
    method === 'GET' ? [path.replaceAll(/\{\w+\}/g, '{}')] : [],
  )
  const located = operations().flatMap(([name, { location, example }]) =>
    location ? [{ name, location, example }] : [],
  )
  expect(located.length).toBeGreaterThan(4)
  for (const { name, location, example } of located) {
    expect([name, paths]).toEqual([name, expect.arrayContaining([location.replaceAll(/\{\w+\}/g, '{}')])])
    for (const [, field = ''] of location.matchAll(/\{(\w+)\}/g))
      expect([name, example.output]).toEqual([name, expect.objectContaining({ [field]: expect.any(String) })])
  }
})

test('a 201 has the Location of what was created, below the path of BASE_URL, and a repeat has none', async () => {
  const send = async (url: string, path: string, token: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const ada = await register(server, 'ada')
  const created = await send(server.url, '/groups', ada.access_token, { name: 'Engines', member_ids: [] })
  const at = created.headers.get('location') ?? ''
  expect([created.status, at]).toEqual([201, `/groups/${((await created.json()) as { id: string }).id}`])
  const headers = { authorization: `Bearer ${ada.access_token}` }
  expect((await fetch(`${server.url}${at}`, { headers })).status).toBe(200)
  const message = { content: 'hello', client_id: crypto.randomUUID() }
  const path = at.replace('groups', 'conversations')
  const sent = await send(server.url, `${path}/messages`, ada.access_token, message)
  const repeated = await send(server.url, `${path}/messages`, ada.access_token, message)
  expect([sent.status, (await fetch(`${server.url}${sent.headers.get('location')}`, { headers })).status]).toEqual([
    201, 200,
  ])
  expect([repeated.status, repeated.headers.get('location')]).toEqual([200, null])
  await using below = await startTestServer({ settings: { BASE_URL: 'https://chat.example.com/chat' } })
  const own = `http://127.0.0.1:${below.running.port}`
  const account = { username: 'grace', email: 'grace@example.com', password: 'a fine long passphrase' }
  const registered = await fetch(`${own}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  })
  const { access_token } = (await registered.json()) as { access_token: string }
  const made = await send(own, '/groups', access_token, { name: 'Engines', member_ids: [] })
  expect(made.headers.get('location')).toStartWith('/chat/groups/')
})

test('/openapi.json is compressed for those who take gzip, and is not sent again while it is the same', async () => {
  const url = `${server.url}/openapi.json`
  const ask = (headers: Record<string, string>) => fetch(url, { headers, decompress: false })
  for (const [accepted, encoding] of [
    ['gzip, br', 'gzip'],
    ['br;q=1.0, gzip;q=0.5', 'gzip'],
    ['gzip;q=0', null],
    ['identity', null],
  ] as const) {
    const response = await ask({ 'accept-encoding': accepted })
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, encoding])
    const bytes = await response.bytes()
    const text = new TextDecoder().decode(encoding === null ? bytes : Bun.gunzipSync(bytes))
    expect(JSON.parse(text)).toHaveProperty('openapi', '3.1.0')
    expect(response.headers.get('vary')).toContain('accept-encoding')
  }
  const etag = (await ask({})).headers.get('etag') ?? ''
  expect(etag).toMatch(/^W\/"\w+"$/)
  expect((await ask({ 'if-none-match': `"other", ${etag}` })).status).toBe(304)
  expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
})
