import { describe, expect, test } from 'bun:test'
import type { ConversationDraft } from '../../../src/domain/log/entry.ts'
import { READ_BYTES, type StoredEntry } from '../../../src/ports/storage.ts'
import { auditStore } from '../../support/audit.ts'
import { direct, group, said } from '../../support/drafts.ts'
import { id, range, type Subjects } from './subject.ts'

export function logConformance(subjects: Subjects): void {
  describe('the log', () => {
    test('50 concurrent sends are numbered, and each is reported to listeners before it is acknowledged', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      const told: StoredEntry[] = []
      storage.log.onCommit(entries => told.push(...entries))
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const drafts = range(50).map(n => said(n % 2 ? alice : bob, `word ${n}`, { client_id: `c${n}`, mentions: [bob] }))
      await Promise.all(
        drafts.map(async draft => {
          const answer = await storage.log.appendTo(room, [draft], { access_change: 1 })
          expect(answer.outcome).toBe('committed')
          expect(told.some(entry => entry.json.includes(draft.message.id))).toBe(true)
        }),
      )
      const ofRoom = told.filter(entry => entry.stream === room)
      expect(ofRoom.map(entry => entry.change)).toEqual(range(51))
      expect(ofRoom.map(entry => entry.seq)).toEqual([null, ...range(50)])
      expect(await storage.log.read(room, 0, 100)).toEqual(ofRoom)
      expect(told.filter(entry => entry.stream === alice).map(entry => entry.event)).toEqual(['conversation.joined'])
      await auditStore(storage, [room], [alice, bob])
    })

    test('the log is read from a change on, limited by number and by bytes, at least one entry at a time', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      for (const n of range(9)) await storage.log.appendTo(room, [said(alice, 'x'.repeat(1_000) + n)], {})
      const changes = async (...args: Parameters<typeof storage.log.read>) =>
        (await storage.log.read(...args)).map(entry => entry.change)
      expect(await changes(room, 0, 4)).toEqual([1, 2, 3, 4])
      expect(await changes(room, 7, 100)).toEqual([8, 9, 10])
      expect(await changes(room, 10, 100)).toEqual([])
      expect(await changes(room, 99, 100)).toEqual([])
      expect(await changes(room, 1, 100, 10)).toEqual([2])
      expect((await changes(room, 1, 100, 4_500)).length).toBeLessThan(5)
      expect(await changes(id(), 0, 100)).toEqual([])
      for (const n of range(4)) await storage.log.appendTo(room, [said(alice, 'y'.repeat(READ_BYTES / 3) + n)], {})
      expect(await changes(room, 10, 100)).toEqual([11, 12])
      const heads = await storage.log.lastChanges([room, alice, id()])
      expect([...heads.values()]).toEqual([14, 1, 0])
    })

    test('a repeated send is recognised without a time limit, also if others use the same client_id', async () => {
      await using subject = await subjects()
      const [alice, bob, room, other] = [id(), id(), id(), id()]
      const draft = said(alice, 'once', { client_id: 'c1' })
      {
        await using storage = await subject.open()
        await storage.log.appendTo(room, [group(alice, bob)], {})
        // The other conversation has a message at the same seq, which must not be taken for the repeat.
        await storage.log.appendTo(other, [group(alice, bob)], {})
        await storage.log.appendTo(other, [said(bob, 'first')], {})
        const answers = await Promise.all(
          range(20).map(() => storage.log.appendTo(room, [said(alice, 'once', { client_id: 'c1' })], {})),
        )
        expect(answers.filter(answer => answer.outcome === 'committed')).toHaveLength(1)
        expect(answers.filter(answer => answer.outcome === 'repeat')).toHaveLength(19)
      }
      await using storage = await subject.open()
      const repeat = await storage.log.appendTo(room, [draft], {})
      expect(repeat).toMatchObject({
        outcome: 'repeat',
        message: { seq: 1, content: 'once', digest: 'digest of once' },
      })
      expect(await storage.messages.findSent(room, alice, 'c1')).toMatchObject({ seq: 1 })
      expect(await storage.messages.findSent(room, bob, 'c1')).toBeNull()
      for (const [where, who] of [
        [room, bob],
        [other, alice],
      ] as const)
        expect((await storage.log.appendTo(where, [said(who, 'once', { client_id: 'c1' })], {})).outcome).toBe(
          'committed',
        )
      expect((await storage.log.appendTo(room, [said(alice, 'a')], {})).outcome).toBe('committed')
      await auditStore(storage, [room, other], [alice, bob])
    })

    test('an append with an old expected version, or one that changes nothing, appends nothing', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const hello = said(alice, 'hello')
      await storage.log.appendTo(room, [hello], { access_change: 1 })
      const message_id = hello.message.id
      await storage.log.appendTo(room, [{ event: 'member.updated', user_id: bob, role: 'admin' }], { access_change: 1 })
      expect((await storage.conversations.find(room))?.access_change).toBe(3)
      expect(await storage.log.appendTo(room, [said(alice, 'late')], { access_change: 1 })).toEqual({
        outcome: 'conflict',
      })
      const edit = { event: 'message.updated' as const, message_id, patch: { content: 'bye' } }
      expect(await storage.log.appendTo(room, [edit], { message_change: 1 })).toEqual({ outcome: 'conflict' })
      expect((await storage.log.appendTo(room, [edit], { access_change: 3, message_change: 2 })).outcome).toBe(
        'committed',
      )
      expect(await storage.log.appendTo(room, [edit], {})).toEqual({ outcome: 'unchanged' })
      const role = { event: 'member.updated' as const, user_id: bob, role: 'admin' as const }
      expect(await storage.log.appendTo(room, [role], {})).toEqual({ outcome: 'unchanged' })
      expect(await storage.log.appendTo(room, [{ ...role, user_id: id() }], {})).toEqual({
        outcome: 'refused',
        code: 'not_found',
      })
      expect(await storage.log.appendTo(id(), [said(alice, 'nowhere')], {})).toEqual({
        outcome: 'refused',
        code: 'not_found',
      })
      expect((await storage.log.lastChanges([room])).get(room)).toBe(4)
    })

    test('several drafts are appended all together, or none if a later one is refused', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, carol, room] = [id(), id(), id(), id()]
      const told: StoredEntry[] = []
      await storage.log.appendTo(room, [group(alice, bob)], {})
      storage.log.onCommit(entries => told.push(...entries))
      const added = {
        event: 'member.added' as const,
        actor_id: alice,
        members: [{ user_id: carol, role: 'member' as const }],
      }
      const renamed = { event: 'conversation.updated' as const, actor_id: alice, patch: { name: 'New' } }
      const wrong = { event: 'message.pinned' as const, message_id: id(), user_id: alice }
      expect((await storage.log.appendTo(room, [added, renamed, wrong], {})).outcome).toBe('refused')
      expect(told).toEqual([])
      expect(await storage.members.find(room, carol)).toBeNull()
      expect(await storage.conversations.find(room)).toMatchObject({ name: 'Kitchen', last_change: 1, last_seq: 0 })
      const next = { event: 'member.updated' as const, user_id: bob, role: 'owner' as const }
      const removed = { event: 'member.removed' as const, actor_id: alice, user_ids: [alice] }
      const done = await storage.log.appendTo(room, [added, next, removed, renamed], { access_change: 1 })
      expect(done.outcome === 'committed' && done.entries.map(entry => [entry.change, entry.event, entry.seq])).toEqual(
        [
          [2, 'member.added', 1],
          [3, 'member.updated', null],
          [4, 'member.removed', 2],
          [5, 'conversation.updated', 3],
        ],
      )
      expect(told.filter(entry => entry.stream === room).map(entry => entry.change)).toEqual([2, 3, 4, 5])
      await auditStore(storage, [room], [alice, bob, carol])
    })

    test('a refused append leaves no trace in caches', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, outsider, carol, room, other] = [id(), id(), id(), id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      const added = {
        event: 'member.added' as const,
        actor_id: outsider,
        members: [{ user_id: outsider, role: 'member' as const }],
      }
      const wrong = { event: 'member.updated' as const, user_id: id(), role: 'admin' as const }
      expect((await storage.log.appendTo(room, [added, wrong], {})).outcome).toBe('refused')
      await storage.log.appendTo(other, [group(carol)], {})
      const events = async (stream: string) => (await storage.log.read(stream, 0, 10)).map(entry => entry.event)
      expect(await events(outsider)).toEqual([])
      expect(await events(carol)).toEqual(['conversation.joined'])
      expect(await events(other)).toEqual(['conversation.created'])
      await auditStore(storage, [room, other], [alice, outsider, carol])
    })

    test('an append cannot change a message of another conversation', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room, other] = [id(), id(), id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      await storage.log.appendTo(other, [group(bob)], {})
      const secret = said(bob, 'not for alice')
      const message_id = secret.message.id
      await storage.log.appendTo(other, [secret], {})
      await storage.log.appendTo(other, [{ event: 'message.pinned', message_id, user_id: bob }], {})
      const drafts: ConversationDraft[] = [
        { event: 'message.updated', message_id, patch: { content: 'mine now' } },
        { event: 'message.deleted', message_id },
        { event: 'message.reacted', message_id, user_id: alice, emoji: 'x', added: true },
        { event: 'message.pinned', message_id, user_id: alice },
        { event: 'message.unpinned', message_id, user_id: alice },
      ]
      for (const draft of drafts)
        expect(await storage.log.appendTo(room, [draft], {})).toEqual({ outcome: 'refused', code: 'not_found' })
      expect(await storage.messages.find(message_id)).toMatchObject({ content: 'not for alice', reactions: [] })
      await auditStore(storage, [room, other], [alice, bob])
    })

    test('20 concurrent openings of a direct conversation give one', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob] = [id(), id()]
      const answers = await Promise.all(
        range(20).map(n => storage.log.appendTo(id(), [n % 2 ? direct(alice, bob) : direct(bob, alice)], {})),
      )
      const made = answers.filter(answer => answer.outcome === 'committed')
      expect(made).toHaveLength(1)
      const found = await storage.conversations.findDirect(bob, alice)
      expect(found?.type).toBe('direct')
      for (const answer of answers)
        if (answer.outcome === 'exists') expect(answer.conversation_id).toBe(found?.id ?? '')
      expect(await storage.members.ofUser(alice)).toHaveLength(1)
      expect(await storage.conversations.findDirect(alice, id())).toBeNull()
    })

    test('reactions are computed inside the append: 40 at once are all kept, a 21st kind is refused', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      const people = Array.from({ length: 40 }, id)
      await storage.log.appendTo(room, [group(alice, ...people)], {})
      const hello = said(alice, 'hello')
      await storage.log.appendTo(room, [hello], {})
      const message_id = hello.message.id
      const react = (user_id: string, emoji: string, added = true) =>
        storage.log.appendTo(room, [{ event: 'message.reacted', message_id, user_id, emoji, added }], {})
      await Promise.all(people.map(user_id => react(user_id, 'yes')))
      expect((await storage.messages.find(message_id))?.reactions[0]?.user_ids.toSorted()).toEqual(people.toSorted())
      await Promise.all(range(19).map(kind => react(alice, `kind ${kind}`)))
      expect(await react(alice, 'too much')).toEqual({ outcome: 'refused', code: 'too_many_reactions' })
      expect(await react(alice, 'kind 1')).toEqual({ outcome: 'unchanged' })
      expect((await react(alice, 'kind 1', false)).outcome).toBe('committed')
      await auditStore(storage, [room], [])
    })

    test('a deleted message leaves no text anywhere, and a purge leaves no text at all', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, room] = [id(), id(), id()]
      await storage.log.appendTo(room, [direct(alice, bob)], {})
      const hello = { ...said(alice, 'canary one', { client_id: 'c1', mentions: [bob] }), digest: 'keyed' }
      const message_id = hello.message.id
      await storage.log.appendTo(room, [hello], {})
      await storage.log.appendTo(
        room,
        [{ event: 'message.reacted', message_id, user_id: bob, emoji: 'x', added: true }],
        {},
      )
      await storage.log.appendTo(room, [{ event: 'message.pinned', message_id, user_id: bob }], {})
      const patch = { content: 'canary two', metadata: { note: 'canary three' } }
      await storage.log.appendTo(room, [{ event: 'message.updated', message_id, patch }], {})
      await storage.log.appendTo(
        room,
        [{ event: 'message.updated', message_id, patch: { content: 'canary four' } }],
        {},
      )
      expect((await storage.messages.versions(message_id)).map(version => version.content)).toEqual([
        'canary one',
        'canary two',
      ])
      const text = async () =>
        JSON.stringify([await storage.log.read(room, 0, 100), await storage.messages.find(message_id)])
      const created = (await storage.log.read(room, 1, 1)).map(entry => JSON.parse(entry.json))
      expect(created).toMatchObject([{ content: 'canary one', reactions: [], change: 2, edited_at: null }])
      expect(await text()).toContain('canary four')
      await storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
      expect(await text()).not.toContain('canary')
      expect(await storage.messages.versions(message_id)).toEqual([])
      expect(await storage.messages.pins(room, null, 10)).toEqual([])
      expect(await storage.members.unread(bob, await storage.members.ofUser(bob))).toEqual([
        { unread_count: 0, mention_count: 0 },
      ])
      expect(await storage.log.appendTo(room, [hello], {})).toMatchObject({
        outcome: 'repeat',
        message: { content: null },
      })
      await auditStore(storage, [room], [alice, bob])

      await storage.log.appendTo(room, [said(bob, 'canary five', { client_id: 'c1' })], {})
      await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      expect(await text()).not.toContain('canary')
      expect(await storage.conversations.find(room)).toBeNull()
      expect(await storage.conversations.findDirect(alice, bob)).toBeNull()
      expect(await storage.members.ofUser(bob)).toEqual([])
      expect(await storage.messages.list(room, { ascending: true, limit: 10 })).toEqual([])
      const left = await storage.log.read(bob, 0, 10)
      expect(left.at(-1)?.event).toBe('conversation.left')
      expect((await storage.log.read(room, 0, 100)).at(-1)?.event).toBe('conversation.deleted')
      expect((await storage.log.appendTo(room, [said(alice, 'ghost')], {})).outcome).toBe('refused')
      expect((await storage.log.appendTo(id(), [direct(alice, bob)], {})).outcome).toBe('committed')
    })

    test('a purge leaves the name of the conversation nowhere', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, carol, room] = [id(), id(), id(), id()]
      const created = group(alice, bob)
      created.conversation.name = 'canary one'
      await storage.log.appendTo(room, [created], {})
      const patch = { name: 'canary two', topic: 'canary three' }
      await storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: alice, patch }], {})
      await storage.log.appendTo(room, [{ event: 'member.removed', actor_id: alice, user_ids: [bob] }], {})
      const members = [bob, carol].map(user_id => ({ user_id, role: 'member' as const }))
      await storage.log.appendTo(room, [{ event: 'member.added', actor_id: alice, members }], {})
      const read = async () => Promise.all([alice, bob, carol, room].map(stream => storage.log.read(stream, 0, 100)))
      const before = (await read()).slice(0, 3)
      await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      const after = await read()
      expect(JSON.stringify(after)).not.toContain('canary')
      // What members have read of it keeps its shape.
      const named = /"name":"canary (one|two)","topic":("canary three"|null)/
      for (const [index, entries] of before.entries())
        for (const [at, entry] of entries.entries())
          expect(after[index]?.[at]).toEqual({ ...entry, json: entry.json.replace(named, '"name":null,"topic":null') })
    })

    test('a user id is not a conversation id, nor the other way round', async () => {
      await using subject = await subjects()
      const [alice, bob, room] = [id(), id(), id()]
      {
        await using storage = await subject.open()
        await storage.log.appendTo(room, [group(alice, bob)], {})
      }
      await using storage = await subject.open()
      const sends = range(20).map(n => storage.log.appendTo(room, [said(alice, `word ${n}`)], {}))
      const [found, listed, messages, heard] = await Promise.all([
        storage.conversations.find(bob),
        storage.members.list(bob, { ascending: true, limit: 10 }),
        storage.messages.list(bob, { ascending: true, limit: 10 }),
        Promise.all(range(5).map(() => storage.log.appendTo(bob, [said(alice, 'to nobody')], {}))),
      ])
      expect([found, listed, messages]).toEqual([null, [], []])
      for (const answer of heard) expect(answer).toEqual({ outcome: 'refused', code: 'not_found' })
      for (const answer of await Promise.all(sends)) expect(answer.outcome).toBe('committed')
      const own = { event: 'membership.updated' as const, conversation_id: bob, patch: { pinned: true } }
      expect(await storage.log.appendToUser(alice, own)).toEqual({ outcome: 'refused', code: 'not_found' })
      expect(await storage.conversations.find(alice)).toBeNull()
      const first = async (stream: string) => (await storage.log.read(stream, 0, 1))[0]?.event
      expect(await first(bob)).toBe('conversation.joined')
      await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      expect(await first(room)).toBe('conversation.created')
      await auditStore(storage, [room], [alice, bob])
    })

    test('a text is kept exactly as it was given', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, room] = [id(), id()]
      await storage.log.appendTo(room, [group(alice)], {})
      const texts = ['\u0000', 'a\u0000b', '👩‍👩‍👧', 'e\u0301', ' lead', '\u2028', '"\\', '$ne', '😀'.repeat(8_000)]
      for (const text of texts) await storage.log.appendTo(room, [said(alice, text)], {})
      const list = await storage.messages.list(room, { ascending: true, limit: 100 })
      expect(list.map(message => message.content)).toEqual(texts)
      const entries = await storage.log.read(room, 1, 100)
      expect(entries.map(entry => JSON.parse(entry.json).content)).toEqual(texts)
    })
  })
}
