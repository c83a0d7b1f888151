import { describe, expect, test } from 'bun:test'
import type { Appended, Storage } from '../../src/ports/storage.ts'
import { id, person } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { direct, group, said } from '../support/drafts.ts'
import { changesHeard, twoNodes } from '../support/mongo.ts'
import { until } from '../support/until.ts'

const url = process.env['MONGODB_URL']
const SLOW = 60_000

if (url === undefined) {
  test.skip('two MongoDB processes that race: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('two processes on one MongoDB database', () => {
    test(
      'write to the same room at once: one order, no gap, no double, equal for both',
      () =>
        twoNodes(url, async (here, there) => {
          const [alice, bob, room] = [id(), id(), id()]
          await here.log.appendTo(room, [group(alice, bob)], {})
          const sent = Array.from({ length: 50 }, (_, index) => ({
            mine: said(alice, `a${index}`, { client_id: `k${index}`, mentions: [bob] }),
            theirs: said(bob, `b${index}`, { client_id: `k${index}` }),
          }))
          const answers = await Promise.all(
            sent.flatMap(({ mine, theirs }) => [
              here.log.appendTo(room, [mine], { access_change: 1 }),
              there.log.appendTo(room, [theirs], { access_change: 1 }),
              // The same send through the other process: idempotent across both.
              there.log.appendTo(room, [mine], { access_change: 1 }),
            ]),
          )
          expect(answers.filter(answer => answer.outcome === 'committed')).toHaveLength(100)
          expect(answers.filter(answer => answer.outcome === 'repeat')).toHaveLength(50)
          const lists = await Promise.all(
            [here, there].map(storage => storage.messages.list(room, { ascending: true, limit: 1_000 })),
          )
          expect(lists[0]?.map(message => message.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
          expect(lists[1]).toEqual(lists[0])
          const keys = new Map(answers.flatMap(messageOf))
          for (const message of lists[0] ?? []) expect(keys.get(message.id)).toBe(message.seq)
          await auditStore(there, [room], [alice, bob])
        }),
      SLOW,
    )

    test(
      'race with edits, reactions, deletions, joins and markers: the store is what the log tells',
      () =>
        twoNodes(url, async (here, there) => {
          const people = Array.from({ length: 6 }, id)
          const [alice = '', bob = ''] = people
          const rooms = [id(), id()]
          for (const room of rooms) await here.log.appendTo(room, [group(alice, bob)], {})
          const hear = changesHeard(here)
          await Promise.all(
            [here, there].flatMap((storage, node) =>
              rooms.flatMap(room => [
                chatter(storage, room, node === 0 ? alice : bob),
                comeAndGo(storage, room, people),
              ]),
            ),
          )
          await auditStore(here, rooms, people)
          await auditStore(there, rooms, people)
          // What the other process commits is heard later, and what both had to do with by both.
          const whole = (changes: number[]) => new Set(changes).size === Math.max(...changes) - Math.min(...changes) + 1
          await until(() => [...hear().values()].every(whole), 'every entry is heard')
        }),
      SLOW,
    )

    test(
      'create the direct conversation of a pair once',
      () =>
        twoNodes(url, async (here, there) => {
          const [alice, bob] = [id(), id()]
          const tries = Array.from({ length: 10 }, id)
          const answers = await Promise.all(
            tries.map((room, index) => (index % 2 ? here : there).log.appendTo(room, [direct(alice, bob)], {})),
          )
          const made = await here.conversations.findDirect(bob, alice)
          expect(answers.filter(answer => answer.outcome === 'committed').length).toBeLessThanOrEqual(1)
          for (const answer of answers)
            if (answer.outcome === 'exists') expect(answer.conversation_id).toBe(made?.id ?? '')
          expect((await there.members.ofUser(alice)).map(member => member.conversation.id)).toEqual([made?.id ?? ''])
        }),
      SLOW,
    )

    test(
      'keep one ADMIN when 50 callers race to remove the last two',
      () =>
        twoNodes(url, async (here, there) => {
          const admins = [person('ann', { role: 'ADMIN' }), person('ben', { role: 'ADMIN' })]
          for (const admin of admins) expect(await here.users.create(admin)).toBe('created')
          const results = await Promise.all(
            Array.from({ length: 50 }, (_, index) => {
              const patches = [{ role: 'USER' as const }, { disabled: true }]
              const admin = admins[index % 2] ?? person('nobody')
              return (index % 4 < 2 ? here : there).users.update(admin.id, patches[index % 2] ?? {})
            }),
          )
          const left = await there.users.list({ role: 'ADMIN', disabled: false }, { ascending: true, limit: 10 })
          expect(left).toHaveLength(1)
          expect(results.filter(result => result === 'last_admin')).toHaveLength(25)
        }),
      SLOW,
    )

    test(
      'make the first user once',
      () =>
        twoNodes(url, async (here, there) => {
          const made = await Promise.all([
            here.users.createFirst(person('ann', { role: 'ADMIN' })),
            there.users.createFirst(person('ben', { role: 'ADMIN' })),
          ])
          expect(made.filter(Boolean)).toHaveLength(1)
          expect(await here.users.list({}, { ascending: true, limit: 10 })).toHaveLength(1)
        }),
      SLOW,
    )
  })
}

function messageOf(answer: Appended): [string, number][] {
  if (answer.outcome === 'repeat') return [[answer.message.id, answer.message.seq]]
  if (answer.outcome !== 'committed') return []
  return answer.entries.flatMap(entry => (entry.event === 'message.created' ? [[entry.data.id, entry.data.seq]] : []))
}

/** Sends, edits, reacts, pins and deletes. */
async function chatter(storage: Storage, room: string, user_id: string): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    const drafts = [0, 1, 2].map(index => said(user_id, `${round}.${index}`, { client_id: id() }))
    await Promise.all(drafts.map(draft => storage.log.appendTo(room, [draft], {})))
    const ids = drafts.map(draft => draft.message.id)
    const [first = '', second = '', third = ''] = ids
    await Promise.all([
      storage.log.appendTo(room, [{ event: 'message.updated', message_id: first, patch: { content: 'better' } }], {}),
      storage.log.appendTo(room, [{ event: 'message.pinned', message_id: second, user_id }], {}),
      storage.log.appendTo(room, [{ event: 'message.deleted', message_id: third }], {}),
      ...ids.map(message_id =>
        storage.log.appendTo(room, [{ event: 'message.reacted', message_id, user_id, emoji: '👍', added: true }], {}),
      ),
    ])
    await storage.log.appendToUser(user_id, {
      event: 'read.updated',
      conversation_id: room,
      seq: 3 * round + 2,
      kind: 'unread',
    })
    await storage.log.appendTo(room, [{ event: 'message.unpinned', message_id: second, user_id }], {})
  }
}

async function comeAndGo(storage: Storage, room: string, people: readonly string[]): Promise<void> {
  const [actor_id = '', , ...guests] = people
  for (const user_id of [...guests, ...guests]) {
    const members = [{ user_id, role: 'member' as const }]
    await storage.log.appendTo(room, [{ event: 'member.added', actor_id, members }], {})
    await storage.log.appendTo(room, [said(user_id, 'hi')], {})
    await storage.log.appendToUser(user_id, {
      event: 'membership.updated',
      conversation_id: room,
      patch: { pinned: true },
    })
    await storage.log.appendTo(room, [{ event: 'member.removed', actor_id, user_ids: [user_id] }], {})
  }
}
