import { expect, test } from 'bun:test'
import { PASSWORD } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'

const PAGE = 'https://app.example.com'
const server = sharedServer({ settings: { PARLEY_ALLOWED_ORIGINS: PAGE } })
const ASKING = { 'parley-refresh': 'cookie' }

interface Answer {
  status: number
  body: Record<string, unknown>
  cookie: string | null
  headers: Headers
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}, url = server.url) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  const answer = await fetch(`${url}${path}`, init)
  const text = await answer.text()
  const read = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  const got: Answer = {
    status: answer.status,
    body: read,
    cookie: answer.headers.get('set-cookie'),
    headers: answer.headers,
  }
  return got
}

async function register(
  headers: Record<string, string> = ASKING,
  url = server.url,
): Promise<Answer & { name: string }> {
  const name = `page-${crypto.randomUUID().slice(0, 8)}`
  const body = { username: name, email: `${name}@example.com`, password: PASSWORD }
  return { ...(await post('/auth/register', body, headers, url)), name }
}

/** `name=value` of a `Set-Cookie`. */
const pairOf = ({ cookie }: Pick<Answer, 'cookie'>) => cookie?.split(';')[0] ?? ''
const refresh = (cookie: string, headers: Record<string, string> = ASKING) =>
  post('/auth/refresh-token', {}, { ...headers, cookie })

test('a page that asks for it has its refresh token in a cookie that no script reads, and not in the body', async () => {
  const { status, body, cookie, headers } = await register()
  expect(status).toBe(201)
  expect(body).not.toHaveProperty('refresh_token')
  expect(body['access_token']).toBeString()
  expect(cookie).toMatch(/^parley-refresh=[\w.-]+; Path=\/auth; Max-Age=2592000; HttpOnly; SameSite=Strict$/)
  expect(headers.get('cache-control')).toBe('no-store')
})

test('a request without the header neither sets nor reads the cookie', async () => {
  const plain = await register({})
  expect(plain.cookie).toBeNull()
  expect(plain.body['refresh_token']).toBeString()
  const asked = await register()
  expect(await refresh(pairOf(asked), {})).toMatchObject({
    status: 401,
    body: { code: 'invalid_refresh_token' },
    cookie: null,
  })
})

test('the cookie rotates, its predecessor stays valid for a second tab, and its reuse later ends the session', async () => {
  const first = pairOf(await register())
  const second = await refresh(first)
  expect(second.status).toBe(200)
  expect(second.body).not.toHaveProperty('refresh_token')
  // Two tabs that ask at once get the same successor.
  const other = await refresh(first)
  expect([other.status, pairOf(other)]).toEqual([200, pairOf(second)])
  const third = await refresh(pairOf(second))
  expect(third.status).toBe(200)
  const reused = await refresh(first)
  expect([reused.status, reused.body['code']]).toEqual([401, 'invalid_refresh_token'])
  expect(reused.cookie).toMatch(/^parley-refresh=; Path=\/auth; Max-Age=0;/)
  expect((await refresh(pairOf(third))).status).toBe(401)
})

test('signing in and out moves the cookie, and a client with a token in the body can change to the cookie', async () => {
  const { name, body } = await register({})
  const moved = await post('/auth/refresh-token', { refresh_token: body['refresh_token'] }, ASKING)
  expect([moved.status, 'refresh_token' in moved.body]).toEqual([200, false])
  const login = await post('/auth/login', { username: name, password: PASSWORD }, ASKING)
  expect(pairOf(login)).toStartWith('parley-refresh=')
  const bearer = { authorization: `Bearer ${String(login.body['access_token'])}` }
  const out = await post('/auth/logout', {}, { ...ASKING, ...bearer })
  expect([out.status, out.cookie?.split(';')[0]]).toEqual([204, 'parley-refresh='])
  expect((await refresh(pairOf(login))).status).toBe(401)
})

test('the cookie alone signs no call in', async () => {
  const cookie = pairOf(await register())
  for (const path of ['/users/me', '/auth/sessions', '/sync']) {
    const answer = await fetch(`${server.url}${path}`, { headers: { cookie, ...ASKING } })
    expect([path, answer.status]).toEqual([path, 401])
  }
  expect((await post('/auth/logout', { all: true }, { cookie, ...ASKING })).status).toBe(401)
})

test('no page of another origin can use the cookie', async () => {
  const cookie = pairOf(await register())
  for (const origin of [
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'http://app.example.com',
  ]) {
    const answer = await refresh(cookie, { ...ASKING, origin })
    expect([origin, answer.status, answer.body['code'], answer.cookie]).toEqual([origin, 403, 'origin_refused', null])
    const preflight = await fetch(`${server.url}/auth/refresh-token`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'parley-refresh' },
    })
    expect([origin, preflight.headers.get('access-control-allow-origin')]).toEqual([origin, null])
  }
  // A form can send neither the header nor JSON.
  const form = { method: 'POST', headers: { cookie, 'content-type': 'text/plain', origin: 'https://evil.example' } }
  const sent = await fetch(`${server.url}/auth/refresh-token`, { ...form, body: '{}' })
  expect([sent.status, sent.headers.get('set-cookie')]).toEqual([415, null])
  // None of it has used the token up.
  expect((await refresh(cookie)).status).toBe(200)
})

test('a listed page may send the header and the cookie', async () => {
  const headers = {
    origin: PAGE,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,parley-refresh',
  }
  const preflight = await fetch(`${server.url}/auth/refresh-token`, { method: 'OPTIONS', headers })
  expect(preflight.headers.get('access-control-allow-credentials')).toBe('true')
  expect(preflight.headers.get('access-control-allow-headers')).toContain('parley-refresh')
  const answer = await refresh(pairOf(await register()), { ...ASKING, origin: PAGE })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
})

test('behind HTTPS and below a path the cookie is Secure, named so, and of that path only', async () => {
  await using behind = await startTestServer({ settings: { BASE_URL: 'https://example.com/chat', PORT: '0' } })
  const url = `http://127.0.0.1:${behind.running.port}`
  const { cookie } = await register(ASKING, url)
  expect(cookie).toMatch(
    /^__Secure-parley-refresh=\S+; Path=\/chat\/auth; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/,
  )
  const own = await post('/auth/refresh-token', {}, { ...ASKING, cookie: pairOf({ cookie }) }, url)
  expect(own.status).toBe(200)
  // A name that a page of plain HTTP could set does not count.
  const forged = pairOf(own).replace('__Secure-', '')
  expect((await post('/auth/refresh-token', {}, { ...ASKING, cookie: forged }, url)).status).toBe(401)
})

test('without BASE_URL the cookie is Secure everywhere but on loopback', async () => {
  const { cookie } = await register({ ...ASKING, host: 'chat.example.com' })
  expect(cookie).toEndWith('; Secure')
})
