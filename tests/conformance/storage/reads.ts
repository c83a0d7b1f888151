import { describe, expect, test } from 'bun:test'
import type { Storage } from '../../../src/ports/storage.ts'
import { marker, receiptSeq } from '../../../src/domain/unread.ts'
import { auditStore } from '../../support/audit.ts'
import { group, said } from '../../support/drafts.ts'
import { id, range, type Subjects } from './subject.ts'

async function memberOf(storage: Storage, room: string, user_id: string) {
  const member = await storage.members.find(room, user_id)
  if (!member) throw new Error('no member')
  return member
}

export function readsConformance(subjects: Subjects): void {
  describe('the history', () => {
    test('the history is read by seq in both directions, from and to', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      for (const n of range(12)) await storage.log.appendTo(room, [said(alice, `${n}`)], {})
      const seqs = async (query: Omit<Parameters<typeof storage.messages.list>[1], 'limit'> & { limit?: number }) =>
        (await storage.messages.list(room, { limit: 100, ...query })).map(message => message.seq)
      expect(await seqs({ ascending: true })).toEqual(range(12))
      expect(await seqs({ ascending: false })).toEqual(range(12).toReversed())
      expect(await seqs({ ascending: true, from: 4, to: 7 })).toEqual([4, 5, 6])
      expect(await seqs({ ascending: false, from: 7, to: 4 })).toEqual([7, 6, 5])
      expect(await seqs({ ascending: true, from: 4, limit: 2 })).toEqual([4, 5])
      expect(await seqs({ ascending: false, from: 99, limit: 1 })).toEqual([12])
      expect(await seqs({ ascending: true, from: 99 })).toEqual([])
      const found = await storage.conversations.find(room)
      const latest = await storage.messages.latest(found ? [found, { id: id(), last_seq: 0 }] : [])
      expect(latest.map(message => message.seq)).toEqual([12])
      const some = await storage.messages.list(room, { ascending: true, limit: 3 })
      const many = await storage.messages.findMany([...some.map(message => message.id), id()])
      expect(many.map(message => message.seq)).toEqual(expect.arrayContaining([1, 2, 3]))
    })

    test('messages of one sender are read across conversations, also those that the sender has left', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob] = [id(), id()]
      const rooms = [id(), id(), id()].toSorted()
      for (const room of rooms) {
        await storage.log.appendTo(room, [group(bob, alice)], {})
        for (const n of range(3)) {
          await storage.log.appendTo(room, [said(alice, `mine ${n}`)], {})
          await storage.log.appendTo(room, [said(bob, `theirs ${n}`)], {})
        }
      }
      const removal = { event: 'member.removed' as const, actor_id: bob, user_ids: [alice] }
      await storage.log.appendTo(rooms[1] ?? '', [removal], {})
      const seen: [string, string | null][] = []
      for (let after: { conversation_id: string; seq: number } | null = null; ;) {
        const page = await storage.messages.bySender(alice, after, 2)
        seen.push(...page.map(({ conversation_id, content }): [string, string | null] => [conversation_id, content]))
        const last = page.at(-1)
        if (!last) break
        after = last
      }
      expect(seen).toEqual(rooms.flatMap(room => range(3).map((n): [string, string] => [room, `mine ${n}`])))
    })

    test('pins are listed latest first', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      const drafts = range(5).map(n => said(alice, `${n}`))
      for (const draft of drafts) await storage.log.appendTo(room, [draft], {})
      const ids = drafts.map(draft => draft.message.id)
      const order = [2, 0, 4, 1].map(index => ids[index] ?? '')
      for (const message_id of order)
        await storage.log.appendTo(room, [{ event: 'message.pinned', message_id, user_id: alice }], {})
      const pins = async (from: number | null, limit: number) =>
        (await storage.messages.pins(room, from, limit)).map(pin => pin.message_id)
      expect(await pins(null, 10)).toEqual(order.toReversed())
      const [third] = await storage.messages.pins(room, 9, 1)
      expect(third).toMatchObject({ conversation_id: room, user_id: alice, pinned_change: 9 })
      expect(await pins(9, 2)).toEqual([order[2] ?? '', order[1] ?? ''])
      await storage.log.appendTo(room, [{ event: 'message.unpinned', message_id: order[2] ?? '', user_id: alice }], {})
      expect(await pins(9, 2)).toEqual([order[1] ?? '', order[0] ?? ''])
      expect(await pins(null, 10)).toEqual([order[3] ?? '', order[1] ?? '', order[0] ?? ''])
      expect(await pins(6, 10)).toEqual([])
    })
  })

  describe('members', () => {
    test('members are listed by id and by joining; owners and admins also separately', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [owner, room] = [id(), id()]
      const first = [id(), id()].toSorted()
      await storage.log.appendTo(room, [group(owner, ...first)], {})
      const later = id()
      const join = (user_id: string, role: 'member' | 'admin') =>
        storage.log.appendTo(room, [{ event: 'member.added', actor_id: owner, members: [{ user_id, role }] }], {})
      await join(later, 'admin')
      const all = [owner, ...first, later].toSorted()
      const listed = async (query: Omit<Parameters<typeof storage.members.list>[1], 'limit'>) =>
        (await storage.members.list(room, { limit: 10, ...query })).map(member => member.user_id)
      expect(await listed({ ascending: true })).toEqual(all)
      expect(await listed({ ascending: false })).toEqual(all.toReversed())
      expect(await listed({ ascending: true, start: all[1] ?? '', before: all[3] ?? '' })).toEqual(all.slice(1, 3))
      expect(await listed({ ascending: false, start: all[2] ?? '', before: all[0] ?? '' })).toEqual([
        all[2] ?? '',
        all[1] ?? '',
      ])
      const joined = [...[owner, ...first].toSorted(), later]
      expect((await storage.members.first(room, 3)).map(member => member.user_id)).toEqual(joined.slice(0, 3))
      expect((await storage.members.first(room, 10)).map(member => member.user_id)).toEqual(joined)
      const leaders = async () => (await storage.members.leaders(room)).map(({ user_id, role }) => [user_id, role])
      expect(await leaders()).toEqual([
        [owner, 'owner'],
        [later, 'admin'],
      ])
      expect((await storage.members.findMany(room, [later, id()])).map(member => member.user_id)).toEqual([later])
      await storage.log.appendTo(room, [{ event: 'member.removed', actor_id: owner, user_ids: [later] }], {})
      expect(await leaders()).toEqual([[owner, 'owner']])
      await join(later, 'member')
      expect(await memberOf(storage, room, later)).toMatchObject({ role: 'member', joined_change: 4 })
      expect((await storage.members.ofUser(later)).map(member => member.conversation.id)).toEqual([room])
    })
  })

  describe('conversations', () => {
    test('conversations are listed by id and by activity, disabled or not, without purged ones', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const alice = id()
      const rooms = Array.from({ length: 6 }, id)
      for (const room of rooms) await storage.log.appendTo(room, [group(alice)], {})
      const order = [3, 0, 5, 1, 4, 2].map(index => rooms[index] ?? '')
      for (const room of order) {
        await storage.log.appendTo(room, [said(alice, 'hello')], {})
        // The next one is to be active at a later millisecond.
        for (const begun = Date.now(); Date.now() === begun;) await Promise.resolve()
      }
      const [off = '', gone = ''] = [order[1], order[4]]
      await storage.log.appendTo(
        off,
        [{ event: 'conversation.updated', actor_id: alice, patch: { disabled: true } }],
        {},
      )
      await storage.log.appendTo(gone, [{ event: 'conversation.deleted' }], {})
      const ids = (found: { id: string }[]) => found.map(conversation => conversation.id)
      const here = rooms.filter(room => room !== gone).toSorted()
      expect(ids(await storage.conversations.listAll({}, { ascending: true, limit: 10 }))).toEqual(here)
      expect(ids(await storage.conversations.listAll({ disabled: true }, { ascending: true, limit: 10 }))).toEqual([
        off,
      ])
      const page = { ascending: false, start: here[3] ?? '', before: here[1] ?? '', limit: 10 }
      expect(ids(await storage.conversations.listAll({}, page))).toEqual([here[3] ?? '', here[2] ?? ''])
      const active = order.filter(room => room !== gone)
      const seen: string[] = []
      for (let after: { active_at: string; id: string } | undefined; ;) {
        const found = await storage.conversations.listAllByActivity(
          {},
          { ascending: false, limit: 2, ...(after ? { after } : {}) },
        )
        seen.push(...ids(found))
        after = found.at(-1)
        if (!after) break
      }
      expect(seen).toEqual(active.toReversed())
      const forward = await storage.conversations.listAllByActivity({ disabled: false }, { ascending: true, limit: 2 })
      expect(ids(forward)).toEqual(active.filter(room => room !== off).slice(0, 2))
      expect(await storage.conversations.find(gone)).toBeNull()
    })
  })

  describe('what is unread', () => {
    test('unread counts are of messages of others after the marker, and follow the user stream', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const say = async (who: string, text: string, mentions: string[] = []) => {
        const draft = said(who, text, { mentions })
        await storage.log.appendTo(room, [draft], {})
        return draft.message.id
      }
      const counts = async () => {
        const member = await memberOf(storage, room, bob)
        return { at: marker(member), ...(await storage.members.unread(bob, await storage.members.ofUser(bob)))[0] }
      }
      const read = (seq: number, kind: 'read' | 'unread') =>
        storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq, kind })
      await say(alice, 'one', [bob])
      const two = await say(alice, 'two', [bob, alice])
      await say(alice, 'three')
      expect(await counts()).toEqual({ at: 0, unread_count: 3, mention_count: 2 })
      const forward = await read(1, 'read')
      expect(forward).toMatchObject({ outcome: 'committed', row: { read_seq: 1, read_at_seq: 3, receipt_seq: 1 } })
      expect(await counts()).toEqual({ at: 1, unread_count: 2, mention_count: 1 })
      expect((await read(1, 'read')).outcome).toBe('unchanged')
      await storage.log.appendTo(room, [{ event: 'message.deleted', message_id: two }], {})
      await storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: alice, patch: { name: 'x' } }], {})
      expect(await counts()).toEqual({ at: 1, unread_count: 1, mention_count: 0 })
      await say(bob, 'five')
      expect(await counts()).toEqual({ at: 5, unread_count: 0, mention_count: 0 })
      await say(alice, 'six')
      const back = await read(0, 'unread')
      expect(back).toMatchObject({ outcome: 'committed', row: { read_seq: 0, read_at_seq: 6, receipt_seq: 1 } })
      expect(await counts()).toEqual({ at: 0, unread_count: 3, mention_count: 1 })
      const [entry] = (await storage.log.read(bob, 0, 100)).slice(-1)
      expect(JSON.parse(entry?.json ?? '{}')).toEqual({
        conversation_id: room,
        last_read_seq: 0,
        at_seq: 6,
        at_change: 8,
        unread_count: 3,
        mention_count: 1,
      })
      expect(receiptSeq(await memberOf(storage, room, bob))).toBe(5)
      await auditStore(storage, [room], [alice, bob])
    })

    test('unread counts leave out own messages, also of an earlier membership', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob)], {})
      await storage.log.appendTo(room, [said(alice, 'hers')], {})
      const mine = [said(bob, 'mine'), said(bob, 'mine too'), said(bob, 'mine, deleted')]
      for (const draft of mine) await storage.log.appendTo(room, [draft], {})
      const message_id = mine[2]?.message.id ?? ''
      await storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
      await storage.log.appendTo(room, [{ event: 'member.removed', actor_id: alice, user_ids: [bob] }], {})
      const again = [{ user_id: bob, role: 'member' as const }]
      await storage.log.appendTo(room, [{ event: 'member.added', actor_id: bob, members: again }], {})
      const unread = async (seq: number) => {
        await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq, kind: 'unread' })
        return (await storage.members.unread(bob, await storage.members.ofUser(bob)))[0]?.unread_count
      }
      expect(await unread(0)).toBe(1)
      expect(await unread(2)).toBe(0)
      await storage.log.appendTo(room, [said(bob, 'mine again')], {})
      await storage.log.appendTo(room, [said(alice, 'hers again')], {})
      expect(await unread(0)).toBe(2)
      expect(await unread(1)).toBe(1)
      await auditStore(storage, [room], [alice, bob])
    })

    test('settings are merged, and a change without effect appends nothing', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      const set = (patch: { pinned?: boolean; archived?: boolean; muted_until?: string | null }) =>
        storage.log.appendToUser(alice, { event: 'membership.updated', conversation_id: room, patch })
      expect(await set({ pinned: true })).toMatchObject({
        outcome: 'committed',
        row: { pinned: true, archived: false },
      })
      expect(await set({ pinned: true })).toMatchObject({ outcome: 'unchanged' })
      expect(await set({ archived: true })).toMatchObject({ row: { pinned: true, archived: true } })
      expect((await storage.log.lastChanges([alice])).get(alice)).toBe(3)
      const nowhere = { event: 'membership.updated' as const, conversation_id: id(), patch: { pinned: true } }
      expect(await storage.log.appendToUser(alice, nowhere)).toEqual({ outcome: 'refused', code: 'not_found' })
      await Promise.all(range(30).map(n => set({ muted_until: `2030-01-01T00:00:00.0${10 + n}Z` })))
      expect((await storage.log.read(alice, 0, 100)).map(entry => entry.change)).toEqual(range(33))
    })
  })
}
