import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { operations } from '../../contracts/index.ts'
import { limit, sort, userRef } from '../../contracts/fields.ts'
import { ClientFrame } from '../../contracts/socket.ts'
import { PARSING, fieldErrors } from '../../contracts/field-errors.ts'

const messagesOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value, PARSING)
  return error ? fieldErrors(error).map(({ path, message }) => (path === '' ? message : `${path} ${message}`)) : []
}

const FORMS = z.union([z.object({ a: z.int() }), z.object({ b: z.int() })])

const CASES: [what: string, schema: z.ZodType, value: unknown, message: string][] = [
  ['a field that is missing', z.strictObject({ name: z.string() }), {}, 'name is required'],
  ['an enum that is missing', z.strictObject({ name: z.enum(['a']) }), {}, 'name is required'],
  ['an unknown field', z.strictObject({}), { other: 1 }, 'other unknown field'],
  ['no string', z.string(), 5, 'must be a string'],
  ['no number', z.number(), 'x', 'must be a number'],
  ['no integer', limit, 1.5, 'must be an integer'],
  ['no boolean', z.boolean(), 1, 'must be true or false'],
  ['no array', z.array(z.string()), {}, 'must be an array'],
  ['no object', z.strictObject({}), [], 'must be an object'],
  ['no record', z.record(z.string(), z.int()), 5, 'must be an object'],
  ['a number that is too big', limit, 500, 'must be at most 100'],
  ['a number that is too small', limit, 0, 'must be at least 1'],
  ['an integer that is not exact', z.int(), 2 ** 60, `must be at most ${Number.MAX_SAFE_INTEGER}`],
  ['a bound that is not included', z.number().lt(5).gt(1), 5, 'must be less than 5'],
  ['a bound that is not included below', z.number().lt(5).gt(1), 1, 'must be more than 1'],
  ['a string that is too long', z.string().max(3), 'abcd', 'must have at most 3 characters'],
  ['a string that is too short', z.string().min(1), '', 'must have at least 1 character'],
  ['a string of another length', z.string().length(2), 'a', 'must have exactly 2 characters'],
  ['an array that is too long', z.array(z.int()).max(1), [1, 2], 'must have at most 1 item'],
  ['an array that is too short', z.array(z.int()).min(2), [1], 'must have at least 2 items'],
  ['a time', z.iso.datetime({ precision: 3 }), 'x', 'must be an ISO 8601 time in UTC with milliseconds'],
  ['an e-mail address', z.email(), 'x', 'must be an e-mail address'],
  ['a URL', z.url(), 'x', 'must be a URL'],
  ['another format', z.string().regex(/^a$/), 'x', 'must have another format'],
  ['a multiple', z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  ['a value of a list', z.enum(['a', 'b']), 'x', 'must be one of a, b'],
  ['a literal', z.literal('a'), 'x', 'must be a'],
  ['a union of names', sort, 'x', 'must be one of 1, asc, desc, -1, or must be one of 1, -1'],
  ['a union of which one form fits', userRef, 'x', 'must be a UUIDv7 in lower case'],
  ['a union of which no form fits', userRef, 5, 'must be me, or must be a string'],
  ['a union of objects', FORMS, {}, 'has none of the forms that are accepted'],
  ['a key', z.record(z.string().max(1), z.int()), { long: 1 }, 'long has a key that must have at most 1 character'],
  ['a frame of no type', ClientFrame, { type: 'x' }, 'type must be one of auth, call, resume, pong, ping'],
  ['a rule without a message', z.string().refine(() => false), 'x', 'is not valid'],
]

describe('messages of wrong fields', () => {
  for (const [what, schema, value, message] of CASES)
    test(`${what}: "${message}"`, () => expect(messagesOf(schema, value)).toEqual([message]))

  test('of every operation, whatever its fields are given, every message is one of Parley', () => {
    const wrong = [undefined, null, 5, 1.5, -1, 1e300, '', 'x', 'y'.repeat(10_000), true, [], [[]], {}, { x: {} }]
    let seen = 0
    for (const [, { input }] of operations())
      for (const value of wrong) {
        const given = Object.fromEntries(Object.keys(input.shape).map(name => [name, value]))
        for (const { message } of fieldErrors(input.safeParse(given, PARSING).error ?? new z.ZodError([]))) {
          expect(message).toMatch(/^[a-z]/)
          expect(message).not.toMatch(/invalid|expected|received|\bto (be|have)\b/i)
          seen += 1
        }
      }
    expect(seen).toBeGreaterThan(1_000)
  })
})
