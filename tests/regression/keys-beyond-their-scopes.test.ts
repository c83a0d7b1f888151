import { expect, test } from 'bun:test'
import type { Scope } from '../../contracts/scopes.ts'
import { png } from '../support/images.ts'
import { groupOf, register, say, signIn } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { transportsOf } from '../support/transports.ts'
import { until } from '../support/until.ts'

const server = sharedServer({ settings: { PARLEY_RATE_CALLS: '0' } })
const root = shared(() => signIn(server, ADMIN.username, ADMIN.password))
const keyOf = (user_id: string, scopes: Scope[], act_as = false) =>
  root().client.keys.create({ name: 'shop', user_id, scopes, act_as })

async function as(key: string, user_id: string | null, method: string, path: string, body?: object) {
  const acting = user_id === null ? {} : { 'parley-act-as': user_id }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...acting }
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
}

test('a key that loses the scope of events gets none on a socket that is open, and cannot resume', async () => {
  const ada = await register(server, 'ada')
  const room = await groupOf(ada, [])
  const { key, id } = await keyOf(ada.id, ['messages:read', 'users:read'])
  const socket = await openSocket(server.url, { token: key })
  await say(ada, room.id, 'before')
  await socket.find('event', ({ data }) => data['content'] === 'before')
  await root().client.keys.update({ key_id: id, scopes: ['users:read'] })
  expect(await socket.closed()).toBe(4401)
  const again = await openSocket(server.url)
  again.send({ type: 'auth', token: key })
  // Not 4500, after which a client tries for ever.
  expect(await again.closed()).toBe(4403)
})

test('no key exports an account, which has the messages and sessions of its user', async () => {
  const ada = await register(server, 'ada')
  const { key } = await keyOf(root().id, ['users:read', 'users:write', 'messages:read', 'files:read'], true)
  for (const each of Object.values(transportsOf(server.url)))
    expect((await each('users.export', {}, key)).body).toMatchObject({ code: 'scope_missing' })
  expect((await as(key, ada.id, 'GET', '/users/me/export')).body['code']).toBe('scope_missing')
})

test('a key of an ADMIN neither changes, disables nor deletes an ADMIN, by any transport', async () => {
  const other = await register(server, 'other')
  await root().client.users.update({ user_id: other.id, role: 'ADMIN' })
  const { key } = await keyOf(root().id, ['users:write', 'messages:read'], true)
  const forbidden = { code: 'forbidden' }
  for (const each of Object.values(transportsOf(server.url))) {
    for (const change of [{ role: 'USER' }, { disabled: true }, { full_name: 'Nobody' }, { external_id: 'x' }])
      expect((await each('users.update', { user_id: other.id, ...change }, key)).body).toMatchObject(forbidden)
    expect((await each('users.delete', { user_id: other.id }, key)).body).toMatchObject(forbidden)
  }
  expect(await root().client.users.get({ user_id: other.id })).toMatchObject({ role: 'ADMIN', deleted: false })
  await root().client.users.update({ user_id: other.id, disabled: true })
  const enabled = await transportsOf(server.url).rest('users.update', { user_id: other.id, disabled: false }, key)
  expect(enabled.body).toMatchObject(forbidden)
})

test('a link to a file ends when the key that asked for it may read no files any more', async () => {
  const ada = await register(server, 'ada')
  const { id: file_id } = await ada.client.files.upload({ file: new File([new Uint8Array(png(4, 3))], 'engine.png') })
  for (const acting of [false, true]) {
    const { key, id } = await keyOf(acting ? root().id : ada.id, ['files:read', 'users:read'], acting)
    const { body } = await as(key, acting ? ada.id : null, 'GET', `/files/${file_id}/link`)
    const shown = async () => (await fetch(`${server.url}${String(body['url'])}`)).status
    expect([acting, await shown()]).toEqual([acting, 200])
    await root().client.keys.update({ key_id: id, scopes: ['users:read'] })
    await until(async () => (await shown()) === 401, 'the link has ended')
  }
})
