import { expect, test } from 'bun:test'
import type { ErrorCode, Problem } from '../../contracts/errors.ts'
import { isCallable, operationOf, operations, type OperationName } from '../../contracts/index.ts'
import { PASSWORD, groupOf, register, say, signIn, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { beginUpload } from '../support/tus.ts'
import { subscribe } from '../support/web-push.ts'
import { transportsOf, type Answer, type Transport } from '../support/transports.ts'

/** stranger: an EDITOR who is not in the room. user: a USER who is a member. admin: an ADMIN who is not a member. */
const PRINCIPALS = ['anonymous', 'stranger', 'user', 'member', 'leader', 'owner', 'admin'] as const
type Principal = (typeof PRINCIPALS)[number]
type Cell = 200 | 201 | 202 | 204 | ErrorCode
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const open = (cell: Cell): Row => [cell, cell, cell, cell, cell, cell, cell]
const signedIn = (cell: Cell): Row => ['unauthenticated', cell, cell, cell, cell, cell, cell]
const no = 'unauthenticated'

/**
 * The permissions on a group of user, member, leader (admin member) and owner, and on a message of its owner. A row for every
 * operation and a cell for every principal, which the type checker enforces.
 */
const TABLE: Readonly<Record<OperationName, Row>> = {
  'auth.register': open(201),
  'auth.login': open(200),
  'auth.exchange': open('not_found'),
  'auth.refresh-token': open(200),
  'auth.logout': signedIn(204),
  'auth.sessions': signedIn(200),
  'auth.revoke-session': signedIn('not_found'),
  'auth.password': signedIn(204),
  'auth.ws-ticket': signedIn(201),
  'keys.create': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 201],
  'keys.list': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'keys.get': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'keys.update': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'keys.rotate': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'keys.delete': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'users.me': signedIn(200),
  'users.list': signedIn(200),
  'users.upsert': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'users.create': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 201],
  'users.export': signedIn(200),
  'users.get': signedIn(200),
  'users.update': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'users.delete': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 204],
  'conversations.create': [no, 201, 'forbidden', 201, 201, 201, 201],
  'conversations.list': [no, 200, 'forbidden', 200, 200, 200, 200],
  'conversations.inbox': signedIn(200),
  'conversations.inbox-entry': [no, 'not_found', 200, 200, 200, 200, 'not_found'],
  'conversations.get': [no, 'not_found', 'forbidden', 200, 200, 200, 200],
  'conversations.update': [no, 'not_found', 'forbidden', 'forbidden', 200, 200, 200],
  'conversations.delete': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 204],
  'conversations.read': [no, 'not_found', 200, 200, 200, 200, 'forbidden'],
  'conversations.unread': [no, 'not_found', 200, 200, 200, 200, 'forbidden'],
  'conversations.membership': [no, 'not_found', 200, 200, 200, 200, 'forbidden'],
  'conversations.members': [no, 'not_found', 200, 200, 200, 200, 200],
  'conversations.receipts': [no, 'not_found', 200, 200, 200, 200, 200],
  'messages.send': [no, 'not_found', 201, 201, 201, 201, 'forbidden'],
  'messages.list': [no, 'not_found', 200, 200, 200, 200, 200],
  'messages.pins': [no, 'not_found', 200, 200, 200, 200, 200],
  'messages.get': [no, 'not_found', 200, 200, 200, 200, 200],
  'messages.update': [no, 'not_found', 'forbidden', 'forbidden', 'forbidden', 200, 'forbidden'],
  'messages.delete': [no, 'not_found', 'forbidden', 'forbidden', 204, 204, 204],
  'messages.history': [no, 'not_found', 200, 200, 200, 200, 200],
  'messages.react': [no, 'not_found', 200, 200, 200, 200, 'forbidden'],
  'messages.unreact': [no, 'not_found', 204, 204, 204, 204, 'forbidden'],
  'messages.pin': [no, 'not_found', 'forbidden', 'forbidden', 200, 200, 200],
  'messages.unpin': [no, 'not_found', 'forbidden', 'forbidden', 204, 204, 204],
  'contacts.add': signedIn(201),
  'contacts.list': signedIn(200),
  'contacts.remove': signedIn(204),
  'contacts.block': signedIn(200),
  'contacts.unblock': signedIn(200),
  'groups.create': [no, 201, 'forbidden', 201, 201, 201, 201],
  'groups.list': signedIn(200),
  'groups.get': [no, 'not_found', 200, 200, 200, 200, 200],
  'groups.update': [no, 'not_found', 'forbidden', 'forbidden', 200, 200, 200],
  'groups.delete': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 204],
  'groups.join': [no, 'not_found', 200, 200, 200, 200, 'forbidden'],
  'groups.add-members': [no, 'not_found', 'forbidden', 'forbidden', 200, 200, 200],
  'groups.update-member': [no, 'not_found', 'forbidden', 'forbidden', 'forbidden', 200, 200],
  'groups.remove-member': [no, 'not_found', 'forbidden', 'forbidden', 204, 204, 204],
  'presence.set-status': signedIn(200),
  'presence.status': signedIn(200),
  'presence.list': signedIn(200),
  'presence.subscribe': signedIn(200),
  'typing.start': [no, 'not_found', 204, 204, 204, 204, 'forbidden'],
  'typing.stop': [no, 'not_found', 204, 204, 204, 204, 'forbidden'],
  'uploads.options': open(204),
  'uploads.create': signedIn(201),
  'uploads.status': [no, 'not_found', 'not_found', 'not_found', 'not_found', 200, 'not_found'],
  'uploads.append': [no, 'not_found', 'not_found', 'not_found', 'not_found', 204, 'not_found'],
  'uploads.terminate': [no, 'not_found', 'not_found', 'not_found', 'not_found', 204, 'not_found'],
  'files.upload': [no, 'not_found', 201, 201, 201, 201, 'forbidden'],
  'files.get': [no, 'not_found', 200, 200, 200, 200, 200],
  'files.link': [no, 'not_found', 200, 200, 200, 200, 200],
  'files.content': open('unauthenticated'),
  'files.delete': [no, 'not_found', 'forbidden', 'forbidden', 'forbidden', 'file_in_use', 'forbidden'],
  'notifications.register-device': signedIn(201),
  'notifications.devices': signedIn(200),
  'notifications.delete-device': signedIn('not_found'),
  'notifications.preferences': signedIn(200),
  'notifications.update-preferences': signedIn(200),
  'notifications.vapid-public-key': signedIn(200),
  'invites.create': [no, 'not_found', 'forbidden', 'forbidden', 201, 201, 201],
  'invites.list': [no, 'not_found', 'forbidden', 'forbidden', 200, 200, 200],
  'invites.revoke': [no, 'not_found', 'forbidden', 'forbidden', 204, 204, 204],
  'invites.preview': signedIn(200),
  'invites.join': signedIn(200),
  'search.messages': [no, 'not_found', 200, 200, 200, 200, 200],
  'analytics.messages': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'analytics.users': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'notifications.send': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 202],
  'webhooks.create': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'validation_failed'],
  'webhooks.list': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 200],
  'webhooks.get': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.update': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.delete': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.rotate': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.test': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.deliveries': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'webhooks.replay': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
  'notifications.job': [no, 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'not_found'],
}

interface Scene {
  people: Record<Exclude<Principal, 'anonymous'>, Person>
  room: string
  message: string
  /** The code of an invite to the room. */
  code: string
  /** Of the owner, in a message of the room. */
  file: string
  target: Person
}

const INPUTS: Readonly<Record<OperationName, (scene: Scene, caller: Person | null) => Record<string, unknown>>> = {
  'auth.register': () => ({ username: fresh(), email: `${fresh()}@example.com`, password: PASSWORD }),
  'auth.login': ({ target }) => ({ username: target.name, password: PASSWORD }),
  'auth.exchange': () => ({ token: 'a.b.c' }),
  'auth.refresh-token': ({ target }) => ({ refresh_token: target.refresh_token }),
  'auth.logout': () => ({}),
  'auth.sessions': () => ({}),
  'auth.revoke-session': ({ target }) => ({ session_id: target.session_id }),
  'auth.password': () => ({ current_password: PASSWORD, new_password: PASSWORD }),
  'auth.ws-ticket': () => ({}),
  // Of a host that is not public.
  'webhooks.create': () => ({ url: 'https://127.0.0.1:4433/parley' }),
  'webhooks.list': () => ({}),
  'webhooks.get': ({ target }) => ({ webhook_id: target.id }),
  'webhooks.update': ({ target }) => ({ webhook_id: target.id, description: 'the shop' }),
  'webhooks.delete': ({ target }) => ({ webhook_id: target.id }),
  'webhooks.rotate': ({ target }) => ({ webhook_id: target.id }),
  'webhooks.test': ({ target }) => ({ webhook_id: target.id }),
  'webhooks.deliveries': ({ target }) => ({ webhook_id: target.id }),
  'webhooks.replay': ({ target }) => ({ webhook_id: target.id, since: '2026-11-24T09:30:00Z' }),
  'keys.create': () => ({ name: 'shop', scopes: ['messages:read'] }),
  'keys.list': () => ({}),
  'keys.get': ({ target }) => ({ key_id: target.id }),
  'keys.update': ({ target }) => ({ key_id: target.id, name: 'shop' }),
  'keys.rotate': ({ target }) => ({ key_id: target.id }),
  'keys.delete': ({ target }) => ({ key_id: target.id }),
  'users.me': () => ({}),
  'users.list': () => ({ limit: 1 }),
  'users.upsert': () => ({ users: [{ external_id: crypto.randomUUID() }] }),
  'users.create': () => ({ username: fresh(), email: `${fresh()}@example.com`, password: PASSWORD }),
  'users.export': () => ({}),
  'users.get': ({ target }) => ({ user_id: target.id }),
  'users.update': ({ target }) => ({ user_id: target.id, full_name: 'Someone' }),
  'users.delete': ({ target }) => ({ user_id: target.id }),
  'conversations.create': ({ target }) => ({ type: 'group', name: 'New', participant_ids: [target.id] }),
  'conversations.list': () => ({ limit: 1 }),
  'conversations.inbox': () => ({ limit: 1 }),
  'conversations.inbox-entry': ({ room }) => ({ conversation_id: room }),
  'conversations.get': ({ room }) => ({ conversation_id: room }),
  'conversations.update': ({ room }) => ({ conversation_id: room, topic: fresh() }),
  'conversations.delete': ({ room }) => ({ conversation_id: room }),
  'conversations.read': ({ room }) => ({ conversation_id: room, seq: 1 }),
  'conversations.unread': ({ room }) => ({ conversation_id: room, seq: 1 }),
  'conversations.membership': ({ room }) => ({ conversation_id: room, pinned: true }),
  'conversations.members': ({ room }) => ({ conversation_id: room }),
  'conversations.receipts': ({ room }) => ({ conversation_id: room }),
  'messages.send': ({ room }) => ({ conversation_id: room, content: 'hello' }),
  'messages.list': ({ room }) => ({ conversation_id: room }),
  'messages.pins': ({ room }) => ({ conversation_id: room }),
  'messages.get': ({ message }) => ({ message_id: message }),
  'messages.update': ({ message }) => ({ message_id: message, content: fresh() }),
  'messages.delete': ({ message }) => ({ message_id: message }),
  'messages.history': ({ message }) => ({ message_id: message }),
  'messages.react': ({ message }) => ({ message_id: message, emoji: 'x' }),
  'messages.unreact': ({ message }) => ({ message_id: message, emoji: 'x' }),
  'messages.pin': ({ message }) => ({ message_id: message }),
  'messages.unpin': ({ message }) => ({ message_id: message }),
  'contacts.add': ({ target }) => ({ user_id: target.id }),
  'contacts.list': () => ({ limit: 1 }),
  'contacts.remove': ({ target }) => ({ contact_id: target.id }),
  'contacts.block': ({ target }) => ({ contact_id: target.id }),
  'contacts.unblock': ({ target }) => ({ contact_id: target.id }),
  'groups.create': ({ target }) => ({ name: 'New', member_ids: [target.id] }),
  'groups.list': () => ({ limit: 1 }),
  'groups.get': ({ room }) => ({ conversation_id: room }),
  'groups.update': ({ room }) => ({ conversation_id: room, topic: fresh() }),
  'groups.delete': ({ room }) => ({ conversation_id: room }),
  'groups.join': ({ room }) => ({ conversation_id: room }),
  'groups.add-members': ({ room, target }) => ({ conversation_id: room, user_ids: [target.id] }),
  'groups.update-member': ({ room, people }) => ({ conversation_id: room, user_id: people.user.id, role: 'admin' }),
  // The principal is never the member who is removed, because every member may leave.
  'groups.remove-member': ({ room, people }, caller) => ({
    conversation_id: room,
    user_id: caller?.id === people.user.id ? people.member.id : people.user.id,
  }),
  'presence.set-status': (_, caller) => ({ user_id: caller?.id ?? 'me', text: fresh() }),
  'presence.status': ({ target }) => ({ user_id: target.id }),
  'presence.list': ({ target }) => ({ ids: target.id }),
  'presence.subscribe': ({ target }) => ({ user_ids: [target.id] }),
  'typing.start': ({ room }) => ({ conversation_id: room }),
  'typing.stop': ({ room }) => ({ conversation_id: room }),
  'uploads.options': () => ({}),
  'uploads.create': () => ({}),
  'uploads.status': ({ file }) => ({ upload_id: file }),
  'uploads.append': ({ file }) => ({ upload_id: file, body: new Blob(['hello']) }),
  'uploads.terminate': ({ file }) => ({ upload_id: file }),
  'files.upload': ({ room }) => ({ conversation_id: room, file: new File(['hello'], 'hello.txt') }),
  'files.get': ({ file }) => ({ file_id: file }),
  'files.link': ({ file }) => ({ file_id: file }),
  'files.content': ({ file }) => ({ file_id: file, link: 'wrong' }),
  'files.delete': ({ file }) => ({ file_id: file }),
  'notifications.register-device': () => ({
    platform: 'web',
    subscription: subscribe(`https://8.8.8.8/${fresh()}`).subscription,
  }),
  'notifications.devices': () => ({ limit: 1 }),
  'notifications.delete-device': ({ target }) => ({ id: target.id }),
  'notifications.preferences': () => ({}),
  'notifications.update-preferences': () => ({ level: 'all' }),
  'notifications.vapid-public-key': () => ({}),
  'invites.create': ({ room }) => ({ conversation_id: room }),
  'invites.list': ({ room }) => ({ conversation_id: room }),
  'invites.revoke': ({ room, code }) => ({ conversation_id: room, code }),
  'invites.preview': ({ code }) => ({ code }),
  'invites.join': ({ code }) => ({ code }),
  'search.messages': ({ room }) => ({ q: 'hello', conversation_id: room }),
  'analytics.messages': () => ({}),
  'analytics.users': () => ({}),
  'notifications.send': ({ target }) => ({ user_ids: [target.id], title: 'Hello', body: 'there' }),
  'notifications.job': ({ target }) => ({ job_id: target.id }),
}

const fresh = () => `t-${crypto.randomUUID().slice(0, 12)}`

const server = sharedServer()
const everybody = shared(async () => ({
  stranger: await register(server, 'stranger'),
  user: await withRole(server, 'USER'),
  member: await register(server, 'member'),
  leader: await register(server, 'leader'),
  owner: await register(server, 'owner'),
  admin: await withRole(server, 'ADMIN'),
}))
const account = shared(() => register(server, 'account'))

/** Operations that use up the account which they are about. */
const SPENDS_TARGET: readonly OperationName[] = ['auth.refresh-token', 'users.delete', 'contacts.add']

/** Operations after which a room has other members or settings, or is gone. */
const SPENDS_ROOM: readonly OperationName[] = [
  'conversations.update',
  'conversations.delete',
  'conversations.read',
  'conversations.unread',
  'conversations.membership',
  'groups.update',
  'groups.delete',
  'groups.join',
  'groups.add-members',
  'groups.update-member',
  'groups.remove-member',
  'invites.join',
]

async function openRoom(): Promise<string> {
  const { owner, leader, user, member } = everybody()
  const { id } = await groupOf(owner, [leader, user, member])
  await owner.client.groups.updateMember({ conversation_id: id, user_id: leader.id, role: 'admin' })
  return id
}
const commonRoom = shared(openRoom)

/** What a cell needs. After a call that changed something it is made anew: no cell depends on another. */
async function stage(operation: OperationName): Promise<Scene> {
  const people = everybody()
  const { owner, stranger } = people
  const [group = ''] = operation.split('.')
  const room = SPENDS_ROOM.includes(operation) ? await openRoom() : commonRoom()
  const scene = { people, room, message: '', code: '', file: '', target: stranger }
  switch (group) {
    case 'auth':
    case 'users':
    case 'contacts':
      return { ...scene, target: SPENDS_TARGET.includes(operation) ? await register(server, 'target') : account() }
    case 'conversations':
    case 'messages':
    case 'search':
      return { ...scene, message: (await say(owner, room, 'hello')).id }
    case 'files': {
      const { id: file } = await owner.client.files.upload({ file: new File(['hello'], 'hello.txt') })
      await owner.client.messages.send({ conversation_id: room, attachments: [{ file_id: file }] })
      return { ...scene, file }
    }
    case 'uploads':
      return { ...scene, file: await beginUpload(server.url, owner) }
    case 'invites':
      return { ...scene, code: (await owner.client.invites.create({ conversation_id: room })).code }
    default:
      return scene
  }
}

/** A scene that is staged when it is first needed, and again after a call that may have changed it. */
class Stage {
  readonly #operation: OperationName
  #scene: Scene | null = null

  constructor(operation: OperationName) {
    this.#operation = operation
  }

  async scene(): Promise<Scene> {
    this.#scene ??= await stage(this.#operation)
    return this.#scene
  }

  called({ status }: Answer): void {
    if (operationOf(this.#operation).method !== 'GET' && status < 400) this.#scene = null
  }
}

/**
 * The answers of REST, and of tRPC and socket where they have the operation, to one call; where only the socket has the
 * operation, its answer.
 */
async function play(operation: OperationName, principal: Principal, staged: Stage): Promise<[Answer, ...Answer[]]> {
  const { rest, trpc, socket } = transportsOf(server.url)
  const call = async (transport: Transport): Promise<Answer> => {
    const scene = await staged.scene()
    const person = principal === 'anonymous' ? null : scene.people[principal]
    const caller = person && operation === 'auth.logout' ? await signIn(server, person.name) : person
    const answer = await transport(operation, INPUTS[operation](scene, caller), caller?.access_token ?? null)
    staged.called(answer)
    return answer
  }
  if (operationOf(operation).socket_only) return [await call(socket)]
  const byRest = await call(rest)
  if (!isCallable(operation)) return [byRest]
  return [byRest, await call(trpc), await call(socket)]
}

/** What parity is judged by (specification, Rules for every operation): the whole problem, apart from what differs by nature. */
function comparable({ status, body }: Answer): unknown {
  if (status < 400) return status === 204 ? 204 : 'success'
  const { request_id: _request_id, retry_after: _retry_after, ...problem } = body as Problem
  return problem
}

for (const [operation] of operations())
  test(`${operation} admits and refuses each principal by the table, alike by REST, tRPC and socket`, async () => {
    const staged = new Stage(operation)
    for (const [index, principal] of PRINCIPALS.entries()) {
      const [rest, ...others] = await play(operation, principal, staged)
      const got = rest.status < 400 ? rest.status : (rest.body as Problem).code
      expect(`${principal}: ${got}`).toBe(`${principal}: ${TABLE[operation][index]}`)
      for (const other of others) expect(comparable(other)).toEqual(comparable(rest))
      expect((others.at(-1) ?? rest).status).toBe(rest.status)
    }
  })
