import type { z } from 'zod'
import type { FieldError } from './errors.ts'

/** Wrong fields in one answer. */
const MAX_FIELD_ERRORS = 20

type Issue = z.core.$ZodRawIssue

/**
 * How input is parsed: with the messages of this file. What a schema says itself, such as "must be a UUIDv7 in lower case", is
 * kept. No message holds a rejected value.
 */
export const PARSING = { error: (issue: Issue) => messageOf(issue) } as const

/** The first wrong fields and why they are wrong, without their values. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  const errors = error.issues.flatMap(issue => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => ({ path: [...issue.path, key.slice(0, 64)].join('.'), message: 'unknown field' }))
    return [{ path: issue.path.join('.'), message: issue.message }]
  })
  return errors.slice(0, MAX_FIELD_ERRORS)
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  null: 'null',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'must be an ISO 8601 time in UTC with milliseconds',
  email: 'must be an e-mail address',
  url: 'must be a URL',
}

/** The rule that an issue of zod breaks. */
function messageOf(issue: Issue): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'is required'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? 'of another type'}`
    case 'too_big':
      return sized(issue.origin, issue.maximum, issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than')
    case 'too_small':
      return sized(issue.origin, issue.minimum, issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than')
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'must have another format'
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'invalid_union':
      return unionMessage(issue)
    case 'invalid_key':
      return `has a key that ${firstOf(issue.issues)}`
    case 'invalid_element':
      return `has an item that ${firstOf(issue.issues)}`
    case 'unrecognized_keys':
      return 'has unknown fields'
    case 'custom':
      return 'is not valid'
  }
}

const UNITS: Readonly<Record<string, [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
}

function sized(origin: string, size: number | bigint, relation: string): string {
  const unit = UNITS[origin]
  return unit ? `must have ${relation} ${size} ${unit[Number(size) === 1 ? 0 : 1]}` : `must be ${relation} ${size}`
}

function unionMessage({ errors, options }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion> & { options?: unknown }) {
  if (Array.isArray(options)) return `must be ${oneOf(options)}`
  const rules = errors.flatMap(issues => (issues.every(({ path }) => path.length === 0) ? [firstOf(issues)] : []))
  return rules.length > 0 ? [...new Set(rules)].join(', or ') : 'has none of the forms that are accepted'
}

function firstOf([first]: readonly { message: string }[]): string {
  return first?.message ?? 'is not valid'
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map(value => (typeof value === 'string' ? value : JSON.stringify(value)))
  return texts.length === 1 ? `${texts[0]}` : `one of ${texts.join(', ')}`
}
