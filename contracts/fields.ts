import { z } from 'zod'

/** UUIDv7, lower case: sorts by creation time. */
export const id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a UUIDv7 in lower case')
  .meta({ format: 'uuid' })

/** A file's id: random, so that it cannot be guessed. */
export const fileId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a file id in lower case')
  .meta({ format: 'uuid' })

/** A user's id, or `me` for the caller (the gate replaces it by the id). */
export const userRef = z.union([z.literal('me'), id])

/** ISO-8601, UTC, milliseconds. */
export const time = z.iso.datetime({ precision: 3 })

/** A time as input: RFC 3339 in any offset and precision. It is kept in UTC with milliseconds; finer digits are dropped. */
export const timeInput = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const at = toUtc(text.toUpperCase())
    if (at === null) context.addIssue({ code: 'custom', message: 'must be an RFC 3339 time with its offset' })
    return at ?? z.NEVER
  })

const dateTime = z.iso.datetime({ offset: true })

function toUtc(text: string): string | null {
  // zod takes minutes without seconds, and no leap second.
  const [, before, second = '', after] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:)(\d\d)(.+)$/.exec(text) ?? []
  const leap = second === '60'
  const plain = dateTime.safeParse(`${before}${leap ? '59' : second}${after}`)
  if (!plain.success) return null
  const ms = Date.parse(plain.data) + (leap ? 1_000 : 0)
  const utc = new Date(ms).toISOString()
  // A leap second ends a day in UTC; a year of more than four digits is no RFC 3339.
  return utc.length > 24 || (leap && !utc.includes('T00:00:00')) ? null : utc
}

/** A name of the IANA time zone database, such as `Europe/Berlin`. Fixed offsets are refused: they know no summer time. */
export const timeZone = z
  .string()
  .max(64)
  .refine(name => /^[A-Za-z]/.test(name) && isTimeZone(name), 'must be a name of the IANA time zone database')

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Text of `min` to `max` code points, kept verbatim. Lone surrogates are refused because UTF-8 cannot encode them. */
export function text(min: number, max: number) {
  return z
    .string()
    .refine(value => value.isWellFormed(), 'must not hold a lone surrogate')
    .refine(value => withinCodePoints(value, min, max), `must have ${min} to ${max} characters`)
    .meta({ minLength: min, maxLength: max })
}

/** Counts code points only where the number of UTF-16 units does not decide. */
function withinCodePoints(value: string, min: number, max: number): boolean {
  if (value.length < min || value.length > max * 2) return false
  if (value.length <= max && value.length >= min * 2) return true
  let count = 0
  for (const _ of value) count += 1
  return count >= min && count <= max
}

/** `asc`, `1`: oldest first; `desc`, `-1`: newest first. */
export const sort = z.union([z.enum(['asc', 'desc', '1', '-1']), z.literal([1, -1])])
export type Sort = z.output<typeof sort>

export function ascending(direction: Sort): boolean {
  return direction === 'asc' || direction === '1' || direction === 1
}

export const limit = z.int().min(1).max(100).default(20)

/** Parameters of a list that is ordered by id. */
export const page = {
  sort: sort.default('asc'),
  start: id.optional().meta({ description: 'id of the first item, inclusive' }),
  before: id.optional().meta({ description: 'id at which the list ends, exclusive' }),
  limit,
}

/** Parameters of a list that is not ordered by id: `start` is the `next_start` of the previous page. */
export const opaquePage = {
  start: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be the next_start of the previous page')
    .optional(),
  limit,
}

/** The answer of every list. `next_start` is the `start` of the next page, or null at the end. */
export function list<T extends z.ZodType>(item: T) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
    next_start: z.string().nullable(),
  })
}

/** A JSON object of the sender's choice, at most 8 KiB as UTF-8. The key `__proto__` is refused. */
export const metadata = z
  .record(z.string(), z.json())
  .refine(value => new TextEncoder().encode(JSON.stringify(value)).length <= 8192, 'must be at most 8 KiB of JSON')
  .refine(value => safe(value), 'must be well-formed text, at most 32 levels deep, without the key __proto__')

function safe(value: unknown, depth = 0): boolean {
  if (depth > 32) return false
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(
    ([key, inner]) => key !== '__proto__' && key.isWellFormed() && safe(inner, depth + 1),
  )
}

/** One emoji or short name: no spaces or control characters, and more than the variation selector U+FE0F alone. */
export const emoji = text(1, 32).regex(
  /^(?!\uFE0F+$)[^\s\p{Cc}]+$/u,
  'must not hold spaces or control characters, nor be a variation selector alone',
)
