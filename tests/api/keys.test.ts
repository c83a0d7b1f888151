import { describe, expect, test } from 'bun:test'
import { contract, operations } from '../../contracts/index.ts'
import { SCOPES, scopeOf, type Scope } from '../../contracts/scopes.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { groupOf, refused, register, signIn, withRole, type Person } from '../support/people.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { transportsOf } from '../support/transports.ts'
import { until } from '../support/until.ts'

const server = sharedServer({ settings: { PARLEY_RATE_CALLS: '0' } })
const people = shared(async () => ({
  root: await signIn(server, ADMIN.username, ADMIN.password),
  ada: await register(server, 'ada'),
  bob: await register(server, 'bob'),
}))

type Wanted = Parameters<Person['client']['keys']['create']>[0]
const create = (wanted: Partial<Wanted> = {}) =>
  people().root.client.keys.create({
    name: 'shop',
    scopes: ['messages:read', 'messages:write', 'users:read'],
    ...wanted,
  })

async function call(key: string, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    headers: answer.headers,
  }
}

describe('an API key', () => {
  test('is shown once, and calls as an account of its own by every transport', async () => {
    const { key, ...shown } = await create()
    expect(key).toMatch(/^parley_[\w-]{43}_[\w-]{6}$/)
    expect(await people().root.client.keys.get({ key_id: shown.id })).toEqual(shown)
    expect(JSON.stringify(await people().root.client.keys.list({ limit: 100 }))).not.toContain(key)
    const { rest, trpc, socket } = transportsOf(server.url)
    for (const transport of [rest, trpc, socket])
      expect((await transport('users.me', {}, key)).body).toMatchObject({
        id: shown.user_id,
        full_name: 'shop',
        role: 'USER',
      })
  })

  test('is refused beyond its scopes, and where no key has one, by every transport', async () => {
    const { key } = await create({ scopes: ['messages:read'] })
    const { rest, trpc, socket } = transportsOf(server.url)
    for (const transport of [rest, trpc, socket]) {
      expect((await transport('users.me', {}, key)).body).toMatchObject({ code: 'scope_missing' })
      expect((await transport('auth.sessions', {}, key)).body).toMatchObject({ code: 'scope_missing' })
    }
    const { key: admin } = await create({ scopes: [...SCOPES], role: 'ADMIN' })
    for (const [method, path] of [
      ['POST', '/api-keys'],
      ['GET', '/api-keys'],
      ['POST', '/auth/ws-ticket'],
    ] as const)
      expect([path, (await call(admin, method, path, method === 'GET' ? undefined : {})).body['code']]).toEqual([
        path,
        'scope_missing',
      ])
    const metrics = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })
    expect(metrics.status).toBe(200)
  })

  test('does what its account may, and not more', async () => {
    const { ada, bob } = people()
    const room = await groupOf(ada, [bob])
    const { key, user_id } = await create()
    const path = `/conversations/${room.id}/messages`
    expect((await call(key, 'POST', path, { content: 'hello' })).status).toBe(404)
    await ada.client.groups.addMembers({ conversation_id: room.id, user_ids: [user_id] })
    expect((await call(key, 'POST', path, { content: 'hello' })).body).toMatchObject({ sender_id: user_id })
    const { key: own } = await create({ user_id: ada.id })
    expect((await call(own, 'POST', path, { content: 'by Ada' })).body).toMatchObject({ sender_id: ada.id })
    await refused(create({ user_id: Bun.randomUUIDv7() }), 'not_found')
  })

  test('a wrong one, one with another checksum, and one that has expired are refused', async () => {
    const { key } = await create()
    const wrong = [
      `${key}x`,
      key.slice(0, -1),
      key.replace('parley_', 'parley-'),
      `parley_${'a'.repeat(43)}_aaaaaa`,
      'parley_',
    ]
    for (const each of wrong) expect([each, (await call(each, 'GET', '/users/me')).status]).toEqual([each, 401])
    const past = new Date(Date.now() - 1_000).toISOString()
    expect((await refused(create({ expires_at: past }), 'validation_failed')).errors).toEqual([
      { path: 'expires_at', message: 'has passed' },
    ])
    const { key: brief } = await create({ expires_at: new Date(Date.now() + 1_500).toISOString() })
    expect((await call(brief, 'GET', '/users/me')).status).toBe(200)
    await until(async () => (await call(brief, 'GET', '/users/me')).status === 401, 'the key expires')
  })

  test('revoked, it is refused at once and its sockets are closed; its account stays', async () => {
    const { key, id, user_id } = await create()
    using socket = await openSocket(server.url, { token: key })
    socket.send({ type: 'call', id: 1, op: 'users.me', input: {} })
    expect(await socket.find('result')).toMatchObject({ status: 200 })
    await people().root.client.keys.delete({ key_id: id })
    expect((await call(key, 'GET', '/users/me')).status).toBe(401)
    expect(await socket.closed()).toBe(4401)
    await refused(people().root.client.keys.get({ key_id: id }), 'not_found')
    expect(await people().root.client.users.get({ user_id })).toMatchObject({ deleted: false })
  })

  test('rotated, the old secret stays valid for the overlap, and not without one', async () => {
    const { key, id } = await create()
    const { key: second } = await people().root.client.keys.rotate({ key_id: id })
    for (const each of [key, second]) expect((await call(each, 'GET', '/users/me')).status).toBe(200)
    const { key: third } = await people().root.client.keys.rotate({ key_id: id, overlap_hours: 0 })
    const answers = async () =>
      Promise.all([key, second, third].map(async each => (await call(each, 'GET', '/users/me')).status))
    // What is cached may be a second old.
    await until(async () => Bun.deepEquals(await answers(), [401, 401, 200]), 'the old secrets are refused')
  })

  test('a change of its scopes takes effect, and its use is noted', async () => {
    const { key, id } = await create()
    const { client } = people().root
    await client.keys.update({ key_id: id, scopes: ['messages:read'], name: 'till' })
    await until(async () => (await call(key, 'GET', '/users/me')).status === 403, 'the scope is gone')
    expect(await client.keys.get({ key_id: id })).toMatchObject({ name: 'till', scopes: ['messages:read'] })
    await until(async () => (await client.keys.get({ key_id: id })).last_used_at !== null, 'its use is noted')
  })

  test('has a limit of its own, which no other key and no user shares', async () => {
    const [{ key }, { key: other }] = [await create({ rate: 3 }), await create({ rate: 3 })]
    const statuses: number[] = []
    for (let n = 0; n < 5; n += 1) statuses.push((await call(key, 'GET', '/users/me')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    const answer = await call(other, 'GET', '/users/me')
    expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([200, '"calls";q=3;w=60'])
  })

  test('ends with its account, and with the session that it is', async () => {
    const { root } = people()
    const owner = await register(server, 'owner')
    const [one, two, three] = [await create({ user_id: owner.id }), await create({ user_id: owner.id }), await create()]
    const { data } = await owner.client.auth.sessions({ limit: 100 })
    expect(data.map(({ user_agent }) => user_agent)).toContain('API key shop')
    await owner.client.auth.revokeSession({ session_id: one.id })
    expect((await call(one.key, 'GET', '/users/me')).status).toBe(401)
    await root.client.users.delete({ user_id: owner.id })
    expect((await call(two.key, 'GET', '/users/me')).status).toBe(401)
    await refused(root.client.keys.get({ key_id: two.id }), 'not_found')
    await root.client.users.update({ user_id: three.user_id, disabled: true })
    expect((await call(three.key, 'GET', '/users/me')).status).toBe(401)
  })
})

describe('calling as another user', () => {
  const acting = (id: string) => ({ 'parley-act-as': id })

  test('a key that may calls as the user, by id or external id, over HTTP and a socket', async () => {
    const { root, ada, bob } = people()
    const room = await groupOf(ada, [bob])
    const external = `shop|${crypto.randomUUID()} %41 Łódź`
    await root.client.users.update({ user_id: bob.id, external_id: external })
    const { key } = await create({ act_as: true })
    const path = `/conversations/${room.id}/messages`
    for (const [user, id] of [
      [ada, ada.id],
      [bob, `external-encoded:${encodeURIComponent(external)}`],
    ] as const)
      expect((await call(key, 'POST', path, { content: 'hello' }, acting(id))).body).toMatchObject({
        sender_id: user.id,
      })
    using socket = await openSocket(server.url)
    socket.send({ type: 'auth', token: key, act_as: ada.id })
    expect(await socket.find('ready')).toMatchObject({ user: { id: ada.id } })
    socket.send({ type: 'call', id: 1, op: 'messages.send', input: { conversation_id: room.id, content: 'by socket' } })
    expect(await socket.find('result')).toMatchObject({ status: 201, data: { sender_id: ada.id } })
    await socket.find('event', ({ event, data }) => event === 'message.created' && data['content'] === 'by socket')
  })

  test('takes the longest external id over a socket, in any script', async () => {
    const { root, bob } = people()
    const external_id = '🧑'.repeat(200)
    await root.client.users.update({ user_id: bob.id, external_id })
    const { key } = await create({ act_as: true })
    using socket = await openSocket(server.url)
    socket.send({ type: 'auth', token: key, act_as: `external:${external_id}` })
    expect(await socket.find('ready')).toMatchObject({ user: { id: bob.id } })
  })

  test('is refused to a key that may not, to users, as nobody, and as an ADMIN for an account that is none', async () => {
    const { root, ada, bob } = people()
    const [{ key: plain }, { key }] = [await create(), await create({ act_as: true })]
    const { key: ofAdmin } = await create({ act_as: true, role: 'ADMIN' })
    const gone = await register(server, 'gone')
    await root.client.users.update({ user_id: gone.id, disabled: true })
    const tried: [string, string][] = [
      [plain, ada.id],
      [ada.access_token, bob.id],
      [key, Bun.randomUUIDv7()],
      [key, 'external:nobody'],
      [key, 'external-encoded:%E0%A4%A'],
      [key, gone.id],
      [key, root.id],
    ]
    for (const [token, id] of tried) {
      const { status, body } = await call(token, 'GET', '/users/me', undefined, acting(id))
      expect([id, status, body['code']]).toEqual([id, 403, 'act_as_refused'])
    }
    expect((await call(ofAdmin, 'GET', '/users/me', undefined, acting(root.id))).body).toMatchObject({ id: root.id })
  })

  test('a user who is disabled is not called as any more, and the sockets of the key close', async () => {
    const { root } = people()
    const cy = await register(server, 'cy')
    const { key } = await create({ act_as: true })
    using socket = await openSocket(server.url)
    socket.send({ type: 'auth', token: key, act_as: cy.id })
    await socket.find('ready')
    await root.client.users.update({ user_id: cy.id, disabled: true })
    expect((await call(key, 'GET', '/users/me', undefined, acting(cy.id))).body['code']).toBe('act_as_refused')
    expect(await socket.closed()).toBe(4401)
  })
})

test('every operation has a scope but those about who signs in, and reading is told from changing', () => {
  const without = operations().flatMap(([name, operation]) => (scopeOf(name, operation) === null ? [name] : []))
  const others = without.filter(name => !name.startsWith('auth.') && !name.startsWith('keys.'))
  expect(without.length - others.length).toBe(Object.keys({ ...contract.auth, ...contract.keys }).length)
  // It has what is in several areas.
  expect(others).toEqual(['users.export'])
  const used = new Set(operations().flatMap(([name, operation]) => scopeOf(name, operation) ?? []))
  const unused: Scope[] = ['search:write', 'analytics:write']
  expect([...used].toSorted()).toEqual(SCOPES.filter(scope => !unused.includes(scope)).toSorted())
  expect(scopeOf('messages.list', contract.messages.list)).toBe('messages:read')
  expect(scopeOf('invites.create', contract.groups.create)).toBe('groups:write')
})

test('a refusal for want of a scope names it', async () => {
  const { key } = await create({ scopes: ['messages:read'] })
  expect((await call(key, 'GET', '/users/me')).body['detail']).toContain('users:read')
  expect((await call(key, 'GET', '/auth/sessions')).body['detail']).toBe('No API key may do this')
})

test('no key makes an ADMIN, whatever its account is', async () => {
  const { key } = await create({ scopes: ['users:read', 'users:write'], role: 'ADMIN' })
  const target = await register(server, 'target')
  const username = `made-${crypto.randomUUID().slice(0, 8)}`
  const account = { username, email: `${username}@example.com`, password: 'correct horse battery' }
  const make = (role: string) => call(key, 'POST', '/users', { ...account, role })
  const change = (role: string) => call(key, 'PUT', `/users/${target.id}`, { role })
  for (const tried of [make, change])
    expect(await tried('ADMIN')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect((await make('USER')).status).toBe(201)
  expect((await change('USER')).body).toMatchObject({ role: 'USER' })
})

test('a key of an ADMIN gives no ADMIN an external id, by which other tokens would sign in', async () => {
  const { root, ada } = people()
  const { key } = await create({ role: 'ADMIN', scopes: ['users:write'] })
  const external_id = `shop|${crypto.randomUUID()}`
  expect((await call(key, 'PUT', `/users/${root.id}`, { external_id })).body['code']).toBe('forbidden')
  expect((await call(key, 'PUT', `/users/${ada.id}`, { external_id })).status).toBe(200)
})

test('only an ADMIN sees and makes keys', async () => {
  const editor = await withRole(server, 'EDITOR')
  await refused(editor.client.keys.create({ name: 'mine', scopes: ['messages:read'] }), 'forbidden')
  await refused(editor.client.keys.list(), 'forbidden')
})
