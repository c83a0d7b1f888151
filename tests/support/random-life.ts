import type { ConversationDraft } from '../../src/domain/log/entry.ts'
import { toPublicUser } from '../../src/domain/users.ts'
import type { FileRecord, UserRecord } from '../../src/domain/records.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { aFile, showing } from '../conformance/storage/files.ts'
import { invite, joining } from '../conformance/storage/invites.ts'
import { id, person } from '../conformance/storage/subject.ts'
import { direct, group, said } from './drafts.ts'

const LATER = '2999-01-01T00:00:00.000Z'

/** Pseudo-random numbers from 0 on below `n`, the same for a seed. */
export function randomBelow(seed: number): (n: number) => number {
  let state = seed
  return n => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

/** People who do everything that a store can be asked for, one random change after the other. */
export class RandomLife {
  readonly #storage: Storage
  readonly #below: (n: number) => number
  readonly users: UserRecord[] = []
  readonly rooms: string[] = []
  readonly files: FileRecord[] = []
  readonly #direct = new Set<string>()
  /** Texts of messages that were acknowledged and neither edited nor deleted since, by id. */
  readonly texts = new Map<string, { room: string; content: string }>()

  constructor(storage: Storage, seed: number) {
    this.#storage = storage
    this.#below = randomBelow(seed)
  }

  async begin(): Promise<void> {
    for (let n = 0; n < 4; n += 1) await this.#newUser()
    for (let n = 0; n < 3; n += 1) await this.#newRoom()
  }

  async change(): Promise<void> {
    const changes = [
      () => this.#send(),
      () => this.#send(),
      () => this.#send(),
      () => this.#onMessage(),
      () => this.#onMessage(),
      () => this.#member(),
      () => this.#member(),
      () => this.#own(),
      () => this.#own(),
      () => this.#contact(),
      () => this.#invited(),
      () => this.#rare(),
    ]
    await this.#pick(changes)?.()
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#below(list.length)]
  }

  async #newUser(): Promise<void> {
    const user = person(`p${this.users.length}-${id().slice(-12)}`)
    await this.#storage.users.create(user)
    this.users.push(user)
  }

  async #newRoom(): Promise<void> {
    const [first, ...others] = this.users.filter(() => this.#below(4) > 0)
    if (!first) return
    const room = id()
    await this.#storage.log.appendTo(room, [group(first.id, ...others.map(user => user.id))], {})
    this.rooms.push(room)
  }

  #append(room: string, ...drafts: ConversationDraft[]) {
    return this.#storage.log.appendTo(room, drafts, {})
  }

  async #send(): Promise<void> {
    const [room, user, other] = [this.#pick(this.rooms), this.#pick(this.users), this.#pick(this.users)]
    if (room === undefined || !user || !other) return
    const content = `text ${this.#below(1_000_000)}`
    const file = this.#below(4) === 0 ? await this.#newFile(user) : null
    const draft = file
      ? showing(user.id, file)
      : said(user.id, content, { client_id: id(), mentions: user === other ? [] : [other.id] })
    // As a handler does: only members send and are mentioned.
    const members = await this.#storage.members.findMany(room, [user.id, ...draft.message.mentions])
    if (members.length <= draft.message.mentions.length) return
    const sent = await this.#append(room, draft)
    if (sent.outcome === 'committed' && draft.message.content !== null)
      this.texts.set(draft.message.id, { room, content: draft.message.content })
  }

  async #newFile(user: UserRecord): Promise<FileRecord> {
    const file = aFile(user.id)
    await this.#storage.files.create(file, { quota_bytes: 1_000_000, expires_at: LATER })
    this.files.push(file)
    return file
  }

  async #onMessage(): Promise<void> {
    const [message_id, found] = this.#pick([...this.texts]) ?? []
    const user = this.#pick(this.users)
    if (message_id === undefined || !found || !user) return
    const user_id = user.id
    const content = `edited ${this.#below(1_000_000)}`
    const draft = this.#pick<ConversationDraft>([
      { event: 'message.updated', message_id, patch: { content } },
      { event: 'message.updated', message_id, patch: { content } },
      { event: 'message.deleted', message_id },
      { event: 'message.reacted', message_id, user_id, emoji: 'x', added: this.#below(3) > 0 },
      { event: 'message.pinned', message_id, user_id },
      { event: 'message.unpinned', message_id, user_id },
    ])
    if (!draft) return
    if (draft.event === 'message.updated' || draft.event === 'message.deleted') this.texts.delete(message_id)
    await this.#append(found.room, draft)
    if (draft.event === 'message.updated') this.texts.set(message_id, { room: found.room, content })
  }

  async #member(): Promise<void> {
    const [room, user] = [this.#pick(this.rooms.filter(each => !this.#direct.has(each))), this.#pick(this.users)]
    if (room === undefined || !user) return
    const member = await this.#storage.members.find(room, user.id)
    const actor = (await this.#storage.members.first(room, 1))[0]
    if (!actor) return
    if (!member)
      await this.#append(room, {
        event: 'member.added',
        actor_id: actor.user_id,
        members: [{ user_id: user.id, role: 'member' }],
      })
    else if (this.#below(3) === 0)
      await this.#append(room, {
        event: 'member.updated',
        user_id: user.id,
        role: this.#pick(['admin', 'member']) ?? 'member',
      })
    else if (actor.user_id !== user.id)
      await this.#append(room, { event: 'member.removed', actor_id: actor.user_id, user_ids: [user.id] })
  }

  async #own(): Promise<void> {
    const [conversation_id, user] = [this.#pick(this.rooms), this.#pick(this.users)]
    if (conversation_id === undefined || !user) return
    const conversation = await this.#storage.conversations.find(conversation_id)
    if (!conversation || !(await this.#storage.members.find(conversation_id, user.id))) return
    const seq = this.#below(conversation.last_seq + 1)
    const { log } = this.#storage
    const kind = this.#pick(['read', 'unread'] as const) ?? 'read'
    if (this.#below(4) > 0) await log.appendToUser(user.id, { event: 'read.updated', conversation_id, seq, kind })
    else {
      const patch = { pinned: this.#below(2) === 0, archived: this.#below(2) === 0 }
      await log.appendToUser(user.id, { event: 'membership.updated', conversation_id, patch })
    }
  }

  async #contact(): Promise<void> {
    const [mine, other] = [this.#pick(this.users), this.#pick(this.users)]
    if (!mine || !other || mine === other) return
    const { log } = this.#storage
    const user = toPublicUser(other)
    const step = this.#below(5)
    if (step === 0) await log.appendToUser(mine.id, { event: 'contact.removed', user })
    else if (step === 1)
      await log.appendToUser(mine.id, { event: 'contact.updated', user, blocked: this.#below(2) === 0 })
    else if (step === 2)
      await log.appendToUser(mine.id, { event: 'preferences.updated', patch: { preview: this.#below(2) === 0 } })
    else await log.appendToUser(mine.id, { event: 'contact.added', user })
  }

  async #invited(): Promise<void> {
    const [room, user] = [this.#pick(this.rooms.filter(each => !this.#direct.has(each))), this.#pick(this.users)]
    if (room === undefined || !user || (await this.#storage.members.find(room, user.id))) return
    const made = invite(room, { created_by: user.id })
    if (await this.#storage.invites.create(made)) await this.#append(room, joining(user.id, { code: made.code }))
  }

  async #rare(): Promise<void> {
    const step = this.#below(5)
    if (step === 0) await this.#newUser()
    else if (step === 1) await this.#newRoom()
    else if (step === 2) {
      const [one, other] = [this.#pick(this.users), this.#pick(this.users)]
      if (!one || !other || one === other) return
      const room = id()
      if ((await this.#append(room, direct(one.id, other.id))).outcome !== 'committed') return
      this.rooms.push(room)
      this.#direct.add(room)
    } else if (step === 3) {
      const room = this.#pick(this.rooms)
      if (room === undefined) return
      for (const [message_id, each] of this.texts) if (each.room === room) this.texts.delete(message_id)
      await this.#append(room, { event: 'conversation.deleted' })
    } else {
      const user = this.#pick(this.users)
      const file = user && (await this.#newFile(user))
      if (user && file) await this.#storage.users.update(user.id, { avatar_file_id: file.id })
    }
  }
}
