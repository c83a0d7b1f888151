import { expect, test } from 'bun:test'
import { HASH_COST } from '../../src/identity/passwords.ts'
import { PASSWORD, refused, register, signIn } from '../support/people.ts'
import { ADMIN, sharedServer } from '../support/server.ts'

const server = sharedServer({ overrides: { hash_cost: HASH_COST } })
const users = () => server.running.storage.users

/** The next `method` of the stored users answers only after `meanwhile`, which sees the store as it was. */
function slow(method: 'findByLogin' | 'find' | 'update', at: 'before' | 'after', meanwhile: () => Promise<unknown>) {
  const stored = users()
  const original = stored[method].bind(stored) as (...input: unknown[]) => Promise<never>
  stored[method] = async (...input: unknown[]) => {
    stored[method] = original
    if (at === 'before') await meanwhile()
    const answer = await original(...input)
    if (at === 'after') await meanwhile()
    return answer
  }
}

const outdated = (password: string) =>
  Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
const openSessions = (user_id: string) => server.running.storage.sessions.listOfUser(user_id, new Date().toISOString())

test('a sign-in that began before the password changed gets no session', async () => {
  const ada = await register(server, 'ada')
  const change = { current_password: PASSWORD, new_password: 'another fine passphrase' }
  slow('findByLogin', 'after', () => ada.client.auth.password(change))
  await refused(server.client().auth.login({ username: ada.name, password: PASSWORD }), 'invalid_credentials')
  expect((await openSessions(ada.id)).map(({ id }) => id)).toEqual([ada.session_id])
})

test('a sign-in that began before the account was disabled gets no session', async () => {
  const [ada, root] = [await register(server, 'ada'), await signIn(server, ADMIN.username, ADMIN.password)]
  slow('findByLogin', 'after', () => root.client.users.update({ user_id: ada.id, disabled: true }))
  await refused(server.client().auth.login({ username: ada.name, password: PASSWORD }), 'account_disabled')
  expect(await openSessions(ada.id)).toEqual([])
})

test('a sign-in that began before the account was deleted gets no session', async () => {
  const ada = await register(server, 'ada')
  slow('findByLogin', 'after', () => ada.client.users.delete({ user_id: 'me', password: PASSWORD }))
  await refused(server.client().auth.login({ username: ada.name, password: PASSWORD }), 'invalid_credentials')
  expect(await openSessions(ada.id)).toEqual([])
})

test('a registration whose account is disabled before its session opens gets no session', async () => {
  const root = await signIn(server, ADMIN.username, ADMIN.password)
  const username = `ada-${crypto.randomUUID().slice(0, 8)}`
  const stored = users()
  const create = stored.create.bind(stored)
  stored.create = async user => {
    stored.create = create
    const created = await create(user)
    await root.client.users.update({ user_id: user.id, disabled: true })
    return created
  }
  const registered = server.client().auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  await refused(registered, 'username_taken')
  expect(await openSessions((await users().findByLogin({ username }))?.id ?? '')).toEqual([])
})

test('a hash that is renewed at a sign-in does not undo a change of the password', async () => {
  const ada = await register(server, 'ada')
  await users().update(ada.id, { password_hash: await outdated(PASSWORD) })
  const changed = await outdated('another fine passphrase')
  slow('findByLogin', 'after', () => users().update(ada.id, { password_hash: changed }))
  await refused(server.client().auth.login({ username: ada.name, password: PASSWORD }), 'invalid_credentials')
  await refused(server.client().auth.login({ username: ada.name, password: PASSWORD }), 'invalid_credentials')
  await signIn(server, ada.name, 'another fine passphrase')
})

test('ten sign-ins at once while the hash has to be renewed all succeed', async () => {
  const ada = await register(server, 'ada')
  const password_hash = await outdated(PASSWORD)
  await users().update(ada.id, { password_hash })
  await Promise.all(Array.from({ length: 10 }, () => signIn(server, ada.name)))
  expect((await users().find(ada.id))?.password_hash).not.toBe(password_hash)
})

test('of two concurrent changes from the same password, one is refused', async () => {
  const ada = await register(server, 'ada')
  const phone = await signIn(server, ada.name)
  const change = (new_password: string) => ({ current_password: PASSWORD, new_password })
  slow('update', 'before', () => phone.client.auth.password(change('the first new passphrase')))
  await refused(ada.client.auth.password(change('the second new passphrase')), 'invalid_credentials')
  await signIn(server, ada.name, 'the first new passphrase')
})

test('a change of the password does not give a deleted account a password', async () => {
  const [ada, root] = [await register(server, 'ada'), await signIn(server, ADMIN.username, ADMIN.password)]
  slow('update', 'before', () => root.client.users.delete({ user_id: ada.id }))
  const change = ada.client.auth.password({ current_password: PASSWORD, new_password: 'another fine passphrase' })
  await refused(change, 'invalid_credentials')
  expect((await users().find(ada.id))?.password_hash).toBeNull()
})

test('a change of a profile does not give a deleted account a name', async () => {
  const [ada, root] = [await register(server, 'ada'), await signIn(server, ADMIN.username, ADMIN.password)]
  slow('update', 'before', () => root.client.users.delete({ user_id: ada.id }))
  await refused(ada.client.users.update({ user_id: 'me', full_name: 'Ada Lovelace' }), 'not_found')
  expect(await users().find(ada.id)).toMatchObject({ full_name: 'Deleted user', deleted: true })
})

test('an account is not deleted with a password that was changed meanwhile', async () => {
  const ada = await register(server, 'ada')
  const changed = await outdated('another fine passphrase')
  slow('update', 'before', () => users().update(ada.id, { password_hash: changed }))
  await refused(ada.client.users.delete({ user_id: 'me', password: PASSWORD }), 'invalid_credentials')
  expect(await users().find(ada.id)).toMatchObject({ deleted: false })
})
