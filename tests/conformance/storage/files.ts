import { describe, expect, test } from 'bun:test'
import type { ConversationDraft } from '../../../src/domain/log/entry.ts'
import type { FileRecord } from '../../../src/domain/records.ts'
import type { Storage } from '../../../src/ports/storage.ts'
import { group, said } from '../../support/drafts.ts'
import { AT, id, person, range, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'
const QUOTA = { quota_bytes: 1_000, expires_at: LATER }

export function aFile(user_id: string, more: Partial<FileRecord> = {}): FileRecord {
  return {
    id: crypto.randomUUID(),
    user_id,
    name: 'notes.txt',
    content_type: 'text/plain',
    size: 100,
    sha256: 'a'.repeat(64),
    width: null,
    height: null,
    thumbnail: false,
    created_at: AT,
    ...more,
  }
}

/** A message with these files. */
export function showing(sender_id: string, ...files: FileRecord[]) {
  const attachments = files.map(({ id: file_id, name, content_type, size, width, height, thumbnail }) => {
    return { file_id, name, content_type, size, width, height, thumbnail }
  })
  return said(sender_id, 'look', { attachments, client_id: id() })
}

const avatar = (actor_id: string, avatar_file_id: string | null): ConversationDraft => {
  return { event: 'conversation.updated', actor_id, patch: { avatar_file_id } }
}

/** A room of Ada and Bob; Cy is in none. */
async function roomOf(storage: Storage) {
  const [ada, bob, cy] = [person('ada'), person('bob'), person('cy')]
  for (const user of [ada, bob, cy]) await storage.users.create(user)
  const room = id()
  await storage.log.appendTo(room, [group(ada.id, bob.id)], {})
  const shown = async (user: { id: string } | null, file: FileRecord) =>
    (await storage.files.shownTo(user?.id ?? null, [file.id])).has(file.id)
  return { ada, bob, cy, room, shown, append: (draft: ConversationDraft) => storage.log.appendTo(room, [draft], {}) }
}

/** The ids of the files that have expired by then. */
const expired = async ({ files }: Storage, at = '2030-01-01T00:00:00.000Z') =>
  (await files.expired(at, 100)).map(file => file.id)

export function filesConformance(subjects: Subjects): void {
  describe('files', () => {
    test('files are found by id and listed by user', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [one, two, other] = [aFile('ada', { width: 3, height: 4, thumbnail: true }), aFile('ada'), aFile('bob')]
      for (const file of [one, two, other]) expect(await storage.files.create(file, QUOTA)).toBe('created')
      expect(await storage.files.findMany([one.id, crypto.randomUUID()])).toEqual([one])
      const own = [one, two].toSorted((a, b) => (a.id < b.id ? -1 : 1))
      expect(await storage.files.listOfUser('ada', '', 10)).toEqual(own)
      expect(await storage.files.listOfUser('ada', own[1]?.id ?? '', 10)).toEqual(own.slice(1))
      expect(await storage.files.usage('ada')).toBe(200)
      expect(await storage.files.usage('cy')).toBe(0)
    })

    test('files of a user never take more than the quota, also when 50 are created at once', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const raced = await Promise.all(range(50).map(() => storage.files.create(aFile('ada'), QUOTA)))
      expect(raced.filter(outcome => outcome === 'created')).toHaveLength(10)
      expect(await storage.files.listOfUser('ada', '', 100)).toHaveLength(10)
      const [first] = await storage.files.listOfUser('ada', '', 1)
      expect(await storage.files.remove(first?.id ?? '')).toBe('removed')
      const again = await Promise.all(range(5).map(() => storage.files.create(aFile('ada'), QUOTA)))
      expect(again.filter(outcome => outcome === 'created')).toHaveLength(1)
      expect(await storage.files.usage('ada')).toBe(1_000)
    })

    test('a file of a message is shown to its members now, and to nobody else', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, bob, cy, shown, append } = await roomOf(storage)
      const file = aFile(ada.id)
      await storage.files.create(file, QUOTA)
      expect([await shown(bob, file), await shown(null, file)]).toEqual([false, false])
      await append(showing(ada.id, file))
      expect([await shown(bob, file), await shown(cy, file), await shown(null, file)]).toEqual([true, false, true])
      await append({ event: 'member.removed', actor_id: ada.id, user_ids: [bob.id] })
      expect([await shown(bob, file), await shown(ada, file)]).toEqual([false, true])
    })

    test('a file that is referred to is not removed, and one that is not is removed once', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, append } = await roomOf(storage)
      const [used, unused] = [aFile(ada.id), aFile(ada.id)]
      for (const file of [used, unused]) await storage.files.create(file, QUOTA)
      const message = showing(ada.id, used)
      await append(message)
      expect(await storage.files.remove(used.id)).toBe('referenced')
      expect(await storage.files.findMany([used.id])).toEqual([used])
      expect(await storage.files.remove(unused.id, { expires_at: LATER })).toBe('removed')
      expect(await storage.files.remove(unused.id)).toBe('missing')
      expect([await storage.files.deletedBy(unused.id), await storage.files.deletedBy(used.id)]).toEqual([ada.id, null])
      await storage.sweep(LATER)
      expect(await storage.files.deletedBy(unused.id)).toBeNull()
      expect(await append(showing(ada.id, unused))).toEqual({ outcome: 'conflict' })
      expect(await expired(storage)).toEqual([])
      await append({ event: 'message.deleted', message_id: message.message.id })
      expect(await expired(storage)).toEqual([used.id])
      expect(await storage.files.remove(used.id)).toBe('removed')
    })

    test('a file of two messages expires when the second is deleted', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, bob, append, shown } = await roomOf(storage)
      const file = aFile(ada.id)
      await storage.files.create(file, QUOTA)
      const messages = [showing(ada.id, file, file), showing(bob.id, file)]
      for (const message of messages) await append(message)
      for (const [index, { message }] of messages.entries()) {
        expect(await shown(bob, file)).toBe(true)
        await append({ event: 'message.deleted', message_id: message.id })
        if (index === 0) expect(await storage.files.remove(file.id)).toBe('referenced')
      }
      expect(await shown(bob, file)).toBe(false)
      expect(await expired(storage)).toEqual([file.id])
    })

    test('a file expires unless something refers to it', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, append } = await roomOf(storage)
      const [used, unused] = [aFile(ada.id), aFile(ada.id)]
      for (const file of [used, unused]) await storage.files.create(file, QUOTA)
      await append(showing(ada.id, used))
      expect(await expired(storage, AT)).toEqual([])
      // A store may list one that is referred to, until it was asked to remove it.
      for (const found of await expired(storage, LATER)) await storage.files.remove(found)
      expect(await storage.files.findMany([used.id, unused.id])).toEqual([used])
      await storage.files.expireAll(ada.id, LATER)
      for (const found of await expired(storage, LATER)) expect(await storage.files.remove(found)).toBe('referenced')
      expect(await expired(storage, LATER)).toEqual([])
    })

    test('a purge ends what its conversation refers to', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, bob, append, shown } = await roomOf(storage)
      const files = range(3).map(() => aFile(ada.id))
      const [face, one, two] = files
      for (const file of files) await storage.files.create(file, QUOTA)
      if (!face || !one || !two) throw new Error('three files')
      await append(avatar(ada.id, face.id))
      await append(showing(ada.id, one, two))
      await append({ event: 'conversation.deleted' })
      for (const file of files) expect([await shown(bob, file), await shown(null, file)]).toEqual([false, false])
      expect((await expired(storage)).toSorted()).toEqual(files.map(file => file.id).toSorted())
      for (const file of files) expect(await storage.files.remove(file.id)).toBe('removed')
    })

    test('an avatar of a conversation is referred to until there is another one', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, bob, cy, room, append, shown } = await roomOf(storage)
      const [one, two] = [aFile(ada.id), aFile(ada.id)]
      for (const file of [one, two]) await storage.files.create(file, QUOTA)
      // Back to the first one, and away again.
      for (const [now, before] of [
        [one, null],
        [two, one],
        [one, two],
        [null, one],
      ] as const) {
        await append(avatar(ada.id, now?.id ?? null))
        expect((await storage.conversations.find(room))?.avatar_file_id ?? null).toBe(now?.id ?? null)
        if (now) {
          expect([await shown(bob, now), await shown(cy, now)]).toEqual([true, false])
          expect(await storage.files.remove(now.id)).toBe('referenced')
        }
        if (before) expect(await expired(storage)).toContain(before.id)
      }
      expect(await append(avatar(ada.id, crypto.randomUUID()))).toEqual({ outcome: 'conflict' })
    })

    test('an avatar of a user is shown to everybody, until there is another one', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, cy, shown } = await roomOf(storage)
      const [one, two] = [aFile(ada.id), aFile(ada.id)]
      for (const file of [one, two]) await storage.files.create(file, QUOTA)
      const { users, files } = storage
      expect(await users.update(ada.id, { avatar_file_id: crypto.randomUUID() })).toBe('conflict')
      expect(await users.update(ada.id, { avatar_file_id: one.id })).toMatchObject({ avatar_file_id: one.id })
      expect([await shown(cy, one), await shown(null, one), await shown(cy, two)]).toEqual([true, true, false])
      expect(await files.remove(one.id)).toBe('referenced')
      expect(await users.update(ada.id, { full_name: 'Ada' })).toMatchObject({ avatar_file_id: one.id })
      await users.update(ada.id, { avatar_file_id: two.id, updated_at: AT })
      expect(await shown(cy, one)).toBe(false)
      expect(await expired(storage, AT)).toEqual([one.id])
      expect(await files.remove(one.id)).toBe('removed')
      await users.update(ada.id, { avatar_file_id: null, updated_at: AT })
      expect(await files.remove(two.id)).toBe('removed')
    })

    test('a file that is removed while messages are sent with it is in none of them, or stays', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { ada, append } = await roomOf(storage)
      let [kept, gone] = [0, 0]
      for (const round of range(12)) {
        const file = aFile(ada.id)
        await storage.files.create(file, { ...QUOTA, quota_bytes: 10_000 })
        const remove = () => storage.files.remove(file.id)
        const send = () => append(showing(ada.id, file))
        const work = round % 3 === 0 ? [remove(), send(), remove()] : [send(), remove(), send()]
        const outcomes = await Promise.all<{ outcome: string } | string>(work)
        const sent = outcomes.filter(each => typeof each === 'object' && each.outcome === 'committed').length
        const present = (await storage.files.findMany([file.id])).length
        // Never a message whose file is gone.
        if (sent > 0) expect(present).toBe(1)
        if (present === 0) expect(outcomes).toContain('removed')
        ;[kept, gone] = [kept + present, gone + 1 - present]
        if (present === 1 && sent > 0) expect(await storage.files.remove(file.id)).toBe('referenced')
      }
      expect(kept + gone).toBe(12)
    })
  })
}
