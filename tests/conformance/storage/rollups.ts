import { describe, expect, test } from 'bun:test'
import { Tally, totalOf, type CountedMessage, type Sheet } from '../../../src/domain/analytics/sheets.ts'
import type { Rollups } from '../../../src/ports/rollups.ts'
import { Crash, type Fault } from '../../support/faults.ts'
import { id, range, type Subjects } from './subject.ts'

const [kitchen, attic] = [id(), id()].toSorted()
const [ada, bob] = [id(), id()].toSorted()
const ALL = { conversation_id: '', sender_id: '' }

function sheetsOf(...messages: Partial<CountedMessage>[]): Sheet[] {
  const tally = new Tally()
  for (const message of messages)
    tally.add({
      conversation_id: kitchen ?? '',
      sender_id: ada ?? '',
      type: 'text',
      at: '2026-11-05T10:20:00.000Z',
      ...message,
    })
  return tally.sheets
}
async function add(rollups: Rollups, change: number, ...messages: Partial<CountedMessage>[]): Promise<boolean> {
  const { version } = await rollups.state([])
  return rollups.add({ version, counted: [{ stream: kitchen ?? '', change }], sheets: sheetsOf(...messages) })
}

/** Dies before the command with this number. */
class CrashAt implements Fault {
  left = Infinity
  before(command: string): void {
    this.left -= 1
    if (this.left < 0) throw new Crash(command)
  }
}

export function rollupsConformance(subjects: Subjects): void {
  describe('the roll-ups', () => {
    test('add up in all four scopes, by month, type and quarter of an hour', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { rollups } = storage
      expect(await rollups.sheets(ALL, ['2026-11'])).toEqual([])
      await add(rollups, 3, {}, {}, { sender_id: bob ?? '', type: 'image' })
      await add(
        rollups,
        5,
        { at: '2026-11-05T10:30:00.000Z' },
        { at: '2026-12-01T00:00:00.000Z', conversation_id: attic ?? '' },
      )
      const found = await rollups.sheets(ALL, ['2026-10', '2026-11', '2026-12'])
      expect(found.toSorted((a, b) => (a.month < b.month ? -1 : 1))).toEqual([
        { ...ALL, month: '2026-11', counts: { text: { 425: 2, 426: 1 }, image: { 425: 1 } } },
        { ...ALL, month: '2026-12', counts: { text: { 0: 1 } } },
      ])
      expect(await rollups.sheets({ conversation_id: kitchen ?? '', sender_id: bob ?? '' }, ['2026-11'])).toEqual([
        { conversation_id: kitchen ?? '', sender_id: bob ?? '', month: '2026-11', counts: { image: { 425: 1 } } },
      ])
      expect((await rollups.state([kitchen ?? '', attic ?? ''])).counted).toEqual(
        new Map([
          [kitchen ?? '', 5],
          [attic ?? '', 0],
        ]),
      )
    })

    test('are read by sender and by conversation, a page at a time, and summed up over months', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { rollups } = storage
      await add(
        rollups,
        9,
        {},
        { sender_id: bob ?? '' },
        { conversation_id: attic ?? '' },
        { at: '2026-12-24T00:00:00.000Z' },
      )
      const senders = (of: string, after = '') => rollups.sheetsBy('sender', of, '2026-11', after, 1)
      expect((await senders('')).map(sheet => [sheet.sender_id, totalOf(sheet.counts)])).toEqual([[ada ?? '', 2]])
      expect((await senders('', ada)).map(sheet => sheet.sender_id)).toEqual([bob ?? ''])
      expect(await senders('', bob)).toEqual([])
      expect((await senders(kitchen ?? '')).map(sheet => [sheet.sender_id, totalOf(sheet.counts)])).toEqual([
        [ada ?? '', 1],
      ])
      const rooms = (of: string, after = '') => rollups.sheetsBy('conversation', of, '2026-11', after, 5)
      expect((await rooms('')).map(sheet => [sheet.conversation_id, totalOf(sheet.counts)])).toEqual([
        [kitchen ?? '', 2],
        [attic ?? '', 1],
      ])
      expect((await rooms(bob ?? '')).map(sheet => sheet.conversation_id)).toEqual([kitchen ?? ''])
      expect(await rooms('', attic)).toEqual([])
      const months = ['2026-11', '2026-12'] as const
      expect(await rollups.totalsBy('sender', '', ...months)).toEqual(
        new Map([
          [ada ?? '', 3],
          [bob ?? '', 1],
        ]),
      )
      expect(await rollups.totalsBy('conversation', ada ?? '', ...months)).toEqual(
        new Map([
          [kitchen ?? '', 2],
          [attic ?? '', 1],
        ]),
      )
      expect(await rollups.totalsBy('sender', kitchen ?? '', '2026-12', '2026-12')).toEqual(new Map([[ada ?? '', 1]]))
      expect((await rollups.ofConversation(kitchen ?? '', 10)).length).toBe(3)
    })

    test('add a batch only if no other was added since the state was read', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { rollups } = storage
      for (const round of range(3)) {
        const { version } = await rollups.state([])
        const batch = { version, counted: [{ stream: kitchen ?? '', change: round }], sheets: sheetsOf({}) }
        const added = await Promise.all(range(4).map(() => rollups.add(batch)))
        expect(added.filter(Boolean)).toHaveLength(1)
      }
      const [sheet] = await rollups.sheets(ALL, ['2026-11'])
      expect(sheet && totalOf(sheet.counts)).toBe(3)
    })

    test('forget what is taken away', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const { rollups } = storage
      await add(rollups, 2, {}, { sender_id: bob ?? '' })
      for (const sheet of await rollups.ofConversation(kitchen ?? '', 10)) {
        const tally = new Tally()
        tally.addCounts(sheet, -1)
        expect(await rollups.add({ ...(await rollups.state([])), counted: [], sheets: tally.sheets })).toBe(true)
      }
      expect(await rollups.sheets(ALL, ['2026-11'])).toEqual([])
      expect(await rollups.ofConversation(kitchen ?? '', 10)).toEqual([])
      expect(await rollups.sheetsBy('sender', '', '2026-11', '', 10)).toEqual([])
      await add(rollups, 3, {})
      expect((await rollups.sheetsBy('sender', '', '2026-11', '', 10)).map(each => totalOf(each.counts))).toEqual([1])
    })

    test('contain a batch whole or not at all after a crash at any command', async () => {
      let outcomes = new Set<number>()
      for (let commands = 0; ; commands += 1) {
        await using subject = await subjects()
        const crash = new CrashAt()
        const doomed = await subject.open(crash)
        await add(doomed.rollups, 1, {})
        const { version } = await doomed.rollups.state([])
        crash.left = commands
        const batch = {
          version,
          counted: [{ stream: kitchen ?? '', change: 2 }],
          sheets: sheetsOf({}, { sender_id: bob ?? '' }),
        }
        const added = await doomed.rollups.add(batch).catch(() => false)
        const died = crash.left < 0
        await doomed[Symbol.asyncDispose]()
        await using storage = await subject.open()
        const state = await storage.rollups.state([kitchen ?? ''])
        const change = state.counted.get(kitchen ?? '') ?? 0
        const totals = await Promise.all(
          [ALL, { ...ALL, conversation_id: kitchen ?? '' }, { ...ALL, sender_id: bob ?? '' }].map(async scope => {
            const [sheet] = await storage.rollups.sheets(scope, ['2026-11'])
            return sheet ? totalOf(sheet.counts) : 0
          }),
        )
        expect([change, ...totals]).toEqual(change === 2 ? [2, 3, 3, 1] : [1, 1, 1, 0])
        if (added) expect(change).toBe(2)
        outcomes = new Set([...outcomes, change])
        if (!died) break
      }
      expect(outcomes).toEqual(new Set([1, 2]))
    }, 120_000)
  })
}
