import { describe, expect, test } from 'bun:test'
import { MAX_TOMBSTONES } from '../../../src/domain/unread.ts'
import type { Storage } from '../../../src/ports/storage.ts'
import { auditStore } from '../../support/audit.ts'
import { group, said, saidUnmentioned } from '../../support/drafts.ts'
import { id, range, type Subjects } from './subject.ts'

export function unreadConformance(subjects: Subjects): void {
  describe('unread counts', () => {
    test('unread counts of many memberships are given together, in the order asked', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob] = [id(), id()]
      const rooms = range(12).map(id)
      for (const room of rooms) await storage.log.appendTo(room, [group(alice, bob)], {})
      for (const [index, room] of rooms.entries())
        for (const n of range(index)) await say(storage, room, alice, `${n}`, n % 2 ? [bob] : [])
      expect(await unreadOf(storage, bob, rooms)).toEqual(
        range(12).map((_, index) => ({ unread_count: index, mention_count: Math.ceil(index / 2) })),
      )
      expect(await unreadOf(storage, bob, rooms.toReversed().slice(0, 2))).toMatchObject([
        { unread_count: 11 },
        { unread_count: 10 },
      ])
      expect(await storage.members.unread(bob, [])).toEqual([])
      const first = await storage.members.firstOfEach([...rooms, id()], 1)
      expect(rooms.map(room => first.get(room)?.map(({ user_id }) => user_id))).toEqual(
        rooms.map(() => [[alice, bob].toSorted()[0] ?? '']),
      )
    })

    test('a marker that is set back makes messages and mentions unread again, and own messages never', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const hers = [await say(storage, room, alice, '1', [bob]), await say(storage, room, alice, '2', [bob])]
      const own = [await say(storage, room, bob, '3'), await say(storage, room, bob, '4')]
      await say(storage, room, alice, '5', [bob])
      const set = (seq: number, kind: 'read' | 'unread') =>
        storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq, kind })
      const unread = async () => (await unreadOf(storage, bob, [room]))[0]
      await set(5, 'read')
      expect(await unread()).toEqual({ unread_count: 0, mention_count: 0 })
      await set(0, 'unread')
      expect(await unread()).toEqual({ unread_count: 3, mention_count: 3 })
      const erase = (message_id = '') => storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
      await erase(own[0])
      expect(await unread()).toEqual({ unread_count: 3, mention_count: 3 })
      await erase(hers[0])
      expect(await unread()).toEqual({ unread_count: 2, mention_count: 2 })
      await set(3, 'read')
      expect(await unread()).toEqual({ unread_count: 1, mention_count: 1 })
      await erase(own[1])
      expect(await unread()).toEqual({ unread_count: 1, mention_count: 1 })
      await say(storage, room, bob, '6')
      expect(await unread()).toEqual({ unread_count: 0, mention_count: 0 })
      await say(storage, room, alice, '7', [bob])
      expect(await unread()).toEqual({ unread_count: 1, mention_count: 1 })
      await auditStore(storage, [room], [alice, bob])
    })

    test('a mention that does not count for a user is unread, and counts for the others', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, carol, room] = [id(), id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob, carol)], {})
      const draft = saidUnmentioned(alice, [bob, carol], [bob])
      expect((await storage.log.appendTo(room, [draft], {})).outcome).toBe('committed')
      expect((await storage.log.appendTo(room, [draft], {})).outcome).toBe('repeat')
      const message_id = draft.message.id
      expect((await storage.messages.find(message_id))?.mentions).toEqual([bob, carol])
      expect(await unreadOf(storage, bob, [room])).toEqual([{ unread_count: 1, mention_count: 0 }])
      expect(await unreadOf(storage, carol, [room])).toEqual([{ unread_count: 1, mention_count: 1 }])
      await storage.log.appendTo(room, [{ event: 'message.updated', message_id, patch: { content: 'other' } }], {})
      await auditStore(storage, [room], [alice, bob, carol])
      await storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
      expect(await unreadOf(storage, bob, [room])).toEqual([{ unread_count: 0, mention_count: 0 }])
      expect(await unreadOf(storage, carol, [room])).toEqual([{ unread_count: 0, mention_count: 0 }])
    })

    test('unread counts are right where more messages were deleted than a conversation lists', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const drafts = range(MAX_TOMBSTONES + 20).map(n => said(alice, `${n}`))
      await Promise.all(drafts.map(draft => storage.log.appendTo(room, [draft], {})))
      const deleted = drafts.slice(10).map(({ message }) => message.id)
      await Promise.all(
        deleted.map(message_id => storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})),
      )
      expect(await storage.conversations.find(room)).toMatchObject({ tombstones_cut: 20 })
      expect(await unreadOf(storage, bob, [room])).toEqual([{ unread_count: 10, mention_count: 0 }])
      await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq: 7, kind: 'read' })
      expect(await unreadOf(storage, bob, [room])).toEqual([{ unread_count: 3, mention_count: 0 }])
      await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq: 100, kind: 'read' })
      expect(await unreadOf(storage, bob, [room])).toEqual([{ unread_count: 0, mention_count: 0 }])
      await auditStore(storage, [room], [alice, bob])
    })
  })
}

async function say({ log }: Storage, room: string, user_id: string, text: string, mentions: string[] = []) {
  const draft = said(user_id, text, { mentions })
  await log.appendTo(room, [draft], {})
  return draft.message.id
}

async function unreadOf({ members }: Storage, user_id: string, rooms: readonly string[]) {
  const inbox = new Map((await members.ofUser(user_id)).map(entry => [entry.conversation.id, entry]))
  return members.unread(
    user_id,
    rooms.flatMap(room => inbox.get(room) ?? []),
  )
}
