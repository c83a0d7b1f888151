import { describe, expect, test } from 'bun:test'
import type { Preferences } from '../../contracts/entities.ts'
import { noticeSilenceOf, silenceOf, type Recipient, type Silence } from '../../src/domain/notify.ts'
import { DEFAULT_PREFERENCES } from '../../src/domain/preferences.ts'
import { MAX_PUSH_BYTES, messagePush, noticePush, readPush } from '../../src/domain/push-message.ts'
import { QuietHours } from '../../src/domain/quiet-hours.ts'
import type { MemberRecord, MessageRecord } from '../../src/domain/records.ts'

const [ADA, BOB] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
const NOW = new Date('2026-07-15T12:00:00Z')
const [BEFORE, AFTER] = ['2026-07-15T11:00:00.000Z', '2026-07-15T13:00:00.000Z']
const quiet = new QuietHours()

const message: Pick<MessageRecord, 'type' | 'deleted_at' | 'sender_id' | 'seq' | 'mentions'> = {
  type: 'text',
  deleted_at: null,
  sender_id: ADA,
  seq: 7,
  mentions: [],
}
const member: MemberRecord = {
  conversation_id: Bun.randomUUIDv7(),
  user_id: BOB,
  role: 'member',
  joined_at: BEFORE,
  joined_change: 1,
  read_seq: 5,
  read_at_seq: 5,
  read_countable: 5,
  own_unread: 0,
  own_seq: 0,
  own_countable: 0,
  receipt_seq: 5,
  receipt_at: null,
  muted_until: null,
  pinned: false,
  archived: false,
  notify: 'all',
}
const recipient: Recipient = {
  user: { disabled: false, deleted: false },
  member,
  preferences: DEFAULT_PREFERENCES,
  blocked: false,
  connected: false,
}

interface Case {
  message?: Partial<typeof message>
  member?: Partial<MemberRecord>
  preferences?: Partial<Preferences>
  rest?: Partial<Omit<Recipient, 'member' | 'preferences'>>
  direct?: true
}
const decide = ({ message: changed, member: own, preferences, rest, direct }: Case): Silence | null =>
  silenceOf(
    { ...message, ...changed },
    { type: direct ? 'direct' : 'group' },
    {
      ...recipient,
      ...rest,
      member: { ...member, ...own },
      preferences: { ...DEFAULT_PREFERENCES, ...preferences },
    },
    NOW,
    quiet,
  )

const mentioned = { mentions: [BOB] }
const hours = (
  from: string,
  to: string,
  tz = 'Etc/UTC',
  days: Preferences['quiet_hours'][number]['days'] = ['wed'],
) => [{ days, from, to, tz }]

/** Why a message is not pushed; null: it is. */
const TABLE: [about: string, Case, Silence | null][] = [
  ['a new message', {}, null],
  ['a mention', { message: mentioned }, null],
  ['a direct message', { direct: true }, null],
  ['an image', { message: { type: 'image' } }, null],
  ['a system message', { message: { type: 'system' } }, 'system'],
  ['a deleted message', { message: { deleted_at: BEFORE } }, 'deleted'],
  ['an own message', { message: { sender_id: BOB } }, 'own'],
  ['a message to a disabled account', { rest: { user: { disabled: true, deleted: false } } }, 'inactive'],
  ['a message to a deleted account', { rest: { user: { disabled: false, deleted: true } } }, 'inactive'],
  ['a message of a blocked sender', { rest: { blocked: true } }, 'blocked'],
  ['a mention by a blocked sender', { message: mentioned, rest: { blocked: true } }, 'blocked'],
  ['a message at the marker', { member: { read_seq: 7, read_at_seq: 7 } }, 'read'],
  ['a message before the marker', { member: { read_seq: 9, read_at_seq: 9 } }, 'read'],
  ['a message before an own one', { member: { own_seq: 8 } }, 'read'],
  ['a message after the marker', { member: { read_seq: 6, read_at_seq: 6 } }, null],
  ['a message while everything is muted', { preferences: { muted_until: AFTER } }, 'muted'],
  ['a mention while everything is muted', { message: mentioned, preferences: { muted_until: AFTER } }, 'muted'],
  ['a message after the muting has ended', { preferences: { muted_until: BEFORE } }, null],
  ['a message of a muted conversation', { member: { muted_until: AFTER } }, 'muted'],
  ['a mention in a muted conversation', { message: mentioned, member: { muted_until: AFTER } }, 'muted'],
  ['a message of a conversation that was muted', { member: { muted_until: BEFORE } }, null],
  ['a message of an archived conversation', { member: { archived: true } }, 'archived'],
  ['a message at level mentions', { preferences: { level: 'mentions' } }, 'level'],
  ['a mention at level mentions', { message: mentioned, preferences: { level: 'mentions' } }, null],
  [
    'a mention of another at level mentions',
    { message: { mentions: [ADA] }, preferences: { level: 'mentions' } },
    'level',
  ],
  ['a direct message at level mentions', { direct: true, preferences: { level: 'mentions' } }, null],
  ['a message at level none', { preferences: { level: 'none' } }, 'level'],
  ['a mention at level none', { message: mentioned, preferences: { level: 'none' } }, 'level'],
  ['a message of a conversation at mentions', { member: { notify: 'mentions' } }, 'level'],
  ['a mention in a conversation at mentions', { message: mentioned, member: { notify: 'mentions' } }, null],
  ['a direct message of a conversation at mentions', { direct: true, member: { notify: 'mentions' } }, 'level'],
  ['a mention in a conversation at none', { message: mentioned, member: { notify: 'none' } }, 'level'],
  [
    'a conversation at all, with the level mentions',
    { member: { notify: 'all' }, preferences: { level: 'mentions' } },
    'level',
  ],
  ['a message in quiet hours', { preferences: { quiet_hours: hours('11:00', '13:00') } }, 'quiet'],
  ['a mention in quiet hours', { message: mentioned, preferences: { quiet_hours: hours('11:00', '13:00') } }, 'quiet'],
  ['a message outside of quiet hours', { preferences: { quiet_hours: hours('13:00', '14:00') } }, null],
  ['a message to somebody who is connected', { rest: { connected: true } }, 'connected'],
]

describe('a message is pushed, or not', () => {
  test.each(TABLE)('%s', (_about, given, silence) => {
    expect(decide(given)).toBe(silence)
  })
})

/** Whether it is quiet; times in UTC. */
const QUIET: [about: string, at: string, ranges: Preferences['quiet_hours'], boolean][] = [
  ['at the beginning', '2026-07-15T22:00:00Z', hours('22:00', '23:00'), true],
  ['a minute before', '2026-07-15T21:59:59Z', hours('22:00', '23:00'), false],
  ['in the last minute', '2026-07-15T22:59:59Z', hours('22:00', '23:00'), true],
  ['at the end', '2026-07-15T23:00:00Z', hours('22:00', '23:00'), false],
  ['on another day', '2026-07-16T22:30:00Z', hours('22:00', '23:00'), false],
  ['before midnight of a night', '2026-07-15T23:30:00Z', hours('22:00', '07:00'), true],
  ['after midnight of a night', '2026-07-16T06:30:00Z', hours('22:00', '07:00'), true],
  ['after midnight before the night', '2026-07-15T06:30:00Z', hours('22:00', '07:00'), false],
  ['after midnight of a night from Sunday', '2026-07-20T01:00:00Z', hours('22:00', '07:00', 'Etc/UTC', ['sun']), true],
  ['around the clock', '2026-07-15T12:00:00Z', hours('00:00', '00:00'), true],
  ['around the clock, on the next day', '2026-07-16T00:00:00Z', hours('00:00', '00:00'), false],
  ['in Berlin in summer (UTC+2)', '2026-07-15T20:00:00Z', hours('22:00', '23:00', 'Europe/Berlin'), true],
  ['in Berlin in summer, an hour later', '2026-07-15T21:00:00Z', hours('22:00', '23:00', 'Europe/Berlin'), false],
  ['in Berlin in winter (UTC+1)', '2026-12-16T21:00:00Z', hours('22:00', '23:00', 'Europe/Berlin'), true],
  ['in Berlin in winter, an hour earlier', '2026-12-16T20:00:00Z', hours('22:00', '23:00', 'Europe/Berlin'), false],
  ['in Kathmandu (UTC+5:45)', '2026-07-15T16:15:00Z', hours('22:00', '23:00', 'Asia/Kathmandu'), true],
  ['in Auckland, where it is the next day', '2026-07-14T12:30:00Z', hours('00:00', '01:00', 'Pacific/Auckland'), true],
  // Summer time begins in Berlin on Sunday, 29 March 2026: 01:59:59 is followed by 03:00:00 (01:00 UTC).
  [
    'before the hour that is left out',
    '2026-03-29T00:59:59Z',
    hours('02:30', '04:00', 'Europe/Berlin', ['sun']),
    false,
  ],
  ['after the hour that is left out', '2026-03-29T01:00:00Z', hours('02:30', '04:00', 'Europe/Berlin', ['sun']), true],
  ['at the end after that hour', '2026-03-29T02:00:00Z', hours('02:30', '04:00', 'Europe/Berlin', ['sun']), false],
  [
    'in a range inside the hour that is left out',
    '2026-03-29T01:00:00Z',
    hours('02:10', '02:50', 'Europe/Berlin', ['sun']),
    false,
  ],
  ['at 06:59 after a short night', '2026-03-29T04:59:00Z', hours('22:00', '07:00', 'Europe/Berlin', ['sat']), true],
  ['at 07:00 after a short night', '2026-03-29T05:00:00Z', hours('22:00', '07:00', 'Europe/Berlin', ['sat']), false],
  // It ends on Sunday, 25 October 2026: 02:59:59 is followed by 02:00:00 (01:00 UTC).
  ['in the hour that comes twice', '2026-10-25T00:30:00Z', hours('02:00', '03:00', 'Europe/Berlin', ['sun']), true],
  ['in its repetition', '2026-10-25T01:30:00Z', hours('02:00', '03:00', 'Europe/Berlin', ['sun']), true],
  ['after its repetition', '2026-10-25T02:00:00Z', hours('02:00', '03:00', 'Europe/Berlin', ['sun']), false],
  ['at 06:59 after a long night', '2026-10-25T05:59:00Z', hours('22:00', '07:00', 'Europe/Berlin', ['sat']), true],
  [
    'in the second of two ranges',
    '2026-07-15T12:00:00Z',
    [...hours('01:00', '02:00'), ...hours('11:00', '13:00')],
    true,
  ],
  ['without ranges', '2026-07-15T12:00:00Z', [], false],
]

describe('quiet hours are what the clock on the wall shows', () => {
  test.each(QUIET)('%s', (_about, at, ranges, expected) => {
    expect(quiet.isQuiet(ranges, new Date(at))).toBe(expected)
  })
})

test('a notice is not for those who have muted everything, chosen none, or have quiet hours now', () => {
  const silence = (preferences: Partial<Preferences>, user = recipient.user) =>
    noticeSilenceOf(user, { ...DEFAULT_PREFERENCES, ...preferences }, NOW, quiet)
  expect(silence({})).toBeNull()
  expect(silence({ level: 'mentions' })).toBeNull()
  expect(silence({ level: 'none' })).toBe('level')
  expect(silence({ muted_until: AFTER })).toBe('muted')
  expect(silence({ quiet_hours: hours('11:00', '13:00') })).toBe('quiet')
  expect(silence({}, { disabled: true, deleted: false })).toBe('inactive')
})

test('the push of a message carries ids, and text only with a preview', () => {
  const sent = { ...message, id: 'm', conversation_id: 'c-1', content: 'hello' } as const
  const ids = messagePush(sent, { name: 'Engines' }, 3, null)
  expect(ids).toMatchObject({
    data: { type: 'message', conversation_id: 'c-1', message_id: 'm', seq: 7, sender_id: ADA },
    alert: null,
    badge: 3,
    collapse_key: 'c1',
  })
  expect(JSON.stringify(ids)).not.toContain('hello')
  expect(messagePush(sent, { name: 'Engines' }, 3, { sender: 'Ada' }).alert).toEqual({
    title: 'Ada (Engines)',
    body: 'hello',
  })
  expect(messagePush(sent, { name: null }, 3, { sender: 'Ada' }).alert).toEqual({ title: 'Ada', body: 'hello' })
  const image = { ...sent, type: 'image', content: '' } as const
  expect(messagePush(image, { name: null }, 3, { sender: 'Ada' }).alert).toEqual({ title: 'Ada', body: '[image]' })
})

test('a push fits into every platform’s limit, whatever its texts are, and no character is cut in two', () => {
  const [a, b] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  for (const unit of ['a', 'ü', '中', '👋', '\u0001', '"']) {
    const sent = { ...message, id: a, conversation_id: b, content: unit.repeat(8_000) } as const
    const push = messagePush(sent, { name: unit.repeat(100) }, 99, { sender: unit.repeat(100) })
    const { data, alert } = push
    expect(Buffer.byteLength(JSON.stringify({ data, alert }))).toBeLessThanOrEqual(MAX_PUSH_BYTES)
    expect(JSON.stringify(alert).isWellFormed()).toBe(true)
    expect(alert).toMatchObject({ body: expect.stringMatching(/…$/u) })
  }
})

test('collapse keys have 32 characters of base64url, one for each conversation', () => {
  const id = Bun.randomUUIDv7()
  const pushes = [readPush(id, 4, 0), noticePush(id, { title: 't', body: 'b' }, { type: 'x', colour: 'red' })]
  for (const { collapse_key } of pushes) expect(collapse_key).toMatch(/^[\w-]{32}$/)
  expect(pushes[0]).toMatchObject({ alert: 'silent', data: { type: 'read', conversation_id: id, last_read_seq: 4 } })
  expect(pushes[1]?.data).toEqual({ type: 'notice', job_id: id, colour: 'red' })
})
