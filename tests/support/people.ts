import { expect } from 'bun:test'
import type { ErrorCode } from '../../contracts/errors.ts'
import type { Conversation, Message, SignedIn } from '../../contracts/entities.ts'
import type { Role } from '../../contracts/roles.ts'
import { ParleyError, type Client } from '../../src/sdk/index.ts'
import { ADMIN, type SharedServer } from './server.ts'

export const PASSWORD = 'a fine long passphrase'

/** A user with a signed-in client. Every answer is checked against the contract. */
export interface Person {
  id: string
  name: string
  client: Client
  access_token: string
  refresh_token: string
  session_id: string
}

export async function register(server: Pick<SharedServer, 'client'>, name = 'someone'): Promise<Person> {
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  const client = server.client()
  const signedIn = await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  return personOf(client, signedIn)
}

/** Registers users of any global role; ADMINs and USERs are made by the first ADMIN. */
export async function withRole(
  server: Pick<SharedServer, 'client'>,
  role: Role,
  name = role.toLowerCase(),
): Promise<Person> {
  const root = await signIn(server, ADMIN.username, ADMIN.password)
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  await root.client.users.create({ username, email: `${username}@example.com`, password: PASSWORD, role })
  return signIn(server, username)
}

export async function signIn(
  server: Pick<SharedServer, 'client'>,
  username: string,
  password = PASSWORD,
): Promise<Person> {
  const client = server.client()
  return personOf(client, await client.auth.login({ username, password }))
}

function personOf(client: Client, signedIn: SignedIn): Person {
  const { user, access_token, refresh_token = '', session_id } = signedIn
  return { id: user.id, name: user.username, client, access_token, refresh_token, session_id }
}

export async function groupOf(owner: Person, members: readonly Person[], name = 'Engines'): Promise<Conversation> {
  return owner.client.conversations.create({ type: 'group', name, participant_ids: members.map(({ id }) => id) })
}

export async function directOf(one: Person, other: Person): Promise<Conversation> {
  return one.client.conversations.create({ type: 'direct', participant_ids: [other.id] })
}

export async function say(person: Person, conversation_id: string, content: string): Promise<Message> {
  return person.client.messages.send({ conversation_id, content })
}

/** Expects that the call is refused with this code, and returns the problem document. */
export async function refused(call: Promise<unknown>, code: ErrorCode) {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ParleyError))
    throw new Error(`expected ${code}, got ${error instanceof Error ? error.message : 'success'}`)
  expect(error.code).toBe(code)
  return error.problem
}
