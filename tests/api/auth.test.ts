import { describe, expect, test } from 'bun:test'
import { HASH_COST } from '../../src/identity/passwords.ts'
import { PASSWORD, refused, register, signIn, withRole } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'

let now = new Date()
const server = sharedServer({ overrides: { clock: () => now, hash_cost: HASH_COST } })

const client = () => server.client()
const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}
const post = (path: string, body: unknown, token?: string) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  })

describe('registering', () => {
  test('registering signs in at once, as an EDITOR', async () => {
    const ada = await register(server, 'ada')
    expect(await ada.client.users.me({})).toMatchObject({
      id: ada.id,
      role: 'EDITOR',
      unread: { unread_count: 0, mention_count: 0, unread_conversations: 0 },
    })
  })

  test('registering refuses a taken name or address without regard to case, and a common password', async () => {
    const ada = await register(server, 'ada')
    const again = { email: 'free@example.com', password: PASSWORD }
    await refused(client().auth.register({ ...again, username: ada.name.toUpperCase() }), 'username_taken')
    const email = `${ada.name}@EXAMPLE.com`
    await refused(client().auth.register({ ...again, username: 'free-name', email }), 'email_taken')
    const weak = { username: 'weak-one', email: 'weak@example.com', password: 'Password123' }
    const problem = await refused(client().auth.register(weak), 'validation_failed')
    expect(problem.errors.map(error => error.path)).toEqual(['password'])
  })

  test('of 20 registrations of the same name at once, one succeeds', async () => {
    const username = `wanted-${crypto.randomUUID().slice(0, 8)}`
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        client().auth.register({ username, email: `${username}-${index}@example.com`, password: PASSWORD }),
      ),
    )
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(1)
  })
})

describe('signing in', () => {
  test('signing in works by username and by e-mail address', async () => {
    const ada = await register(server, 'ada')
    expect((await client().auth.login({ username: ada.name, password: PASSWORD })).user.id).toBe(ada.id)
    const email = `${ada.name}@example.com`.toUpperCase()
    expect((await client().auth.login({ email, password: PASSWORD })).user.id).toBe(ada.id)
  })

  test('signing in answers the same for a wrong name and a wrong password', async () => {
    const ada = await register(server, 'ada')
    const wrong = await refused(client().auth.login({ username: ada.name, password: 'wrong' }), 'invalid_credentials')
    const nobody = await refused(
      client().auth.login({ username: 'nobody-at-all', password: 'wrong' }),
      'invalid_credentials',
    )
    expect({ ...wrong, request_id: '' }).toEqual({ ...nobody, request_id: '' })
  })

  test('signing in takes exactly one of username and e-mail address', async () => {
    await refused(client().auth.login({ password: PASSWORD }), 'validation_failed')
    await refused(
      client().auth.login({ username: 'a', email: 'b@example.com', password: PASSWORD }),
      'validation_failed',
    )
  })

  test('signing in to a disabled account answers 403 with the right password, 401 otherwise', async () => {
    const [ada, root] = [await register(server, 'ada'), await signIn(server, ADMIN.username, ADMIN.password)]
    await root.client.users.update({ user_id: ada.id, disabled: true })
    await refused(client().auth.login({ username: ada.name, password: PASSWORD }), 'account_disabled')
    await refused(client().auth.login({ username: ada.name, password: 'wrong' }), 'invalid_credentials')
    expect((await post('/auth/refresh-token', { refresh_token: ada.refresh_token })).status).toBe(401)
  })
})

describe('a refresh token', () => {
  test('a refresh token rotates, and a lost answer can be fetched again', async () => {
    const ada = await register(server, 'ada')
    const first = await client().auth.refreshToken({ refresh_token: ada.refresh_token })
    const again = await client().auth.refreshToken({ refresh_token: ada.refresh_token })
    expect(again.refresh_token).toBe(first.refresh_token)
    expect(first.refresh_token).not.toBe(ada.refresh_token)
  })

  test('50 refreshes of one token at once all get the same new token', async () => {
    const ada = await register(server, 'ada')
    const all = await Promise.all(
      Array.from({ length: 50 }, () => client().auth.refreshToken({ refresh_token: ada.refresh_token })),
    )
    expect(new Set(all.map(each => each.refresh_token)).size).toBe(1)
  })

  test('a refresh token that is used after its successor was used ends the session', async () => {
    const ada = await register(server, 'ada')
    const first = await client().auth.refreshToken({ refresh_token: ada.refresh_token })
    const second = await client().auth.refreshToken({ refresh_token: first.refresh_token })
    await refused(client().auth.refreshToken({ refresh_token: ada.refresh_token }), 'invalid_refresh_token')
    await refused(client().auth.refreshToken({ refresh_token: second.refresh_token }), 'invalid_refresh_token')
    const me = await fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${second.access_token}` } })
    expect(me.status).toBe(401)
  })

  test('a refresh token that is used again after 60 seconds ends the session', async () => {
    const ada = await register(server, 'ada')
    const first = await client().auth.refreshToken({ refresh_token: ada.refresh_token })
    later(61_000)
    await refused(client().auth.refreshToken({ refresh_token: ada.refresh_token }), 'invalid_refresh_token')
    await refused(client().auth.refreshToken({ refresh_token: first.refresh_token }), 'invalid_refresh_token')
  })

  test('a refresh token lives 30 days from its last use', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    later(20 * 86_400_000)
    const used = await client().auth.refreshToken({ refresh_token: ada.refresh_token })
    later(20 * 86_400_000)
    await client().auth.refreshToken({ refresh_token: used.refresh_token })
    await refused(client().auth.refreshToken({ refresh_token: bob.refresh_token }), 'invalid_refresh_token')
  })

  test('a refresh token cannot be replaced by an access token or a forgery', async () => {
    const ada = await register(server, 'ada')
    const [session, generation, seal = ''] = ada.refresh_token.split('.')
    const forged = [
      ada.access_token,
      `${session}.${generation}.${seal.slice(0, -2)}AA`,
      `${session}.1.${seal}`,
      `${session}`,
      '..',
    ]
    for (const refresh_token of forged)
      await refused(client().auth.refreshToken({ refresh_token }), 'invalid_refresh_token')
    const me = await fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.refresh_token}` } })
    expect(me.status).toBe(401)
  })
})

describe('an access token', () => {
  test('an access token ends after 15 minutes', async () => {
    const ada = await register(server, 'ada')
    const me = () => fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect((await me()).status).toBe(200)
    later(15 * 60_000 + 1_000)
    const response = await me()
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
  })
})

describe('logging out', () => {
  test('logging out ends this session at once and can be repeated', async () => {
    const ada = await register(server, 'ada')
    expect((await post('/auth/logout', {}, ada.access_token)).status).toBe(204)
    expect((await post('/auth/logout', {}, ada.access_token)).status).toBe(204)
    expect((await post('/auth/logout', {})).status).toBe(401)
    const me = await fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect(me.status).toBe(401)
    await refused(client().auth.refreshToken({ refresh_token: ada.refresh_token }), 'invalid_refresh_token')
  })

  test('logging out of all sessions ends the other sessions too', async () => {
    const ada = await register(server, 'ada')
    const phone = await signIn(server, ada.name)
    await ada.client.auth.logout({ all: true })
    await refused(client().auth.refreshToken({ refresh_token: phone.refresh_token }), 'invalid_refresh_token')
  })
})

describe('sessions', () => {
  test('sessions are listed with the current one marked, and one can be ended', async () => {
    const ada = await register(server, 'ada')
    const phone = await signIn(server, ada.name)
    const list = await ada.client.auth.sessions({})
    expect(Object.fromEntries(list.data.map(session => [session.id, session.current]))).toEqual({
      [ada.session_id]: true,
      [phone.session_id]: false,
    })
    await ada.client.auth.revokeSession({ session_id: phone.session_id })
    await refused(client().auth.refreshToken({ refresh_token: phone.refresh_token }), 'invalid_refresh_token')
    expect((await ada.client.auth.sessions({})).data).toHaveLength(1)
  })

  test('sessions of another user are 404', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    await refused(ada.client.auth.revokeSession({ session_id: bob.session_id }), 'not_found')
    expect((await bob.client.auth.sessions({})).data).toHaveLength(1)
  })

  test('other sessions end when the password changes', async () => {
    const ada = await register(server, 'ada')
    const phone = await signIn(server, ada.name)
    const change = { current_password: PASSWORD, new_password: 'another fine passphrase' }
    await refused(ada.client.auth.password({ ...change, current_password: 'wrong' }), 'invalid_credentials')
    await ada.client.auth.password(change)
    await ada.client.users.me({})
    await refused(client().auth.refreshToken({ refresh_token: phone.refresh_token }), 'invalid_refresh_token')
    await refused(client().auth.login({ username: ada.name, password: PASSWORD }), 'invalid_credentials')
    await client().auth.login({ username: ada.name, password: change.new_password })
  })
})

test('a password is stored as a hash by Argon2id with 19 MiB and two passes', async () => {
  const ada = await register(server, 'ada')
  const stored = await server.running.storage.users.find(ada.id)
  expect(stored?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('a new password, or a new hash of it at sign-in, does not change the profile', async () => {
  const ada = await register(server, 'ada')
  const { updated_at } = await ada.client.users.get({ user_id: 'me' })
  later(1_000)
  await ada.client.auth.password({ current_password: PASSWORD, new_password: 'another fine passphrase' })
  const { users } = server.running.storage
  const password_hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
  await users.update(ada.id, { password_hash })
  await signIn(server, ada.name)
  expect((await users.find(ada.id))?.password_hash).not.toBe(password_hash)
  expect((await ada.client.users.get({ user_id: 'me' })).updated_at).toBe(updated_at)
})

test('a changed role takes effect with the next call, not with the next token', async () => {
  const [ada, root] = [await register(server, 'ada'), await withRole(server, 'ADMIN')]
  await refused(ada.client.users.create({ username: 'x-y-z', email: 'x@example.com', password: PASSWORD }), 'forbidden')
  await root.client.users.update({ user_id: ada.id, role: 'ADMIN' })
  expect((await ada.client.users.list({ disabled: false })).data.length).toBeGreaterThan(0)
  await root.client.users.update({ user_id: ada.id, role: 'USER' })
  await refused(ada.client.users.list({ disabled: false }), 'forbidden')
})
