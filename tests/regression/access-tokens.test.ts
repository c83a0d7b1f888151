import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { hkdfSync } from 'node:crypto'
import { jwt } from '@elysiajs/jwt'
import { openTokens } from '../../src/identity/tokens.ts'
import { register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { transportsOf } from '../support/transports.ts'

const SECRET = 'a secret that only this test knows, 32 bytes'
const server = sharedServer({ settings: { PARLEY_SECRET: SECRET } })
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('an access token is accepted in one spelling only', async () => {
  const { access_token: token } = await register(server, 'ada')
  const [rest, last] = [token.slice(0, -1), token.slice(-1)]
  const spellings = [
    `${token.slice(0, 50)} ${token.slice(50)}`,
    `${token.slice(0, -5)}\t${token.slice(-5)}`,
    `${token}=`,
    `${rest}${ALPHABET[ALPHABET.indexOf(last) + 1]}`,
  ]
  for (const spelling of spellings)
    expect((await transportsOf(server.url).rest('users.me', {}, spelling)).status).toBe(401)
  expect((await transportsOf(server.url).rest('users.me', {}, token)).status).toBe(200)
})

test('the memory of the token cache does not grow with the spelling of the header', async () => {
  const tokens = openTokens(SECRET)
  const [user_id, now] = [Bun.randomUUIDv7(), new Date()]
  const padding = ' '.repeat(16_000)
  Bun.gc(true)
  // Of the heap, because that of the process depends on the tests before.
  const before = heapStats().heapSize
  for (let n = 0; n < 10_000; n += 1) {
    const header = Buffer.from(`${padding}${await tokens.signAccess(user_id, Bun.randomUUIDv7(), now)}`).toString()
    expect(await tokens.verifyAccess(header.trim(), now)).not.toBeNull()
  }
  Bun.gc(true)
  expect(heapStats().heapSize - before).toBeLessThan(40 * 1024 * 1024)
})

test('an access token with an invalid expiry under the right key is refused like any wrong one', async () => {
  const ada = await register(server, 'ada')
  const signer = jwt({
    name: 'jwt',
    secret: Buffer.from(hkdfSync('sha256', SECRET, 'parley', 'access', 32)).toString('hex'),
    alg: 'HS256',
    typ: 'at+jwt',
    iss: 'parley',
    aud: 'parley',
  }).decorator.jwt
  const claims = { sub: ada.id, sid: ada.session_id, iat: true as const }
  const transports = transportsOf(server.url)
  for (const exp of [253_402_300_800, 8_640_000_000_001, Number.MAX_SAFE_INTEGER, -1]) {
    const token = await signer.sign({ ...claims, exp })
    expect((await transports.rest('users.me', {}, token)).status).toBe(401)
    expect((await transports.trpc('users.me', {}, token)).status).toBe(401)
    using socket = await openSocket(server.url)
    socket.send({ type: 'auth', token })
    expect(await socket.closed()).toBe(4401)
  }
  const good = await signer.sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 })
  expect((await transports.rest('users.me', {}, good)).status).toBe(200)
})
