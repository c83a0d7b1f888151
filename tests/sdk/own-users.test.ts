import { expect, test } from 'bun:test'
import { SignJWT } from 'jose'
import { createClient, type ClientOptions } from '../../src/sdk/index.ts'
import { checkedFetch } from '../support/checked.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const SECRET = 'a secret of at least thirty-two characters'
const server = sharedServer({ settings: { PARLEY_USER_TOKEN_SECRET: SECRET } })

/** The back end of an app: gives tokens of one of its users, and counts them. */
function backEnd(secret = SECRET) {
  const sub = `shop|${crypto.randomUUID()}`
  const state = { asked: 0, down: false }
  const getUserToken = async () => {
    state.asked += 1
    if (state.down) throw new Error('the back end is down')
    const expires = Math.floor(Date.now() / 1_000) + 600
    const jwt = new SignJWT({ sub, name: 'Ada Lovelace' }).setProtectedHeader({ alg: 'HS256' })
    return jwt.setExpirationTime(expires).sign(new TextEncoder().encode(secret))
  }
  return Object.assign(state, { sub, getUserToken })
}

const clientOf = (options: Partial<ClientOptions>) =>
  createClient({ url: server.url, fetch: checkedFetch, random: () => 0, ...options })

test('a client signs the app’s user in by itself, once for its calls, its connection and its outbox', async () => {
  const app = backEnd()
  await using client = clientOf(app)
  const [me, { user }] = await Promise.all([client.users.me(), client.live.open()])
  expect(me).toMatchObject({ full_name: 'Ada Lovelace', external_id: app.sub })
  expect(user.id).toBe(me.id)
  const room = await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })
  expect(await client.outbox.send({ conversation_id: room.id, content: 'hello' })).toMatchObject({ sender_id: me.id })
  expect(app.asked).toBe(1)
})

test('a client signs the app’s user in again when the session has ended, and its connection continues', async () => {
  const app = backEnd()
  await using client = clientOf(app)
  const { session_id } = await client.live.open()
  const sessions: string[] = []
  client.live.on('ready', ready => sessions.push(ready.session_id))
  await using other = clientOf(app)
  await other.auth.logout({ all: true })
  await until(() => sessions.length > 0, 'it is back')
  expect(sessions).not.toContain(session_id)
  expect((await client.users.me()).external_id).toBe(app.sub)
  expect(app.asked).toBe(3)
})

test('a client whose user signs out stays signed out', async () => {
  const app = backEnd()
  await using client = clientOf(app)
  await client.live.open()
  await client.auth.logout()
  expect(client.live.status).toEqual({ state: 'signed_out' })
  const error: unknown = await client.users.me().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'unauthenticated' })
  expect(app.asked).toBe(1)
})

test('a connection says why the server refuses the app’s token, and waits for a back end that is down', async () => {
  await using refused = clientOf(backEnd('another secret of at least thirty-two characters'))
  const error: unknown = await refused.live.open().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'invalid_user_token' })
  expect(refused.live.status).toEqual({ state: 'closed', reason: error as Error })
  const app = backEnd()
  app.down = true
  await using client = clientOf(app)
  const opening = client.live.open()
  await until(() => app.asked > 1, 'it asks again')
  expect(await client.users.me().catch(String)).toBe('Error: the back end is down')
  app.down = false
  expect((await opening).user).toMatchObject({ full_name: 'Ada Lovelace' })
})
