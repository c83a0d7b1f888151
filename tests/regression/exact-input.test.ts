import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { parseJson } from '../../src/http/exact-json.ts'
import { groupOf, refused, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()
const scene = shared(async () => {
  const ada = await register(server, 'ada')
  return { ada, room: (await groupOf(ada, [])).id }
})

/** The path of the refusal of a send with this JSON text in its metadata, or the value that was stored; by each transport. */
async function sendByAll(value: string): Promise<unknown[]> {
  const { ada, room } = scene()
  const fields = `"content":"x","metadata":{"deep":[{"value":${value}}]}`
  const post = async (path: string, body: string) => {
    const headers = { authorization: `Bearer ${ada.access_token}`, 'content-type': 'application/json' }
    return (await fetch(`${server.url}${path}`, { method: 'POST', headers, body })).json()
  }
  using socket = await openSocket(server.url, { token: ada.access_token })
  socket.raw(`{"type":"call","id":1,"op":"messages.send","input":{"conversation_id":"${room}",${fields}}}`)
  await until(() => socket.frames.some(({ type }) => type === 'result' || type === 'error'), 'the call is answered')
  const frames = socket.frames.flatMap(frame =>
    frame.type === 'result' ? [frame.data] : frame.type === 'error' ? [frame.error] : [],
  )
  const answers = [
    await post(`/conversations/${room}/messages`, `{${fields}}`),
    await post('/trpc/messages.send', `{"conversation_id":"${room}",${fields}}`),
    ...frames,
  ]
  return answers.map(answer => {
    const text = JSON.stringify(answer)
    return /"path":"(\w+)"/.exec(text)?.[1] ?? /"value":([^}]*)\}/.exec(text)?.[1]
  })
}

const LOST = [
  '12345678901234567890',
  '9007199254740993',
  '-9007199254740993',
  '36028797018963968',
  '1e400',
  '-1E+400',
  '1e-400',
]
const LOST_DECIMALS = ['0.1234567890123456789', '3.14159265358979323846', '1.0000000000000001', '123456789012345678e-1']
const KEPT = [
  '0',
  '-1.5',
  '1E3',
  '9007199254740991',
  '1e21',
  '6.02214076e23',
  '5e-324',
  '1.7976931348623157e308',
  '0.1',
  '1.10',
]

describe('a number in metadata', () => {
  test('a number in metadata that a double-precision number cannot keep is refused by all transports alike', async () => {
    for (const value of [...LOST, ...LOST_DECIMALS])
      expect([value, await sendByAll(value)]).toEqual([value, ['metadata', 'metadata', 'metadata']])
  })

  test('a number in metadata that can be kept is kept with its value, also with 17 digits', async () => {
    for (const value of [...KEPT, '0.10000000000000001', '3.1400000000000001']) {
      const kept = JSON.stringify(Number(value))
      expect([value, await sendByAll(value)]).toEqual([value, [kept, kept, kept]])
    }
  })

  test('digits in a text are not a number', async () => {
    for (const value of ['"[12345678901234567890"', '"\\",:1e400"', '"a: 12345678901234567890"']) {
      const kept = JSON.stringify(JSON.parse(value))
      expect(await sendByAll(value)).toEqual([kept, kept, kept])
    }
  })

  test('a number that cannot be kept is refused in an edit and in other fields too', async () => {
    const { ada, room } = scene()
    const put = async (path: string, body: string) => {
      const headers = { authorization: `Bearer ${ada.access_token}`, 'content-type': 'application/json' }
      const response = await fetch(`${server.url}${path}`, { method: 'PUT', headers, body })
      const { errors } = (await response.json()) as { errors: { path: string }[] }
      return [response.status, errors[0]?.path]
    }
    const { id } = await say(ada, room, 'hello')
    expect(await put(`/messages/${id}`, '{"metadata":{"a":[1,12345678901234567890]}}')).toEqual([422, 'metadata'])
    expect(await put(`/conversations/${room}/read`, '{"seq":1.00000000000000000001}')).toEqual([422, 'seq'])
    const query = `${server.url}/trpc/users.list?input=${encodeURIComponent('{"limit":1.00000000000000000001}')}`
    const listed = await fetch(query, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect([listed.status, await listed.text()]).toEqual([422, expect.stringContaining('"path":"limit"')])
  })
})

describe('exact JSON', () => {
  test('exact JSON keeps an integer exactly or marks it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), integer => {
        const [value] = parseJson(`[${integer}]`) as number[]
        if (Number.isFinite(value)) expect(BigInt(JSON.stringify(value))).toBe(integer)
        else expect(integer > 2n ** 53n || integer < -(2n ** 53n)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('exact JSON keeps every value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value =>
        expect(parseJson(JSON.stringify([value]))).toEqual(JSON.parse(JSON.stringify([value]))),
      ),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value =>
        expect(parseJson(`[${value}]`)).toEqual([value + 0]),
      ),
    )
  })

  test('exact JSON leaves text that is not JSON malformed', () => {
    for (const text of [
      '[01e400]',
      '[1e400',
      '"1e400',
      '[12345678901234567890 1]',
      '[.5e400]',
      '[12345678901234567890abc]',
      '[--1e400]',
    ])
      expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  test('exact JSON parses hostile text in time that grows with its length', () => {
    const long = 250_000
    const texts = [
      `[1${'0'.repeat(long)}1]`,
      `[0.${'0'.repeat(long)}1e5]`,
      `["${'\\"'.repeat(long)}",1e5`,
      `["${'\\"'.repeat(long)}",1e5]`,
      `[${'1e5,'.repeat(long / 4)}1]`,
    ]
    const start = process.cpuUsage()
    for (const text of texts) {
      try {
        parseJson(text)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
      }
    }
    // Microseconds of the processor: other programs may take most of it. A time that grew with the square would be minutes.
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000)
  })
})

describe('a time', () => {
  const KINDS = [
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00.500Z'],
    ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123Z'],
    ['2026-01-01T00:00:00.999999+00:00', '2026-01-01T00:00:00.999Z'],
    ['2026-01-01T05:30:00+05:30', '2026-01-01T00:00:00.000Z'],
    ['2025-12-31T16:00:00.000-08:00', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01t00:00:00z', '2026-01-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59-00:00', '2024-02-29T23:59:59.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2017-01-01T05:29:60.25+05:30', '2017-01-01T00:00:00.250Z'],
  ] as const

  test('a time is accepted with any offset and precision, and returned in UTC with milliseconds', async () => {
    const { ada, room } = scene()
    for (const [given, utc] of KINDS) {
      const { muted_until } = await ada.client.conversations.membership({ conversation_id: room, muted_until: given })
      expect([given, muted_until]).toEqual([given, utc])
    }
  })

  test('text that is not a time is refused', async () => {
    const { ada, room } = scene()
    const none = [
      '',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00Z',
      '2026-01-01 00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:61Z',
      '2026-01-01T12:00:60Z',
      '2026-01-01T00:00:00+24:00',
      '2026-01-01T00:00:00+0100',
      '2026-01-01T00:00:00.Z',
      '0000-01-01T00:00:00+01:00',
      '9999-12-31T23:59:59-00:01',
      '20260101T000000Z',
      'tomorrow',
    ]
    for (const muted_until of none) {
      const { errors } = await refused(
        ada.client.conversations.membership({ conversation_id: room, muted_until }),
        'validation_failed',
      )
      expect(errors).toEqual([{ path: 'muted_until', message: 'must be an RFC 3339 time with its offset' }])
    }
  })

  test('a time is a date-time in the OpenAPI document', async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).text()
    const { components } = JSON.parse(document) as {
      components: { schemas: Record<string, { properties: Record<string, unknown> }> }
    }
    const input = components.schemas['ConversationsMembershipInput']
    expect(JSON.stringify(input?.properties['muted_until'])).toContain('"format":"date-time"')
  })
})
