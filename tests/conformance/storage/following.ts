import { describe, expect, test } from 'bun:test'
import type { Following, FollowOptions } from '../../../src/ports/following.ts'
import { Semaphore } from '../../../src/adapters/storage/mongo/flush/semaphore.ts'
import { group, said } from '../../support/drafts.ts'
import { changesIn, drain } from '../../support/drain.ts'
import type { Fault } from '../../support/faults.ts'
import { until } from '../../support/until.ts'
import { id, range, type Subjects } from './subject.ts'

const ALL: FollowOptions = { streams: 'conversations', from: 'beginning' }
const NEW: FollowOptions = { streams: 'conversations', from: 'now' }
const OWN: FollowOptions = { streams: 'users', from: 'beginning' }
const LIMITS = { streams: 10, entries: 100, bytes: 1024 * 1024 }
const [alice, bob] = [id(), id()]

/** Holds up the commands of one name. */
class Gate implements Fault {
  shut = false
  readonly #command: string
  readonly #reached = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  constructor(command: string) {
    this.#command = command
  }
  get reached(): Promise<void> {
    return this.#reached.promise
  }
  open(): void {
    this.#opened.resolve()
  }
  before(command: string): Promise<void> | void {
    if (!this.shut || command !== this.#command) return
    this.#reached.resolve()
    return this.#opened.promise
  }
}

export function followingConformance(subjects: Subjects): void {
  describe('a follower of the log', () => {
    test('gets every entry of every conversation once, in order, as the log has them', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const following = await storage.log.follow('search', ALL)
      expect(await following.next(LIMITS)).toEqual([])
      const rooms = range(3).map(id)
      for (const room of rooms) await storage.log.appendTo(room, [group(alice, bob)], {})
      for (const n of range(5))
        await Promise.all(rooms.map(room => storage.log.appendTo(room, [said(alice, `hello ${n}`)], {})))
      const handled = await drain(following)
      expect([...handled.keys()].toSorted()).toEqual(rooms.toSorted())
      for (const room of rooms) expect(handled.get(room)).toEqual(await storage.log.read(room, 0, 100))
      expect(await following.next(LIMITS)).toEqual([])
      await storage.log.appendTo(rooms[1] ?? '', [said(bob, 'and on')], {})
      expect([...(await drain(following))].map(([room, entries]) => [room, entries.map(each => each.change)])).toEqual([
        [rooms[1] ?? '', [7]],
      ])
    })

    test('is forgotten, and begins anew when it is followed again', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const room = id()
      await storage.log.appendTo(room, [group(alice, bob)], {})
      const before = await storage.log.follow('webhook', NEW)
      await storage.log.appendTo(room, [said(alice, 'missed')], {})
      await storage.log.unfollow('webhook')
      expect(await before.next(LIMITS)).toEqual([])
      // A store may tell the times apart by milliseconds only.
      const then = Date.now()
      await until(() => Date.now() > then, 'the next millisecond')
      const after = await storage.log.follow('webhook', NEW)
      await storage.log.appendTo(room, [said(alice, 'wanted')], {})
      expect([...(await drain(after)).values()].flat().map(({ change }) => change)).toEqual([3])
      await storage.log.unfollow('nobody')
    })

    test('gets what was committed before it asks, also while another one is being given what came before', async () => {
      await using subject = await subjects()
      const gate = new Gate('follows.bulkWrite')
      await using storage = await subject.open(gate)
      const [search, push] = [await storage.log.follow('search', ALL), await storage.log.follow('push', ALL)]
      const [first, second] = [id(), id()]
      await storage.log.appendTo(first, [group(alice)], {})
      gate.shut = true
      const early = peek(search)
      // SQLite sends no such command.
      await Promise.race([gate.reached, early])
      await storage.log.appendTo(second, [group(alice)], {})
      const late = peek(push)
      gate.open()
      await early
      expect([...(await late).keys()].toSorted()).toEqual([first, second].toSorted())
    })

    test('gets an entry again until it has moved beyond it, also after the store was opened anew', async () => {
      await using subject = await subjects()
      const room = id()
      {
        await using storage = await subject.open()
        const following = await storage.log.follow('search', ALL)
        await storage.log.appendTo(room, [group(alice), said(alice, 'one'), said(alice, 'two')], {})
        await following.next(LIMITS)
        expect(changesIn(await peek(following), room)).toEqual([1, 2, 3])
        await following.advance([{ stream: room, change: 2 }])
        expect(changesIn(await peek(following), room)).toEqual([3])
        // Only forward.
        await following.advance([{ stream: room, change: 1 }])
        expect(changesIn(await peek(following), room)).toEqual([3])
      }
      await using storage = await subject.open()
      const following = await storage.log.follow('search', ALL)
      expect(changesIn(await peek(following), room)).toEqual([3])
      expect(changesIn(await drain(following), room)).toEqual([3])
      expect(await following.lag()).toEqual({ streams: 0, oldest_at: null })
    })

    test('that becomes known later begins at the beginning or with what is appended from then on', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [old, later] = [id(), id()]
      const early = await storage.log.follow('early', ALL)
      await storage.log.appendTo(old, [group(alice), said(alice, 'before')], {})
      await drain(early)
      await storage.log.appendTo(old, [said(alice, 'not handled by the early one yet')], {})
      const sent_at = Date.now()
      await until(() => Date.now() > sent_at, 'the next millisecond')
      const [all, fresh] = [await storage.log.follow('all', ALL), await storage.log.follow('fresh', NEW)]
      expect(changesIn(await drain(all), old)).toEqual([1, 2, 3])
      expect(await drain(fresh)).toEqual(new Map())
      await storage.log.appendTo(old, [said(alice, 'after')], {})
      await storage.log.appendTo(later, [group(bob)], {})
      const handled = await drain(fresh)
      expect([changesIn(handled, old), changesIn(handled, later)]).toEqual([[4], [1]])
      expect(changesIn(await drain(all), old)).toEqual([4])
      expect(changesIn(await drain(early), old)).toEqual([3, 4])
      expect(await drain(await storage.log.follow('fresh', NEW))).toEqual(new Map())
    })

    test('reads user streams if it asks for them, and no conversations', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const room = id()
      const following = await storage.log.follow('badges', OWN)
      await storage.log.appendTo(room, [group(alice, bob)], {})
      await storage.log.appendTo(room, [said(alice, 'hello')], {})
      await storage.log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq: 1, kind: 'read' })
      const handled = await drain(following)
      expect([...handled.keys()].toSorted()).toEqual([alice, bob].toSorted())
      expect(handled.get(bob)?.map(({ event }) => event)).toEqual(['conversation.joined', 'read.updated'])
    })

    test('keeps its own positions', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const room = id()
      const [one, other] = [await storage.log.follow('one', ALL), await storage.log.follow('other', ALL)]
      await storage.log.appendTo(room, [group(alice), said(alice, 'hello')], {})
      expect(changesIn(await drain(one), room)).toEqual([1, 2])
      expect(changesIn(await drain(other), room)).toEqual([1, 2])
    })

    test('gets pages within its limits, and a stream of many entries does not keep others waiting', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [long, short] = [id(), id()]
      await storage.log.appendTo(long, [group(alice)], {})
      for (const n of range(40)) await storage.log.appendTo(long, [said(alice, `long ${n}`)], {})
      const following = await storage.log.follow('search', ALL)
      const [first] = await following.next({ ...LIMITS, entries: 10 })
      expect(first?.entries.map(({ change }) => change)).toEqual(range(10))
      await storage.log.appendTo(short, [group(bob)], {})
      expect((await following.lag()).streams).toBe(2)
      await following.advance([{ stream: long, change: 10 }])
      expect((await following.next({ ...LIMITS, streams: 1 })).map(({ stream }) => stream)).toEqual([short])
      const small = await following.next({ ...LIMITS, bytes: 1 })
      expect(small.flatMap(({ entries }) => entries)).toHaveLength(1)
      const handled = await drain(following, { streams: 1, entries: 7, bytes: 2_000 })
      expect(changesIn(handled, long)).toEqual(range(41).slice(10))
      expect(changesIn(handled, short)).toEqual([1])
    })

    test('gets postponed streams after those that wait', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const following = await storage.log.follow('search', ALL)
      const rooms = range(2).map(id)
      for (const room of rooms) {
        await storage.log.appendTo(room, [group(alice)], {})
        await following.lag()
      }
      const one = { ...LIMITS, streams: 1 }
      expect((await following.next(one))[0]?.stream).toBe(rooms[0] ?? '')
      await following.postpone([rooms[0] ?? ''])
      expect((await following.next(one))[0]?.stream).toBe(rooms[1] ?? '')
      expect((await drain(following)).size).toBe(2)
    })

    test('knows how far it is behind', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const following = await storage.log.follow('search', ALL)
      const rooms = range(3).map(id)
      for (const room of rooms) await storage.log.appendTo(room, [group(alice)], {})
      const [first] = await storage.log.read(rooms[0] ?? '', 0, 1)
      const lag = await following.lag()
      expect(lag.streams).toBe(3)
      expect(Date.parse(lag.oldest_at ?? '') - Date.parse(first?.at ?? '')).toBeLessThan(60_000)
      const [next] = await following.next({ ...LIMITS, streams: 1 })
      await following.advance([{ stream: next?.stream ?? '', change: 1 }])
      expect((await following.lag()).streams).toBe(2)
    })

    test('gets blank entries of a purged conversation, and last that it was deleted', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const room = id()
      const following = await storage.log.follow('search', ALL)
      await storage.log.appendTo(room, [group(alice), said(alice, 'canary')], {})
      await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      const handled = (await drain(following)).get(room) ?? []
      expect(handled.map(({ change }) => change)).toEqual([1, 2, 3])
      expect(handled.at(-1)?.event).toBe('conversation.deleted')
      expect(JSON.stringify(handled)).not.toContain('canary')
    })

    test('misses nothing that is appended while it reads and moves', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const following = await storage.log.follow('search', ALL)
      const rooms = range(4).map(id)
      for (const room of rooms) await storage.log.appendTo(room, [group(alice)], {})
      const handled = new Map<string, number[]>()
      const turns = new Semaphore(1)
      const collect = () =>
        turns.run(async () => {
          for (const [stream, entries] of await drain(following, { streams: 2, entries: 5, bytes: 10_000 }))
            handled.set(stream, [...(handled.get(stream) ?? []), ...entries.map(({ change }) => change)])
        })
      const collecting: Promise<void>[] = []
      const sends = rooms.map(async room => {
        for (const n of range(30)) {
          await storage.log.appendTo(room, [said(alice, `hello ${n}`)], {})
          if (n % 5 === 0) collecting.push(collect())
        }
      })
      await Promise.all(sends)
      await Promise.all([...collecting, collect()])
      for (const room of rooms) expect(handled.get(room)).toEqual(range(31))
    })
  })
}

/** What is not handled, without handling it. */
async function peek(following: Following) {
  return new Map((await following.next(LIMITS)).map(({ stream, entries }) => [stream, entries]))
}
