import { expect, test } from 'bun:test'
import { refused, signIn, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

let now = new Date()
const server = sharedServer({ overrides: { clock: () => now } })

/** What is cached is read anew at the next call. */
function expire(): void {
  now = new Date(now.getTime() + 2_000)
}

/** The next read of `kind` answers what was stored before `meanwhile`, but only after it. */
function slowRead(kind: 'users' | 'sessions', meanwhile: () => Promise<unknown>): void {
  const stored = server.running.storage[kind]
  const find = stored.find.bind(stored) as (id: string) => Promise<never>
  stored.find = async id => {
    stored.find = find
    const answer = await find(id)
    await meanwhile()
    return answer
  }
}

/** For an ADMIN only. */
const privileged = (person: Person) => person.client.users.list({ disabled: false })

test('a role that was read before it was taken away is neither used nor cached', async () => {
  const [ada, root] = [await withRole(server, 'ADMIN', 'ada'), await withRole(server, 'ADMIN')]
  await privileged(ada)
  expire()
  slowRead('users', () => root.client.users.update({ user_id: ada.id, role: 'USER' }))
  await refused(privileged(ada), 'forbidden')
  await refused(privileged(ada), 'forbidden')
})

test('a session that was read before it ended is neither used nor cached', async () => {
  const ada = await withRole(server, 'ADMIN', 'ada')
  const phone = await signIn(server, ada.name)
  expire()
  slowRead('sessions', () => phone.client.auth.revokeSession({ session_id: ada.session_id }))
  const me = () => fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
  expect((await me()).status).toBe(401)
  expect((await me()).status).toBe(401)
})
