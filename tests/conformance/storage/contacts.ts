import { describe, expect, test } from 'bun:test'
import type { ContactRecord } from '../../../src/domain/records.ts'
import { toPublicUser } from '../../../src/domain/users.ts'
import type { Storage, StoredEntry } from '../../../src/ports/storage.ts'
import { auditStore } from '../../support/audit.ts'
import { group } from '../../support/drafts.ts'
import { id, person, range, type Subjects } from './subject.ts'

const ALL = { ascending: true, limit: 100 }

/** What one user does with another one. */
function contactsOf({ log }: Storage, user_id: string) {
  const user = (contact_id: string) => toPublicUser({ ...person('somebody'), id: contact_id })
  return {
    add: (contact_id: string) => log.appendToUser(user_id, { event: 'contact.added', user: user(contact_id) }),
    remove: (contact_id: string) => log.appendToUser(user_id, { event: 'contact.removed', user: user(contact_id) }),
    block: (contact_id: string, blocked = true) =>
      log.appendToUser(user_id, { event: 'contact.updated', user: user(contact_id), blocked }),
  }
}

export function contactsConformance(subjects: Subjects): void {
  describe('contacts', () => {
    test('adding, blocking and removing change one row, and a change without effect appends nothing', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob] = [id(), id()]
      const told: StoredEntry[] = []
      storage.log.onCommit(entries => told.push(...entries))
      const { add, remove, block } = contactsOf(storage, alice)
      const row = () => storage.contacts.find(alice, bob)
      const outcomes = async (change: () => ReturnType<typeof add>) => {
        const [first, again] = [await change(), await change()]
        if (first.outcome === 'refused' || again.outcome === 'refused') throw new Error('nothing refuses a contact')
        expect([first.outcome, again.outcome, again.row]).toEqual(['committed', 'unchanged', first.row])
        return first.row
      }
      const none = { user_id: alice, contact_id: bob, added_at: null, blocked_at: null, receipts: null }
      expect(await row()).toBeNull()
      expect(await remove(bob)).toEqual({ outcome: 'unchanged', row: none })
      expect(await block(bob, false)).toEqual({ outcome: 'unchanged', row: none })
      const added = await outcomes(() => add(bob))
      expect(added).toEqual({ ...none, added_at: expect.any(String) })
      expect(await row()).toEqual(added)
      const blocked = await outcomes(() => block(bob))
      expect(blocked).toEqual({ ...added, blocked_at: expect.any(String) })
      const removed = await outcomes(() => remove(bob))
      expect(removed).toEqual({ ...blocked, added_at: null })
      expect(await row()).toEqual(removed)
      expect(await outcomes(() => block(bob, false))).toEqual(none)
      expect(await row()).toBeNull()
      expect(await outcomes(() => add(bob))).toMatchObject({ blocked_at: null })
      const events = [
        'contact.added',
        'contact.updated',
        'contact.removed',
        'contact.updated',
        'contact.added',
      ] as const
      expect(told.map(({ stream, change, event }) => [stream, change, event])).toEqual(
        events.map((event, index) => [alice, index + 1, event]),
      )
      expect(await storage.log.read(alice, 0, 100)).toEqual(told)
      expect(JSON.parse(told[1]?.json ?? '')).toMatchObject({ contact_id: bob, user: { id: bob }, ...timesOf(blocked) })
      await auditStore(storage, [], [alice, bob])
    })

    test('contacts are listed by id in both directions, by state, from one id to another', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob] = [id(), id()]
      const { add, remove, block } = contactsOf(storage, alice)
      const others = range(6).map(id)
      const [a = '', b = '', c = '', d = '', e = '', f = ''] = others
      for (const each of [e, a, c, b, d]) await add(each)
      for (const each of [b, f]) await block(each)
      await remove(d)
      await contactsOf(storage, bob).add(a)
      const ids = async (...args: Parameters<typeof storage.contacts.list>) =>
        (await storage.contacts.list(...args)).map(({ contact_id }) => contact_id)
      expect(await ids(alice, 'all', ALL)).toEqual([a, b, c, e, f])
      expect(await ids(alice, 'added', ALL)).toEqual([a, b, c, e])
      expect(await ids(alice, 'blocked', ALL)).toEqual([b, f])
      expect(await ids(alice, 'unblocked', ALL)).toEqual([a, c, e])
      expect(await ids(alice, 'unblocked', { ascending: false, limit: 2 })).toEqual([e, c])
      expect(await ids(alice, 'all', { ascending: true, start: b, before: f, limit: 2 })).toEqual([b, c])
      // The first and the last id of a page need not be contacts.
      expect(await ids(alice, 'all', { ascending: false, start: d, before: a, limit: 9 })).toEqual([c, b])
      expect(await ids(bob, 'all', ALL)).toEqual([a])
      expect(await ids(id(), 'all', ALL)).toEqual([])
    })

    test('the owners of a contact are those who have added or blocked it and not taken that back', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, bob, carol, dora, zoe] = [id(), id(), id(), id(), id()]
      for (const each of [alice, carol, dora]) await contactsOf(storage, each).add(zoe)
      for (const each of [bob, carol]) await contactsOf(storage, each).block(zoe)
      await contactsOf(storage, dora).remove(zoe)
      await contactsOf(storage, zoe).add(dora)
      const owners = async (limit: number) => (await storage.contacts.ownersOf(zoe, limit)).toSorted()
      expect(await owners(10)).toEqual([alice, bob, carol].toSorted())
      expect(await owners(2)).toHaveLength(2)
      expect(await storage.contacts.ownersOf(alice, 10)).toEqual([])
    })

    test('relations name who has blocked whom, for many users at once', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [alice, mine, theirs, both, neither, over] = [id(), id(), id(), id(), id(), id()]
      const { add, block } = contactsOf(storage, alice)
      for (const each of [mine, both, over]) await block(each)
      for (const each of [theirs, both]) await contactsOf(storage, each).block(alice)
      for (const each of [neither, mine]) await add(each)
      await block(over, false)
      const relations = await storage.contacts.relations(alice, [
        mine,
        theirs,
        both,
        neither,
        over,
        ...range(994).map(id),
      ])
      expect(Object.fromEntries(relations)).toEqual({
        [mine]: { blocked_by_me: true, blocks_me: false },
        [theirs]: { blocked_by_me: false, blocks_me: true },
        [both]: { blocked_by_me: true, blocks_me: true },
      })
      expect((await storage.contacts.relations(theirs, [alice])).get(alice)).toEqual({
        blocked_by_me: true,
        blocks_me: false,
      })
      expect(await storage.contacts.relations(alice, [])).toEqual(new Map())
    })

    test('the profile of a deleted user is taken out of every entry that shows it, and no other is', async () => {
      await using subject = await subjects()
      const [alice, bob, carol, dora] = [id(), id(), id(), id()]
      const profile = toPublicUser({ ...person('gone'), id: carol, full_name: 'Deleted user', deleted: true })
      const usernames = async ({ log }: Storage, stream: string) =>
        (await log.read(stream, 0, 100)).map(({ json }) => JSON.parse(json).user.username as string)
      {
        await using storage = await subject.open()
        for (const owner of [alice, bob]) {
          const { add, remove, block } = contactsOf(storage, owner)
          await Promise.all([add(carol), block(carol), add(dora), remove(carol)])
        }
        await storage.contacts.anonymise(profile)
        await storage.contacts.anonymise(profile)
        for (const owner of [alice, bob])
          expect(await usernames(storage, owner)).toEqual(['gone', 'gone', 'somebody', 'gone'])
        await auditStore(storage, [], [alice, bob])
      }
      await using storage = await subject.open()
      expect(await usernames(storage, alice)).toEqual(['gone', 'gone', 'somebody', 'gone'])
    })

    test('contacts survive a restart, and change at the same time as markers and memberships of their user', async () => {
      await using subject = await subjects()
      const [alice, bob] = [id(), id()]
      const rooms = range(10).map(id)
      let before: ContactRecord[] = []
      {
        await using storage = await subject.open()
        const { add, block } = contactsOf(storage, alice)
        await Promise.all([
          ...rooms.map(room => storage.log.appendTo(room, [group(alice)], {})),
          ...range(10).flatMap(() => [add(bob), block(bob), block(bob, false), add(id()), block(id())]),
        ])
        await auditStore(storage, rooms, [alice])
        before = await storage.contacts.list(alice, 'all', ALL)
        expect(before).toHaveLength(21)
      }
      await using storage = await subject.open()
      expect(await storage.contacts.list(alice, 'all', ALL)).toEqual(before)
      await contactsOf(storage, alice).remove(bob)
      await storage.sweep('2099-01-01T00:00:00.000Z')
      expect(await storage.contacts.list(alice, 'all', ALL)).toHaveLength(20)
      await contactsOf(storage, alice).add(bob)
      await auditStore(storage, rooms, [alice])
    })
  })
}

function timesOf({ added_at, blocked_at }: ContactRecord) {
  return { added_at, blocked_at }
}
