import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import breaks from '../../docs/contract/breaks.json'
import released from '../../docs/contract/released.json'
import { breakingChanges } from '../../scripts/dev/contract/breaking.ts'
import { breakFaults, type Breaks } from '../../scripts/dev/contract/breaks.ts'
import { contractSnapshot, type Snapshot, type SnapshotOperation } from '../../scripts/dev/contract/snapshot.ts'
import { Schemas, type Json } from '../../src/transport/openapi-schemas.ts'

const TODAY = '2027-01-01'

test('the contract breaks nothing that was released, unless a new feature level names the break', () => {
  // Cast: the file was written by `bun run release:contract`.
  const before = released as unknown as Snapshot
  const faults = breakFaults(before, contractSnapshot('next'), breaks, new Date().toISOString().slice(0, 10))
  if (faults.length === 0) return
  throw new Error(
    `Clients of ${before.version} would break:\n${faults.map(each => `- ${each}`).join('\n')}\n` +
      'Keep what was there: add a new field, event or operation, and mark the old operation `deprecated`. If it must break, ' +
      'add a line to FEATURE_LEVELS in contracts/feature-level.ts, name the break under that level in ' +
      'docs/contract/breaks.json, and say it under "Changed" in CHANGELOG.md (docs/releasing.md).',
  )
})

const json = (schema: z.ZodType, io: 'input' | 'output') => new Schemas('#/schemas/').of(schema, io)
const GIVEN = z.strictObject({ name: z.string().min(1).max(10), kind: z.enum(['a', 'b']), note: z.string().optional() })
const SHOWN = z.object({ id: z.string(), kind: z.enum(['a', 'b']), at: z.string().nullable(), tags: z.array(z.int()) })
const OPERATION: SnapshotOperation = {
  method: 'POST',
  path: '/things',
  allow: ['user'],
  transports: ['http', 'socket'],
  fields: 'body',
  media: [],
  status: [200],
  input: json(GIVEN, 'input'),
  output: json(SHOWN, 'output'),
  sunset: null,
}
const BEFORE: Snapshot = {
  version: '1',
  protocol: 1,
  feature_level: 3,
  operations: { 'things.make': OPERATION },
  events: { 'thing.made': { stream: 'user', data: json(SHOWN, 'output') } },
  client_frames: { ping: json(z.strictObject({ type: z.literal('ping') }), 'input') },
  server_frames: { hello: json(z.object({ type: z.literal('hello'), n: z.int() }), 'output') },
  error_codes: { not_found: 404 },
  close_codes: { 4400: 'no' },
  schemas: {},
}

const operation = (changes: Partial<SnapshotOperation>): Snapshot => ({
  ...BEFORE,
  operations: { 'things.make': { ...OPERATION, ...changes } },
})
const input = (schema: z.ZodType) => operation({ input: json(schema, 'input') })
const output = (schema: z.ZodType) => operation({ output: json(schema, 'output') })
const event = (data: Json, stream = 'user'): Snapshot => ({ ...BEFORE, events: { 'thing.made': { stream, data } } })

const BREAKING: [what: string, after: Snapshot, reason: string][] = [
  ['an operation is gone', { ...BEFORE, operations: {} }, 'things.make: the operation is gone'],
  ['another path', operation({ path: '/other' }), 'is at another place (POST /things, POST /other)'],
  ['another method', operation({ method: 'PUT' }), 'is at another place'],
  ['fields in the query', operation({ fields: 'query' }), 'carries its fields elsewhere'],
  ['only for ADMINs', operation({ allow: ['ADMIN'] }), 'may be called by fewer'],
  ['not on the socket', operation({ transports: ['http'] }), 'is not on socket any more'],
  ['a new status of success', operation({ status: [200, 202] }), 'answers the new status 202'],
  ['no output', operation({ output: null }), 'has an output where it had none, or none any more'],
  ['a new required field', input(GIVEN.extend({ more: z.string() })), 'input more: is not always there'],
  ['a field that is required now', input(GIVEN.required()), 'input note: is not always there'],
  ['a field of the input is gone', input(GIVEN.omit({ note: true })), 'input note: is no field any more'],
  ['a value of the input is gone', input(GIVEN.extend({ kind: z.enum(['a']) })), 'input kind: has no value "b"'],
  ['a value of the input that is alone', input(GIVEN.extend({ kind: z.literal('a') })), 'input kind: has no value "b"'],
  ['a shorter text', input(GIVEN.extend({ name: z.string().min(1).max(5) })), 'input name: maxLength differs (10, 5)'],
  ['a longer text at least', input(GIVEN.extend({ name: z.string().min(3).max(10) })), 'input name: minLength differs'],
  ['a pattern', input(GIVEN.extend({ name: z.string().min(1).max(10).regex(/a/) })), 'input name: pattern differs'],
  ['another type of the input', input(GIVEN.extend({ name: z.int() })), 'input name: is no string any more'],
  ['a field of the output is gone', output(SHOWN.omit({ id: true })), 'output id: is not always there'],
  ['a field of the output is optional', output(SHOWN.partial({ id: true })), 'output id: is not always there'],
  ['a field of the output may be null', output(SHOWN.extend({ id: z.string().nullable() })), 'output id: is no null'],
  ['another type of the output', output(SHOWN.extend({ id: z.int() })), 'output id: is no integer any more'],
  ['items of another type', output(SHOWN.extend({ tags: z.array(z.string()) })), 'output tags[]: is no string'],
  [
    'a new value of the output',
    output(SHOWN.extend({ kind: z.enum(['a', 'b', 'c']) })),
    'output kind: has no value "c"',
  ],
  ['an event is gone', { ...BEFORE, events: {} }, 'event thing.made: is gone'],
  ['an event in another stream', event(json(SHOWN, 'output'), 'none'), 'event thing.made: is in another stream'],
  [
    'a field of an event is gone',
    event(json(SHOWN.omit({ at: true }), 'output')),
    'event thing.made: at: is not always there',
  ],
  ['a frame of clients is gone', { ...BEFORE, client_frames: {} }, 'frame of clients ping: is gone'],
  ['a frame of the server is gone', { ...BEFORE, server_frames: {} }, 'frame of the server hello: is gone'],
  ['an error code is gone', { ...BEFORE, error_codes: {} }, 'error code not_found: is gone'],
  ['another status of a code', { ...BEFORE, error_codes: { not_found: 410 } }, 'has another status (404, 410)'],
  ['another way to reconnect', { ...BEFORE, close_codes: { 4400: 'yes' } }, 'close code 4400: reconnects otherwise'],
  ['a lower feature level', { ...BEFORE, feature_level: 2 }, 'the feature level went back'],
]

const ALLOWED: [what: string, after: Snapshot][] = [
  ['nothing', BEFORE],
  ['a new operation', { ...BEFORE, operations: { ...BEFORE.operations, 'things.list': OPERATION } }],
  ['an optional field of the input', input(GIVEN.extend({ more: z.string().optional() }))],
  ['a field that may be left out', input(GIVEN.partial({ name: true }))],
  ['a longer text', input(GIVEN.extend({ name: z.string().min(0).max(20) }))],
  ['a new value of the input', input(GIVEN.extend({ kind: z.enum(['a', 'b', 'c']) }))],
  ['null as input', input(GIVEN.extend({ name: z.string().min(1).max(10).nullable() }))],
  ['a new field of the output', output(SHOWN.extend({ more: z.string() }))],
  ['a value of the output less', output(SHOWN.extend({ kind: z.enum(['a']) }))],
  ['no null in the output', output(SHOWN.extend({ at: z.string() }))],
  ['for everybody', operation({ allow: ['anyone'] })],
  ['a new event', { ...BEFORE, events: { ...BEFORE.events, 'thing.gone': { stream: 'user', data: {} } } }],
  ['a new error code', { ...BEFORE, error_codes: { ...BEFORE.error_codes, gone: 410 } }],
]

describe('changes of a contract', () => {
  for (const [what, after, reason] of BREAKING)
    test(`${what} breaks clients`, () => {
      const found = breakingChanges(BEFORE, after, TODAY)
      expect(found).toHaveLength(1)
      expect(found[0]).toContain(reason)
    })

  for (const [what, after] of ALLOWED)
    test(`${what} breaks nobody`, () => expect(breakingChanges(BEFORE, after, TODAY)).toEqual([]))

  test('an operation may be gone from its sunset on, and not before', () => {
    const marked = operation({ sunset: '2027-01-01' })
    const without = { ...BEFORE, operations: {} }
    expect(breakingChanges(marked, without, '2026-12-31')).toHaveLength(1)
    expect(breakingChanges(marked, without, '2027-01-01')).toEqual([])
  })

  test('a change in a named schema is found through every reference, also where it refers to itself', () => {
    const tree = (more: Json): Snapshot => ({
      ...operation({ output: { $ref: '#/schemas/Tree' } }),
      schemas: {
        Tree: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            inner: { type: 'array', items: { $ref: '#/schemas/Tree' } },
            ...more,
          },
          required: ['name', 'inner', ...Object.keys(more)],
        },
      },
    })
    expect(breakingChanges(tree({ id: { type: 'string' } }), tree({}), TODAY)).toEqual([
      'things.make: output id: is not always there',
    ])
    expect(breakingChanges(tree({}), tree({ id: { type: 'string' } }), TODAY)).toEqual([])
  })

  test('a problem may have new codes', () => {
    const present = contractSnapshot('next')
    const before = { ...present, error_codes: { not_found: 404 } }
    expect(breakingChanges(before, present, TODAY)).toEqual([])
    expect(JSON.stringify(present.schemas['Problem'])).not.toContain('not_found')
  })

  test('the contract of this source has no breaking change against itself', () => {
    const present = contractSnapshot('next')
    expect(Object.keys(present.operations).length).toBeGreaterThan(50)
    expect(breakingChanges(present, contractSnapshot('next'), TODAY)).toEqual([])
  })
})

describe('the breaks that are named', () => {
  const GONE = 'things.make: the operation is gone'
  const EVENT = 'event thing.made: is gone'
  const without = (feature_level: number, events = BEFORE.events): Snapshot => ({
    ...BEFORE,
    feature_level,
    operations: {},
    events,
  })

  const CASES: [what: string, after: Snapshot, named: Breaks, faults: string[]][] = [
    ['no break needs no name', { ...BEFORE, feature_level: 4 }, {}, []],
    ['a new level alone allows no break', without(4), {}, [`not named: ${GONE}`]],
    ['a name under the new level allows the break', without(4), { 4: [GONE] }, []],
    ['a further break of the same level needs a name', without(4, {}), { 4: [GONE] }, [`not named: ${EVENT}`]],
    ['levels that are not released add up', without(5, {}), { 4: [GONE], 5: [EVENT] }, []],
    ['a released level allows nothing', without(4), { 3: [GONE] }, [`not named: ${GONE}`]],
    ['a level that does not exist', without(3), { 4: [GONE] }, ['there is no feature level 4']],
    ['a name of no break', { ...BEFORE, feature_level: 4 }, { 4: [GONE] }, [`named, but no break: ${GONE}`]],
    ['what a released level names stays', { ...BEFORE, feature_level: 4 }, { 3: [GONE] }, []],
    ['a word in place of a level', BEFORE, { next: [] }, ['there is no feature level NaN']],
  ]
  test.each(CASES)('%s', (_what, after, named, faults) => {
    expect(breakFaults(BEFORE, after, named, TODAY)).toEqual(faults)
  })

  test('a named operation may stay named when its sunset comes', () => {
    const marked = operation({ sunset: '2027-01-01' })
    for (const today of ['2026-12-31', '2027-01-01'])
      expect(breakFaults(marked, without(4), { 4: [GONE] }, today)).toEqual([])
  })
})
