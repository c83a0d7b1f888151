import { expect, test } from 'bun:test'
import { HASH_COST } from '../../src/identity/passwords.ts'
import { PASSWORD, groupOf, refused, register, say, signIn } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer({ overrides: { hash_cost: HASH_COST } })
/** The same text, composed and in pieces. */
const [NFC, NFD] = ['Zoë Amélie'.normalize('NFC'), 'Zoë Amélie'.normalize('NFD')]
const COLOURED = '\u{2764}\u{fe0f}'
const PLAIN = '\u{2764}'

async function account(password: string, full_name: string | null = null) {
  const username = `zoe-${crypto.randomUUID().slice(0, 8)}`
  return server.client().auth.register({ username, email: `${username}@example.com`, password, full_name })
}

test('a password is the same in every Unicode form of the same text', async () => {
  for (const [set, typed] of [
    [`${NFC} passphrase`, `${NFD} passphrase`],
    [`${NFD} passphrase`, `${NFC} passphrase`],
    ['ﬁne ｆｕｌｌ width passphrase', 'fine full width passphrase'],
  ] as const) {
    const { user } = await account(set)
    await signIn(server, user.username, typed)
    await signIn(server, user.username, set)
  }
})

test('a password that was hashed as it was typed still works, and is then hashed in the normal form', async () => {
  const { user } = await account(PASSWORD)
  const { users } = server.running.storage
  const password_hash = await Bun.password.hash(`${NFD} passphrase`, {
    algorithm: 'argon2id',
    memoryCost: 19_456,
    timeCost: 2,
  })
  await users.update(user.id, { password_hash })
  await refused(
    server.client().auth.login({ username: user.username, password: `${NFC} passphrase` }),
    'invalid_credentials',
  )
  await signIn(server, user.username, `${NFD} passphrase`)
  expect((await users.find(user.id))?.password_hash).not.toBe(password_hash)
  await signIn(server, user.username, `${NFC} passphrase`)
})

test('a common password is refused in every form', async () => {
  await refused(account('ｐａｓｓｗｏｒｄ１２３'), 'validation_failed')
})

test('a full name is found in every form, and shown as it was given', async () => {
  const viewer = await register(server, 'viewer')
  const word = crypto.randomUUID().slice(0, 8)
  await account(PASSWORD, `${word} ${NFD}`)
  for (const q of [`${word} ${NFC}`, `${word} ${NFD}`.toUpperCase(), `${word} zoë`]) {
    const found = await viewer.client.users.list({ q })
    expect(found.data.map(({ full_name }) => full_name)).toEqual([`${word} ${NFD}`])
  }
})

test('reactions that differ only in U+FE0F are one kind, shown as it was given first', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const { id: message_id } = await say(ada, room, 'hello')
  await ada.client.messages.react({ message_id, emoji: COLOURED })
  const both = await bob.client.messages.react({ message_id, emoji: PLAIN })
  expect(both.reactions).toEqual([{ emoji: COLOURED, count: 2, user_ids: [ada.id, bob.id], me: true }])
  const { change } = await ada.client.messages.react({ message_id, emoji: PLAIN })
  expect(change).toBe(both.change)
  await ada.client.messages.unreact({ message_id, emoji: PLAIN })
  const left = await bob.client.messages.get({ message_id })
  expect(left.reactions).toEqual([{ emoji: COLOURED, count: 1, user_ids: [bob.id], me: true }])
})

test('a variation selector alone is no reaction', async () => {
  const ada = await register(server, 'ada')
  const { id: message_id } = await say(ada, (await groupOf(ada, [])).id, 'hello')
  await refused(ada.client.messages.react({ message_id, emoji: '\u{fe0f}' }), 'validation_failed')
})

test('content is kept in the form in which it was sent', async () => {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  for (const content of [NFD, NFC, ` ${COLOURED} `]) expect((await say(ada, room, content)).content).toBe(content)
})

test('names are trimmed at registration and at sign-in, passwords are not', async () => {
  const username = `anna-${crypto.randomUUID().slice(0, 8)}`
  const { user } = await server
    .client()
    .auth.register({ username: ` ${username} `, email: `\t${username}@example.com\n`, password: ` ${PASSWORD}` })
  expect(user).toMatchObject({ username, email: `${username}@example.com` })
  const login = (input: object) => server.client().auth.login({ password: ` ${PASSWORD}`, ...input })
  expect((await login({ username: `${username} ` })).user.id).toBe(user.id)
  expect((await login({ email: ` ${username}@EXAMPLE.com` })).user.id).toBe(user.id)
  await refused(login({ username, password: PASSWORD }), 'invalid_credentials')
})
