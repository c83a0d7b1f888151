import { expect, test } from 'bun:test'
import { sharedServer } from '../support/server.ts'

const RATE = 4
const PASSWORD = 'a fine long passphrase'
const server = sharedServer({ settings: { PARLEY_RATE_AUTH: String(RATE), PARLEY_TRUSTED_PROXIES: '1' } })
let calls = 0

/** Each from an address of its own: only what is counted of the names counts. */
async function post(path: string, body: object): Promise<number> {
  calls += 1
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.${calls >> 8}.${calls & 255}` },
    body: JSON.stringify(body),
  })
  await response.body?.cancel()
  return response.status
}
const login = (name: object, password = 'a wrong one') => post('/auth/login', { ...name, password })
const fresh = () => `ada-${crypto.randomUUID().slice(0, 8)}`

/** An account whose registration is the only attempt that was counted. */
async function account() {
  const username = fresh()
  const email = `${username}@example.com`
  expect(await post('/auth/register', { username, email, password: PASSWORD })).toBe(201)
  return { username, email }
}
/** The answers to more attempts than are allowed. */
async function used(name: object, password?: string): Promise<number[]> {
  const answers = []
  for (let index = 0; index < RATE + 2; index += 1) answers.push(await login(name, password))
  return answers
}

test('a used-up limit of a username does not affect an e-mail address of the same text', async () => {
  const { username } = await account()
  const nobody = fresh()
  await used({ username })
  await used({ username: nobody })
  const [known, unknown] = [await login({ email: username }), await login({ email: nobody })]
  expect(known).toBe(unknown)
})

test('a used-up limit of a username does not reveal the e-mail address of its account', async () => {
  const { username, email } = await account()
  await used({ username })
  expect(await login({ email })).toBe(await login({ email: `${fresh()}@example.com` }))
})

test('a used-up limit of an e-mail address does not reveal the username of its account', async () => {
  const { username, email } = await account()
  await used({ email })
  expect(await login({ username })).toBe(await login({ username: fresh() }))
})

test('sign-ins of one account are limited together, however its names are spelled and combined', async () => {
  const { username, email } = await account()
  for (const name of [{ username }, { email }, { username: ` ${username.toUpperCase()}` }, { email: `${email} ` }])
    expect(await login(name)).toBe(401)
  // The right password too: an answer of its own would tell who was tried by another name.
  expect([await login({ username }, PASSWORD), await login({ email }, PASSWORD)]).toEqual([401, 401])
})

test('a used-up name is 429, whether or not an account has it', async () => {
  const { username } = await account()
  const nobody = fresh()
  await login({ username: nobody })
  expect(await used({ username })).toEqual([401, 401, 401, 429, 429, 429])
  expect(await used({ username: nobody })).toEqual([401, 401, 401, 429, 429, 429])
})

test('spellings of one unknown name are counted together', async () => {
  const username = fresh()
  const spellings = [username, ` ${username}`, username.toUpperCase(), `${username}\t`, `\n${username} `]
  const answers = []
  for (const spelling of spellings) answers.push(await login({ username: spelling }))
  expect(answers).toEqual([401, 401, 401, 401, 429])
})
