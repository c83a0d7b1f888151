import { describe, expect, test } from 'bun:test'
import { toPublicUser } from '../../../src/domain/users.ts'
import type { Storage } from '../../../src/ports/storage.ts'
import { Crash, type Fault } from '../../support/faults.ts'
import { auditStore } from '../../support/audit.ts'
import { drain } from '../../support/drain.ts'
import { direct, group, said, saidUnmentioned } from '../../support/drafts.ts'
import { VERIFIED, session } from './accounts.ts'
import { invite, joining } from './invites.ts'
import { aFile, showing } from './files.ts'
import { AT, id, person, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'

/** People and a room with two messages, one of them edited, reacted to and pinned. */
class Scene {
  readonly alice = id()
  readonly bob = id()
  readonly carol = id()
  readonly room = id()
  readonly pair = id()
  readonly again = said(this.bob, 'again')
  readonly user = person('dora', { role: 'ADMIN' })
  readonly session = session(this.user.id)
  readonly late = said(this.alice, 'late', { client_id: 'late', mentions: [this.bob] })
  readonly eve = person('eve')
  readonly other = session(this.user.id)
  readonly invite = invite(this.room, { max_uses: 1 })
  readonly second = invite(this.room)
  readonly file = aFile(this.user.id)
  readonly frame = aFile(this.user.id)
  readonly hello = said(this.alice, 'hello', {
    client_id: 'c1',
    mentions: [this.bob],
    attachments: showing(this.alice, this.frame).message.attachments,
  })
  readonly pictured = showing(this.alice, this.file)

  async set(storage: Storage): Promise<void> {
    const { log } = storage
    const message_id = this.hello.message.id
    await storage.users.create(this.user)
    await storage.sessions.open(this.session, VERIFIED)
    await log.appendTo(this.room, [group(this.alice, this.bob)], {})
    await storage.invites.create(this.invite)
    for (const file of [this.file, this.frame])
      await storage.files.create(file, { quota_bytes: 1_000, expires_at: LATER })
    await log.appendTo(this.room, [this.hello], {})
    await log.appendTo(this.room, [this.again], {})
    await log.appendTo(this.room, [{ event: 'message.updated', message_id, patch: { content: 'hello!' } }], {})
    await log.appendTo(
      this.room,
      [{ event: 'message.reacted', message_id, user_id: this.bob, emoji: 'x', added: true }],
      {},
    )
    await log.appendTo(this.room, [{ event: 'message.pinned', message_id, user_id: this.alice }], {})
    await log.appendToUser(this.alice, { event: 'contact.added', user: toPublicUser(this.user) })
  }
}

const FOLLOW = { streams: 'conversations', from: 'beginning' } as const

type Change = (storage: Storage, scene: Scene) => Promise<unknown>
const message_id = (scene: Scene) => scene.hello.message.id

/** Every kind of change, each written so that repeating it completes it or has no effect. */
const CHANGES: Readonly<Record<string, Change>> = {
  'a group is made': ({ log }, s) => log.appendTo(s.pair, [group(s.alice, s.carol)], {}),
  'a direct conversation is opened': ({ log }, s) => log.appendTo(s.pair, [direct(s.alice, s.carol)], {}),
  'a message is sent': ({ log }, s) => log.appendTo(s.room, [s.late], { access_change: 1 }),
  'a message is sent by somebody whom a mentioned user has blocked': ({ log }, s) =>
    log.appendTo(s.room, [saidUnmentioned(s.alice, [s.bob], [s.bob])], { access_change: 1 }),
  'several messages are sent at once': ({ log }, s) =>
    Promise.all([0, 1, 2].map(n => log.appendTo(s.room, [said(s.bob, `at once ${n}`, { client_id: `n${n}` })], {}))),
  'a message is edited': ({ log }, s) =>
    log.appendTo(s.room, [{ event: 'message.updated', message_id: message_id(s), patch: { content: 'bye' } }], {}),
  'a message is deleted': ({ log }, s) =>
    log.appendTo(s.room, [{ event: 'message.deleted', message_id: message_id(s) }], {}),
  'a reaction is added': ({ log }, s) =>
    log.appendTo(
      s.room,
      [{ event: 'message.reacted', message_id: message_id(s), user_id: s.alice, emoji: 'y', added: true }],
      {},
    ),
  'a reaction is taken back': ({ log }, s) =>
    log.appendTo(
      s.room,
      [{ event: 'message.reacted', message_id: message_id(s), user_id: s.bob, emoji: 'x', added: false }],
      {},
    ),
  'a message is pinned': ({ log }, s) =>
    log.appendTo(s.room, [{ event: 'message.pinned', message_id: s.again.message.id, user_id: s.bob }], {}),
  'a message is unpinned': ({ log }, s) =>
    log.appendTo(s.room, [{ event: 'message.unpinned', message_id: message_id(s), user_id: s.bob }], {}),
  'somebody joins by an invite': ({ log }, s) => log.appendTo(s.room, [joining(s.carol, { code: s.invite.code })], {}),
  'an invite is made': ({ invites }, s) => invites.create(s.second),
  'the owner hands over and leaves': ({ log }, s) =>
    log.appendTo(
      s.room,
      [
        { event: 'member.updated', user_id: s.bob, role: 'owner' },
        { event: 'member.removed', actor_id: s.alice, user_ids: [s.alice] },
      ],
      {},
    ),
  'a group is renamed and disabled': ({ log }, s) =>
    log.appendTo(
      s.room,
      [{ event: 'conversation.updated', actor_id: s.alice, patch: { name: 'Attic', disabled: true } }],
      {},
    ),
  'a message is sent with a file': ({ log }, s) => log.appendTo(s.room, [s.pictured], { access_change: 1 }),
  'a user gets an avatar': ({ users }, s) => users.update(s.user.id, { avatar_file_id: s.file.id }),
  'a file is removed': ({ files }, s) => files.remove(s.file.id, { expires_at: AT }),
  'a conversation is purged': ({ log }, s) => log.appendTo(s.room, [{ event: 'conversation.deleted' }], {}),
  'a marker is moved': ({ log }, s) =>
    log.appendToUser(s.bob, { event: 'read.updated', conversation_id: s.room, seq: 1, kind: 'unread' }),
  'settings are changed': ({ log }, s) =>
    log.appendToUser(s.bob, { event: 'membership.updated', conversation_id: s.room, patch: { pinned: true } }),
  'somebody is added to the contacts': ({ log }, s) =>
    log.appendToUser(s.alice, { event: 'contact.added', user: toPublicUser(s.eve) }),
  'somebody is blocked and removed from the contacts': async ({ log }, s) => {
    const user = toPublicUser(s.user)
    await log.appendToUser(s.alice, { event: 'contact.updated', user, blocked: true })
    await log.appendToUser(s.alice, { event: 'contact.removed', user })
  },
  'preferences are changed': ({ log }, s) =>
    log.appendToUser(s.alice, { event: 'preferences.updated', patch: { level: 'mentions', preview: true } }),
  'an account is made': ({ users }, s) => users.create(s.eve),
  'an account is changed': ({ users }, s) => users.update(s.user.id, { username: 'dorothea', email: 'd@example.org' }),
  'a session is opened, and the hash made anew': async ({ sessions }, s) => {
    if (!(await sessions.find(s.other.id))) await sessions.open(s.other, { ...VERIFIED, new_hash: 'anew' })
  },
  'a refresh token rotates': ({ sessions }, s) =>
    sessions.rotate(s.session.id, { from: 0, to: 1 }, AT, s.session.expires_at),
  'all sessions are revoked': ({ sessions }, s) => sessions.revokeAllOfUser(s.user.id, AT),
}

/** Dies before the command with this number, counted from when it is armed. */
class CrashAt implements Fault {
  #left = Number.POSITIVE_INFINITY
  died = false

  arm(commands: number): void {
    this.#left = commands
  }

  before(command: string): void {
    this.#left -= 1
    if (this.#left >= 0 && !this.died) return
    this.died = true
    throw new Crash(`crash before ${command}`)
  }
}

/** More commands than any change needs: a change that never completes fails the test. */
const MAX_COMMANDS = 400

export function crashConformance(subjects: Subjects): void {
  describe('a process that dies at any command', () => {
    for (const [name, change] of Object.entries(CHANGES))
      test(`while ${name}: what it acknowledged is stored, the rest is whole or absent`, async () => {
        let deaths = 0
        for (let commands = 0; commands < MAX_COMMANDS; commands += 1) {
          const done = await dieOnce(subjects, change, commands)
          if (done) break
          deaths += 1
        }
        expect(deaths).toBeGreaterThan(0)
        expect(deaths).toBeLessThan(MAX_COMMANDS)
      }, 600_000)
  })
}

/** true: the change takes no more commands than that. */
async function dieOnce(subjects: Subjects, change: Change, commands: number): Promise<boolean> {
  await using subject = await subjects()
  const scene = new Scene()
  const death = new CrashAt()
  const doomed = await subject.open(death)
  await scene.set(doomed)
  await doomed.log.follow('crashes', FOLLOW)
  const before = await doomed.log.lastChanges([scene.room, scene.pair])
  death.arm(commands)
  const acknowledged = await change(doomed, scene).then(
    () => true,
    () => false,
  )
  // Closing may send commands of its own; a crash there undoes nothing.
  if (acknowledged) expect(death.died).toBe(false)
  // A store may send commands after the acknowledgement, and crash there.
  const completed = acknowledged && !death.died
  await doomed[Symbol.asyncDispose]()

  await using storage = await subject.open()
  const { alice, bob, carol, room, pair } = scene
  const rooms = [room, pair]
  await auditStore(storage, rooms, [alice, bob, carol])
  await auditFiles(storage, scene)
  const found = await storage.log.lastChanges(rooms)
  await change(storage, scene)
  await auditStore(storage, rooms, [alice, bob, carol])
  await expectFollowed(storage, rooms)
  const admitted = change === CHANGES['somebody joins by an invite'] ? 1 : 0
  expect((await storage.invites.find(scene.invite.code))?.uses ?? 0).toBe(admitted)
  await auditFiles(storage, scene)
  const after = await storage.log.lastChanges(rooms)
  // Acknowledged means done: repeating it appended nothing.
  if (acknowledged) expect(after).toEqual(found)
  const grown = (heads: Map<string, number>) => rooms.map(each => (heads.get(each) ?? 0) - (before.get(each) ?? 0))
  const first = await counterpart(subjects, change)
  expect(grown(after)).toEqual(first)
  return completed
}

/** A follower that has handled nothing yet gets the whole log, whichever command the process died at. */
async function expectFollowed({ log }: Storage, rooms: readonly string[]): Promise<void> {
  const handled = await drain(await log.follow('crashes', FOLLOW))
  for (const room of rooms) expect(handled.get(room) ?? []).toEqual(await log.read(room, 0, 100))
}

/** A file to which a message, a conversation or a user refers is there, and cannot be removed. */
async function auditFiles(storage: Storage, { room, user, file, frame }: Scene): Promise<void> {
  const messages = await storage.messages.list(room, { ascending: true, limit: 100 })
  const conversation = await storage.conversations.find(room)
  const account = await storage.users.find(user.id)
  for (const { id: file_id } of [file, frame]) {
    const used =
      messages.some(({ attachments }) => attachments.some(each => each.file_id === file_id)) ||
      [conversation?.avatar_file_id, account?.avatar_file_id].includes(file_id)
    if (!used) continue
    expect((await storage.files.findMany([file_id])).map(each => each.id)).toEqual([file_id])
    expect(await storage.files.remove(file_id)).toBe('referenced')
    expect(await storage.files.shownTo(null, [file_id])).toEqual(new Set([file_id]))
  }
}

/** The last changes of the two rooms after the change without a crash. */
async function counterpart(subjects: Subjects, change: Change): Promise<number[]> {
  const known = moved.get(change)
  if (known) return known
  await using subject = await subjects()
  await using storage = await subject.open()
  const scene = new Scene()
  await scene.set(storage)
  const rooms = [scene.room, scene.pair]
  const before = await storage.log.lastChanges(rooms)
  await change(storage, scene)
  const after = await storage.log.lastChanges(rooms)
  const grown = rooms.map(each => (after.get(each) ?? 0) - (before.get(each) ?? 0))
  moved.set(change, grown)
  return grown
}

const moved = new WeakMap<Change, number[]>()
