import { afterAll, describe, expect, test } from 'bun:test'
import type { CallInputOf } from '../../contracts/index.ts'
import { analyticsFollower } from '../../src/features/analytics/follower.ts'
import { totalOf } from '../../src/domain/analytics/sheets.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { id, person, range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { drain } from '../support/drain.ts'
import { groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer, type SharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openStackStore } from '../support/store.ts'

type Query = CallInputOf<'analytics.messages'>
interface Sent {
  room: string
  sender: string
  at: number
  type: string
}

/** A repeatable sequence of numbers from 0 to 1 (mulberry32). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Sends messages over weeks around a change of the clock in Europe and America, in bursts of up to 20 a moment. */
async function history(storage: Storage, setClock: (at: number) => void, rooms: string[], senders: string[]) {
  const random = dice(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() ** 2 * list.length)] as T
  const sent: Sent[] = []
  let at = Date.parse('2026-10-19T06:00:00.000Z')
  setClock(at)
  for (const room of rooms) await storage.log.appendTo(room, [group(senders[0] ?? '', ...senders.slice(1))], {})
  while (sent.length < 1_500) {
    at += Math.floor(random() ** 3 * 30 * 3_600_000)
    setClock(at)
    const room = pick(rooms)
    const drafts = range(1 + Math.floor(random() * 20)).map(n => {
      const draft = said(pick(senders), `hello ${n}`)
      const type = random() < 0.1 ? ('image' as const) : ('text' as const)
      sent.push({ room, sender: draft.message.sender_id, at, type })
      return { ...draft, message: { ...draft.message, type } }
    })
    await storage.log.appendTo(room, drafts, {})
  }
  return sent
}

/** Asks until the counts contain as many messages as expected: they follow the log after a moment. */
async function counted(root: Person, query: Query, total: number) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await root.client.analytics.messages(query)
    if (answer.total === total || attempt === 400) return answer
    await Bun.sleep(25)
  }
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

/** The date on the wall in a time zone. */
function dateIn(tz: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: tz, dateStyle: 'short' })
  return at => format.format(at)
}

describe('analytics over weeks of messages', () => {
  let now = Date.now()
  const rooms = range(5).map(id).toSorted()
  const senders = range(12).map(id).toSorted()
  const SPAN = { from: '2026-10-15T00:00:00.000Z', to: '2027-03-15T00:00:00.000Z' }
  const store = shared(() => openStackStore(() => new Date(now)))
  const server = sharedServer(async () => ({ overrides: { storage: store().storage } }))
  const scene = shared(async () => {
    const { storage } = store()
    for (const [n, user_id] of senders.entries()) {
      const created_at = new Date(Date.parse('2026-10-12T12:00:00.000Z') + n * 2 * 86_400_000).toISOString()
      await storage.users.create(person(`sender${n}`, { id: user_id, full_name: `Sender ${n}`, created_at }))
    }
    const sent = await history(storage, at => (now = at), rooms, senders)
    const root = await withRole(server, 'ADMIN')
    await counted(root, SPAN, sent.length)
    return { sent, root }
  })
  afterAll(() => store()[Symbol.asyncDispose]())

  const selections: [string, (sent: Sent) => boolean, Query][] = [
    ['all', () => true, {}],
    ['a conversation', each => each.room === rooms[0], { conversation_id: rooms[0] ?? '' }],
    ['a sender', each => each.sender === senders[1], { user_id: senders[1] ?? '' }],
    [
      'a sender in a conversation',
      each => each.room === rooms[1] && each.sender === senders[0],
      { conversation_id: rooms[1] ?? '', user_id: senders[0] ?? '' },
    ],
  ]
  for (const [name, selects, query] of selections)
    test(`the numbers of ${name} are those of a recount, by day of each time zone`, async () => {
      const { root, sent } = scene()
      const selected = sent.filter(selects)
      for (const tz of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu']) {
        const date = dateIn(tz)
        const answer = await root.client.analytics.messages({ ...SPAN, ...query, tz })
        expect(answer.total).toBe(selected.length)
        const busy = answer.series.filter(({ count }) => count > 0)
        expect(Object.fromEntries(busy.map(({ at, count }) => [date(Date.parse(at)), count]))).toEqual(
          countBy(selected, ({ at }) => date(at)),
        )
        expect(answer.by_type).toEqual(countBy(selected, ({ type }) => type))
        const top = (key: 'room' | 'sender') =>
          Object.entries(countBy(selected, each => each[key]))
            .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
            .slice(0, 10)
        expect(answer.top_conversations.map(each => [each.conversation_id, each.count])).toEqual(top('room'))
        expect(answer.top_senders.map(each => [each.user_id, each.count])).toEqual(top('sender'))
      }
    })

  test('the buckets follow one another from the begin of the first to the end of the last, also where nothing was sent', async () => {
    const { root, sent } = scene()
    for (const interval of ['hour', 'day', 'week', 'month'] as const) {
      const span = { from: '2026-10-24T10:10:10.000Z', to: '2026-11-10T09:00:00+02:00', interval, tz: 'Europe/Berlin' }
      const answer = await root.client.analytics.messages(span)
      const [first, last] = [Date.parse(answer.from), Date.parse(answer.to)]
      expect([first <= Date.parse(span.from), last >= Date.parse(span.to)]).toEqual([true, true])
      const begins = answer.series.map(({ at }) => Date.parse(at))
      expect(begins[0]).toBe(first)
      for (const [index, { count }] of answer.series.entries()) {
        const [begin = first, end = last] = [begins[index], begins[index + 1]]
        expect(count).toBe(sent.filter(({ at }) => at >= begin && at < end).length)
      }
      expect(answer.total).toBe(sent.filter(({ at }) => at >= first && at < last).length)
    }
    const week = await root.client.analytics.messages({ ...SPAN, interval: 'week', tz: 'Europe/Berlin' })
    for (const { at } of week.series)
      expect(new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', weekday: 'short' }).format(new Date(at))).toBe(
        'Mon',
      )
  })

  test('users are new once, active where they sent something, and counted by the week they came in', async () => {
    const { root, sent } = scene()
    const date = dateIn('Europe/Berlin')
    const span = { from: '2026-10-12T00:00:00.000Z', to: '2026-11-09T00:00:00.000Z', tz: 'Europe/Berlin' }
    const answer = await root.client.analytics.users(span)
    expect([answer.total, answer.new]).toEqual([senders.length, senders.length])
    const active = new Map<string, Set<string>>()
    for (const { at, sender } of sent) active.set(date(at), (active.get(date(at)) ?? new Set()).add(sender))
    for (const { at, active: count } of answer.series) expect(count).toBe(active.get(date(Date.parse(at)))?.size ?? 0)
    const end = Date.parse(answer.to)
    const since = (days: number) =>
      new Set(sent.filter(({ at }) => at < end && at >= end - days * 86_400_000).map(({ sender }) => sender)).size
    expect(answer.active).toEqual({ day: since(1), week: since(7), month: since(30) })
    const [first] = answer.retention
    expect([first?.cohort, first?.size]).toEqual(['2026-10-11T22:00:00.000Z', 4])
    const WEEK = 7 * 86_400_000
    const begins = answer.retention.map(({ cohort }) => Date.parse(cohort))
    expect(first?.weeks).toEqual(
      begins.map(begin => {
        const end = begins[begins.indexOf(begin) + 1] ?? begin + WEEK
        const during = sent.filter(({ at, sender }) => at >= begin && at < end && senders.slice(0, 4).includes(sender))
        return new Set(during.map(({ sender }) => sender)).size
      }),
    )
    expect(answer.retention.map(({ weeks }) => weeks.length)).toEqual(begins.map((_, index) => begins.length - index))
  })

  test('a purged conversation is taken out of all numbers, and counts again for nobody', async () => {
    const { root, sent } = scene()
    const { storage } = store()
    const gone = rooms[2] ?? ''
    await storage.log.appendTo(gone, [{ event: 'conversation.deleted' }], {})
    const left = sent.filter(({ room }) => room !== gone)
    const answer = await counted(root, { ...SPAN, tz: 'America/New_York' }, left.length)
    expect(answer.total).toBe(left.length)
    expect(answer.by_type).toEqual(countBy(left, ({ type }) => type))
    expect(answer.top_conversations.map(each => each.conversation_id)).not.toContain(gone)
    expect(Object.fromEntries(answer.top_senders.map(each => [each.user_id, each.count]))).toMatchObject(
      Object.fromEntries(
        answer.top_senders.map(({ user_id }) => [user_id, left.filter(each => each.sender === user_id).length]),
      ),
    )
    expect((await root.client.analytics.messages({ ...SPAN, conversation_id: gone })).total).toBe(0)
  })
})

describe('analytics of a running server', () => {
  const server = sharedServer()
  const scene = shared(async () => ({ ada: await register(server, 'ada'), root: await withRole(server, 'ADMIN') }))

  test('deleted messages stay counted, system messages are not, and a name is shown', async () => {
    const { ada, root } = scene()
    const bob = await register(server, 'bob')
    const room = await groupOf(ada, [], '=HYPERLINK("http://evil.example","Kitchen, old")')
    await ada.client.groups.addMembers({ conversation_id: room.id, user_ids: [bob.id] })
    await say(ada, room.id, 'one')
    const two = await say(bob, room.id, 'two')
    await bob.client.messages.delete({ message_id: two.id })
    const answer = await counted(root, { conversation_id: room.id, interval: 'hour' }, 2)
    expect([answer.total, answer.by_type]).toEqual([2, { text: 2 }])
    expect(answer.series.reduce((sum, { count }) => sum + count, 0)).toBe(2)
    expect(answer.series.length).toBeGreaterThan(28)
    expect(answer.top_conversations).toEqual([{ conversation_id: room.id, name: room.name, count: 2 }])
    const users = await root.client.analytics.users({})
    expect(users.active.day).toBeGreaterThan(1)
    expect(users.new).toBe(users.total)
    // The week has not ended: the last day is today.
    expect((await root.client.analytics.users({ interval: 'week' })).active).toEqual(users.active)
  })

  test('the tables are CSV if the request prefers it, and no cell of them is a formula', async () => {
    const { root } = scene()
    const messages = await csv(server, root, '/analytics/messages?interval=day')
    expect(messages.type).toBe('text/csv; charset=utf-8')
    expect(messages.lines[0]).toBe('kind,at,id,name,count')
    expect(messages.lines.some(line => line.startsWith('series,20'))).toBe(true)
    const room = messages.lines.find(line => line.startsWith('conversation,'))
    expect(room).toContain(`"'=HYPERLINK(""http://evil.example"",""Kitchen, old"")",2`)
    const users = await csv(server, root, '/analytics/users?interval=week&tz=Asia/Tokyo')
    expect(users.lines[0]).toBe('kind,at,week,new,active')
    expect(users.lines.some(line => line.startsWith('retention,'))).toBe(true)
    for (const line of [...messages.lines, ...users.lines])
      for (const cell of line.split(',')) expect(cell).not.toMatch(/^"?[=+@\t-]/)
  })

  test('a span that is empty, has too many buckets, or is in no time zone is refused', async () => {
    const { root, ada } = scene()
    const { analytics } = root.client
    const [from, to] = ['2026-01-01T00:00:00.000Z', '2026-02-11T16:00:00.000Z']
    expect((await analytics.messages({ from, to, interval: 'hour' })).series).toHaveLength(1_000)
    await refused(analytics.messages({ from, to: '2026-02-11T16:00:00.001Z', interval: 'hour' }), 'validation_failed')
    await refused(analytics.users({ from: to, to }), 'validation_failed')
    for (const tz of ['Mars/Olympus', '+01:00', ''])
      await refused(analytics.messages({ from, to, tz }), 'validation_failed')
    await refused(ada.client.analytics.messages({}), 'forbidden')
    expect((await analytics.messages({ from, to, user_id: id() })).top_senders).toEqual([])
  })
})

async function csv(server: SharedServer, { access_token }: Person, path: string) {
  const headers = { authorization: `Bearer ${access_token}`, accept: 'text/csv' }
  const response = await fetch(`${server.url}${path}`, { headers })
  expect(response.status).toBe(200)
  return { type: response.headers.get('content-type'), lines: (await response.text()).trimEnd().split('\r\n') }
}

test('entries that come again after a crash are counted once', async () => {
  let now = 0
  await using store = await openStackStore(() => new Date(now))
  const { storage } = store
  const following = await storage.log.follow('analytics', { streams: 'conversations', from: 'beginning' })
  const [rooms, senders] = [range(4).map(id), range(6).map(id)]
  const sent = await history(storage, at => (now = at), rooms, senders)
  const { handle } = analyticsFollower(storage.rollups)
  const random = dice(11)
  const gone = rooms[0] ?? ''
  for (let round = 0; ; round += 1) {
    const limits = { streams: 1 + Math.floor(random() * 4), entries: 1 + Math.floor(random() * 120), bytes: 50_000 }
    const batch = await following.next(limits)
    if (batch.length === 0) break
    await handle(batch.flatMap(({ entries }) => entries))
    // The process ends before the position has moved, or the numbers were stored by another one.
    if (random() < 0.3) continue
    await following.advance(batch.map(({ stream, entries }) => ({ stream, change: entries.at(-1)?.change ?? 0 })))
    if (round === 10) await storage.log.appendTo(gone, [{ event: 'conversation.deleted' }], {})
  }
  expect((await drain(following)).size).toBe(0)
  const left = sent.filter(({ room }) => room !== gone)
  const totals = await storage.rollups.totalsBy('sender', '', '2026-10', '2027-12')
  expect(Object.fromEntries(totals)).toEqual(countBy(left, ({ sender }) => sender))
  const months = ['2026-10', '2026-11', '2026-12', ...range(9).map(n => `2027-0${n}`)]
  const sheets = await storage.rollups.sheets({ conversation_id: '', sender_id: '' }, months)
  expect(sheets.reduce((sum, { counts }) => sum + totalOf(counts), 0)).toBe(left.length)
  expect(await storage.rollups.ofConversation(gone, 10)).toEqual([])
})
