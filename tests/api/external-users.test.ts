import { expect, test } from 'bun:test'
import { refused, register, signIn } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { transportsOf } from '../support/transports.ts'

const server = sharedServer({ settings: { PARLEY_RATE_CALLS: '0' } })
const people = shared(async () => ({
  root: await signIn(server, ADMIN.username, ADMIN.password),
  ada: await register(server, 'ada'),
}))
const fresh = () => `shop|${crypto.randomUUID()}`
type Said = Parameters<ReturnType<typeof people>['root']['client']['users']['upsert']>[0]['users']
const upsert = async (users: Said) => (await people().root.client.users.upsert({ users })).data

test('users of another system are created, changed where they differ, and found by their ids', async () => {
  const [one, two] = [fresh(), fresh()]
  const email = `${crypto.randomUUID()}@shop.example`
  const created = await upsert([
    { external_id: one, full_name: 'Ada Lovelace', email },
    { external_id: two, username: `grace-${crypto.randomUUID().slice(0, 8)}`, role: 'USER' },
  ])
  expect(created).toMatchObject([
    { external_id: one, result: 'created', user: { full_name: 'Ada Lovelace', email, role: 'EDITOR' }, error: null },
    { external_id: two, result: 'created', user: { role: 'USER' }, error: null },
  ])
  const changed = await upsert([
    { external_id: one, full_name: 'Ada King' },
    { external_id: two, role: 'USER' },
    { external_id: one, full_name: 'Ada King' },
  ])
  expect(changed.map(({ result }) => result)).toEqual(['updated', 'unchanged', 'unchanged'])
  expect(changed[0]?.user).toMatchObject({ id: created[0]?.user?.id ?? '', full_name: 'Ada King', email })
  const { data } = await people().root.client.users.list({ external_id: one })
  expect(data.map(({ id }) => id)).toEqual([created[0]?.user?.id ?? ''])
})

test('a user who cannot be stored leaves the others as they are', async () => {
  const taken = (await people().ada.client.users.me()).email
  const [one, two] = [fresh(), fresh()]
  const data = await upsert([{ external_id: one, email: taken }, { external_id: two }])
  expect(data).toMatchObject([
    { result: 'failed', user: null, error: 'email_taken' },
    { result: 'created', error: null },
  ])
  expect((await people().root.client.users.list({ external_id: one })).data).toEqual([])
})

test('of ten calls at once each user is made once', async () => {
  const ids = Array.from({ length: 5 }, fresh)
  const users = ids.map(external_id => ({ external_id, full_name: 'Ada' }))
  const answers = await Promise.all(Array.from({ length: 10 }, () => upsert(users)))
  for (const [index] of ids.entries()) {
    const results = answers.map(data => data[index])
    expect(new Set(results.map(result => result?.user?.id)).size).toBe(1)
    expect(results.filter(result => result?.result === 'created')).toHaveLength(1)
  }
})

test('an API key of an ADMIN does it for others than ADMINs, and calls as the users it has made', async () => {
  const { root } = people()
  const { key } = await root.client.keys.create({
    name: 'shop',
    scopes: ['users:write', 'users:read', 'conversations:write', 'messages:write'],
    user_id: root.id,
    act_as: true,
  })
  const call = (method: string, path: string, body: object, as?: string) =>
    fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(as === undefined ? {} : { 'parley-act-as': `external:${as}` }),
      },
      body: JSON.stringify(body),
    })
  const [one, boss] = [fresh(), fresh()]
  await upsert([{ external_id: boss, role: 'ADMIN' }])
  const users = [
    { external_id: one, full_name: 'Ada' },
    { external_id: fresh(), role: 'ADMIN' },
    { external_id: boss, full_name: 'x' },
  ]
  const { data } = (await (await call('PUT', '/users/external', { users })).json()) as { data: object[] }
  expect(data).toMatchObject([
    { result: 'created' },
    { result: 'failed', error: 'forbidden' },
    { result: 'failed', error: 'forbidden' },
  ])
  const room = await call('POST', '/conversations', { type: 'group', name: 'Orders', participant_ids: [] }, one)
  expect([room.status, ((await room.json()) as { created_by: string }).created_by]).toEqual([
    201,
    (data[0] as { user: { id: string } }).user.id,
  ])
})

test('an empty list, one of 101 and an unknown field are refused', async () => {
  const { client } = people().root
  for (const users of [[], Array.from({ length: 101 }, () => ({ external_id: fresh() }))])
    await refused(client.users.upsert({ users }), 'validation_failed')
  const users = [{ external_id: fresh(), password: 'a secret' }]
  for (const each of Object.values(transportsOf(server.url)))
    expect((await each('users.upsert', { users }, people().root.access_token)).body).toMatchObject({
      code: 'validation_failed',
    })
})
