import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair, type JWK, type JWTPayload } from 'jose'
import { ConfigError, readConfig } from '../../src/config.ts'
import { ADMIN, sharedServer, startTestServer } from '../support/server.ts'
import { PASSWORD, refused, register, signIn, withRole } from '../support/people.ts'

const SECRET = 'a secret of at least thirty-two characters'
const server = sharedServer({
  settings: { PARLEY_USER_TOKEN_SECRET: SECRET, PARLEY_USER_TOKEN_ISSUER: 'https://shop.example' },
})
const fresh = () => `shop|${crypto.randomUUID()}`

interface Made {
  secret?: string
  alg?: string
  issuer?: string
  expires?: number
}

function tokenOf(
  claims: JWTPayload,
  { secret = SECRET, alg = 'HS256', issuer = 'https://shop.example', expires = 600 }: Made = {},
) {
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({ iss: issuer, ...claims })
    .setProtectedHeader({ alg })
    .setExpirationTime(now + expires)
    .sign(new TextEncoder().encode(secret))
}

const exchange = (token: string) => server.client().auth.exchange({ token })

describe('a token of a user of another system', () => {
  test('creates the user at first sight, and signs the same one in afterwards', async () => {
    const sub = fresh()
    const first = await exchange(
      await tokenOf({ sub, name: 'Ada Lovelace', email: `${sub.slice(5, 13)}@shop.example` }),
    )
    expect(first.user).toMatchObject({ full_name: 'Ada Lovelace', external_id: sub, role: 'EDITOR' })
    expect(first.user.username).toMatch(/^[a-zA-Z0-9_.-]{3,32}$/)
    const again = await exchange(await tokenOf({ sub }))
    expect(again.user).toEqual(first.user)
    expect(again.session_id).not.toBe(first.session_id)
  })

  test('names its user exactly: ids that differ in spaces are two users, and one that is no text is refused', async () => {
    const sub = fresh()
    const ids = await Promise.all(
      [sub, ` ${sub}`, `${sub} `].map(async each => (await exchange(await tokenOf({ sub: each }))).user),
    )
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3)
    expect(ids.map(({ external_id }) => external_id)).toEqual([sub, ` ${sub}`, `${sub} `])
    for (const wrong of ['', `${sub}\ud800`, 'x'.repeat(201)])
      await refused(exchange(await tokenOf({ sub: wrong })), 'invalid_user_token')
  })

  test('gives a session like any other: it is refreshed, listed and ended', async () => {
    const client = server.client()
    const { session_id } = await client.auth.exchange({ token: await tokenOf({ sub: fresh() }) })
    const { data } = await client.auth.sessions()
    expect(data.map(({ id }) => id)).toEqual([session_id])
    await client.auth.refreshToken({ refresh_token: client.tokens.current?.refresh_token ?? '' })
    await client.auth.logout()
    await refused(client.auth.sessions(), 'unauthenticated')
  })

  test('keeps the refresh token of a page in a cookie, if the page asks for it', async () => {
    const headers = { 'content-type': 'application/json', 'parley-refresh': 'cookie' }
    const body = JSON.stringify({ token: await tokenOf({ sub: fresh() }) })
    const answer = await fetch(`${server.url}/auth/exchange`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
    expect(await answer.json()).not.toHaveProperty('refresh_token')
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    const renew = { method: 'POST', headers: { ...headers, cookie }, body: '{}' }
    expect((await fetch(`${server.url}/auth/refresh-token`, renew)).status).toBe(200)
  })

  test('of 20 at once one user is made', async () => {
    const sub = fresh()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf({ sub, name: 'Ada' })))
    const answers = await Promise.all(tokens.map(exchange))
    expect(new Set(answers.map(({ user }) => user.id)).size).toBe(1)
  })

  test('the profile follows the claims, and what they do not say stays', async () => {
    const sub = fresh()
    const { user } = await exchange(
      await tokenOf({ sub, name: 'Ada', username: `ada-${crypto.randomUUID().slice(0, 8)}` }),
    )
    const changed = await exchange(await tokenOf({ sub, name: 'Ada King', role: 'USER' }))
    expect(changed.user).toMatchObject({ id: user.id, username: user.username, full_name: 'Ada King', role: 'USER' })
    expect((await exchange(await tokenOf({ sub }))).user).toMatchObject({ full_name: 'Ada King', role: 'USER' })
  })

  test('a username that is taken gets an addition, and an address that is taken is refused', async () => {
    const ada = await register(server, 'ada')
    const { user } = await exchange(await tokenOf({ sub: fresh(), username: ada.name }))
    expect(user.username).toStartWith(ada.name.slice(0, 12))
    expect(user.username).not.toBe(ada.name)
    await refused(exchange(await tokenOf({ sub: fresh(), email: `${ada.name}@example.com` })), 'email_taken')
  })

  test('a disabled account is not signed in, and a deleted one frees the external id', async () => {
    const root = await signIn(server, ADMIN.username, ADMIN.password)
    const sub = fresh()
    const { user } = await exchange(await tokenOf({ sub }))
    await root.client.users.update({ user_id: user.id, disabled: true })
    await refused(exchange(await tokenOf({ sub })), 'account_disabled')
    await root.client.users.delete({ user_id: user.id })
    expect((await exchange(await tokenOf({ sub }))).user.id).not.toBe(user.id)
  })

  test('its user has no password: neither signs in by one nor needs one to delete the account', async () => {
    const client = server.client()
    const { user } = await client.auth.exchange({ token: await tokenOf({ sub: fresh() }) })
    await refused(server.client().auth.login({ username: user.username, password: PASSWORD }), 'invalid_credentials')
    await refused(client.auth.password({ current_password: PASSWORD, new_password: PASSWORD }), 'invalid_credentials')
    await client.users.delete({ user_id: 'me' })
  })

  test('external ids are found and set by an ADMIN, and seen by nobody else', async () => {
    const admin = await withRole(server, 'ADMIN')
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const external_id = fresh()
    await admin.client.users.update({ user_id: ada.id, external_id })
    expect((await admin.client.users.list({ external_id })).data.map(({ id }) => id)).toEqual([ada.id])
    expect((await admin.client.users.list({ external_id: fresh() })).data).toEqual([])
    expect((await exchange(await tokenOf({ sub: external_id }))).user.id).toBe(ada.id)
    await refused(admin.client.users.update({ user_id: bob.id, external_id }), 'external_id_taken')
    const body = { username: `c-${bob.name}`, email: `c-${bob.name}@example.com`, password: PASSWORD, external_id }
    await refused(admin.client.users.create(body), 'external_id_taken')
    await refused(bob.client.users.list({ external_id }), 'forbidden')
    await refused(bob.client.users.update({ user_id: bob.id, external_id: fresh() }), 'forbidden')
    expect(await bob.client.users.get({ user_id: ada.id })).not.toHaveProperty('external_id')
    expect(await ada.client.users.me()).toMatchObject({ external_id })
    await admin.client.users.update({ user_id: ada.id, external_id: null })
    expect(await ada.client.users.me()).not.toHaveProperty('external_id')
  })

  test('is refused with the reason, and never with what it says', async () => {
    const sub = fresh()
    const { privateKey } = await generateKeyPair('ES256')
    const now = Math.floor(Date.now() / 1_000)
    const claims = { sub, iss: 'https://shop.example', exp: now + 600 }
    const wrong: Record<string, string | Promise<string>> = {
      'it is no JWT': 'a.b.c',
      'its signature is wrong': tokenOf({ sub }, { secret: `${SECRET}!` }),
      'it has expired': tokenOf({ sub }, { expires: -60 }),
      'its claim iss is not valid': tokenOf({ sub }, { issuer: 'https://other.example' }),
      'its claim nbf is not valid': tokenOf({ sub, nbf: now + 3_600 }),
      'its claim iat is not valid': tokenOf({ sub, iat: now + 3_600 }),
      'its claim sub is not valid': tokenOf({}),
      'its claim email is not valid': tokenOf({ sub, email: 'nobody' }),
      'its claim role is not valid': tokenOf({ sub, role: 'root' }),
      'its `exp` is more than 24 hours ahead': tokenOf({ sub }, { expires: 90_000 }),
      'its `role` is none of PARLEY_USER_TOKEN_ROLES': tokenOf({ sub, role: 'ADMIN' }),
      'its algorithm is not accepted': new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey),
    }
    for (const [reason, token] of Object.entries(wrong)) {
      const problem = await refused(exchange(await token), 'invalid_user_token')
      expect([reason, problem.detail]).toEqual([reason, `The token is not accepted: ${reason}`])
    }
    await refused(exchange(new UnsecuredJWT(claims).encode()), 'invalid_user_token')
    await refused(exchange('x'.repeat(9_000)), 'validation_failed')
    const root = await signIn(server, ADMIN.username, ADMIN.password)
    expect((await root.client.users.list({ external_id: sub })).data).toEqual([])
  })
})

describe('keys of an identity provider', () => {
  let keys: JWK[] = []
  let mode: 'keys' | 'garbage' | 'silent' = 'keys'
  let asked = 0
  const provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch() {
      asked += 1
      if (mode === 'silent') return new Promise<Response>(() => undefined)
      return mode === 'garbage' ? new Response('<html>') : Response.json({ keys })
    },
  })
  const settings = {
    PARLEY_USER_TOKEN_JWKS: `http://127.0.0.1:${provider.port}/keys`,
    PARLEY_USER_TOKEN_AUDIENCE: 'chat',
  }
  const behind = sharedServer({ settings })
  const pairs = new Map<string, CryptoKey>()
  beforeAll(async () => {
    for (const kid of ['one', 'two']) {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
      keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' })
      pairs.set(kid, privateKey)
    }
  })
  afterAll(() => provider.stop(true))

  const signed = async (kid: string, claims: JWTPayload, by = kid) => {
    const key = pairs.get(by)
    if (!key) throw new Error('no such key')
    const exp = Math.floor(Date.now() / 1_000) + 600
    return new SignJWT({ exp, ...claims }).setProtectedHeader({ alg: 'ES256', kid }).sign(key)
  }
  const ask = async (token: Promise<string>, at = behind) => at.client().auth.exchange({ token: await token })

  test('a token that one of them has signed for this audience is accepted', async () => {
    const sub = fresh()
    expect((await ask(signed('two', { sub, aud: ['mail', 'chat'] }))).user).toMatchObject({ external_id: sub })
    await refused(ask(signed('two', { sub, aud: 'mail' })), 'invalid_user_token')
    await refused(ask(signed('two', { sub })), 'invalid_user_token')
    await refused(ask(signed('one', { sub, aud: 'chat' }, 'two')), 'invalid_user_token')
    // A public key as the secret of an HMAC.
    const hmac = new SignJWT({ sub, aud: 'chat', exp: Math.floor(Date.now() / 1_000) + 600 })
    const forged = hmac.setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(Buffer.from(JSON.stringify(keys[0])))
    await refused(ask(forged), 'invalid_user_token')
  })

  test('an unknown key makes them be fetched once, however often it is asked for', async () => {
    await ask(signed('one', { sub: fresh(), aud: 'chat' }))
    const before = asked
    const all = Array.from({ length: 10 }, () =>
      refused(ask(signed('three', { sub: fresh(), aud: 'chat' }, 'one')), 'invalid_user_token'),
    )
    await Promise.all(all)
    expect(asked - before).toBeLessThanOrEqual(1)
  })

  test('while they cannot be fetched, a sign-in is 503 within seconds, and works again afterwards', async () => {
    for (const broken of ['garbage', 'silent'] as const) {
      mode = broken
      await using other = await startTestServer({ settings })
      other.expectComplaint('keys of user tokens')
      const sub = fresh()
      const login = async () => other.client().auth.exchange({ token: await signed('one', { sub, aud: 'chat' }) })
      await refused(login(), 'unavailable')
      mode = 'keys'
      expect((await login()).user).toMatchObject({ external_id: sub })
    }
  })
})

test('a server without the settings answers 404, and settings that do not fit are refused at the start', async () => {
  await using plain = await startTestServer()
  await refused(plain.client().auth.exchange({ token: await tokenOf({ sub: fresh() }) }), 'not_found')
  const JWKS = 'https://id.example/keys'
  for (const wrong of [
    { PARLEY_USER_TOKEN_SECRET: 'short' },
    { PARLEY_USER_TOKEN_JWKS: JWKS },
    { PARLEY_USER_TOKEN_JWKS: 'http://id.example/keys', PARLEY_USER_TOKEN_AUDIENCE: 'chat' },
    { PARLEY_USER_TOKEN_ISSUER: 'https://shop.example' },
    { PARLEY_USER_TOKEN_SECRET: SECRET, PARLEY_USER_TOKEN_ROLES: 'BOSS' },
  ])
    expect(() => readConfig(wrong)).toThrow(ConfigError)
})
