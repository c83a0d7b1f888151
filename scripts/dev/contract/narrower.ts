import type { Json } from '../../../src/transport/openapi-schemas.ts'
import { resolved, type Snapshot } from './snapshot.ts'

type Book = Pick<Snapshot, 'schemas'>
type Side = { schema: Json; book: Book }

/**
 * Why not every value of `inner` is one of `outer`; each reason names the field. For input, `inner` is the schema before and
 * `outer` the one after; for output it is the other way round. Where both have no limit, unknown fields are not looked at,
 * because clients ignore them; `open` says that `inner` may have more fields than `outer`.
 */
export function misfits(inner: Side, outer: Side, open: boolean, path = '', seen = new Set<string>()): string[] {
  const refs = `${String(inner.schema['$ref'])} ${String(outer.schema['$ref'])}`
  if (inner.schema['$ref'] !== undefined && outer.schema['$ref'] !== undefined) {
    if (seen.has(refs)) return []
    seen = new Set([...seen, refs])
  }
  const [inners, outers] = [branchesOf(inner), branchesOf(outer)]
  if (inners.length > 1 || outers.length > 1)
    return inners.flatMap(each => {
      const reasons = outers.map(other =>
        misfits({ ...inner, schema: each }, { ...outer, schema: other }, open, path, seen),
      )
      return reasons.some(own => own.length === 0) ? [] : [fewest(reasons) ?? at(path, 'has another form')].flat()
    })
  const [one = {}, other = {}] = [inners[0], outers[0]]
  return [
    ...kindMisfits(one, other, path),
    ...fieldMisfits({ ...inner, schema: one }, { ...outer, schema: other }, open, path, seen),
    ...(isSchema(one['items']) && isSchema(other['items'])
      ? misfits({ ...inner, schema: one['items'] }, { ...outer, schema: other['items'] }, open, `${path}[]`, seen)
      : []),
  ]
}

/** The alternatives of a schema; a list of values is one alternative for each value. */
function branchesOf({ schema, book }: Side): Json[] {
  const whole = resolved(schema, book)
  const { anyOf, oneOf, enum: values, type } = whole
  const either = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) && !('properties' in whole) ? oneOf : null
  if (either) return either.flatMap((each: Json) => branchesOf({ schema: each, book }))
  if (Array.isArray(values)) return values.map((value: unknown) => ({ const: value }))
  return Array.isArray(type) ? type.map((each: unknown) => ({ ...whole, type: each })) : [whole]
}

function kindMisfits(inner: Json, outer: Json, path: string): string[] {
  if ('const' in outer) {
    if (!('const' in inner)) return [at(path, `takes ${JSON.stringify(outer['const'])} only`)]
    const same = Bun.deepEquals(inner['const'], outer['const'])
    return same ? [] : [at(path, `has no value ${JSON.stringify(inner['const'])}`)]
  }
  const kind = 'const' in inner ? kindOf(inner['const']) : inner['type']
  const wanted = outer['type']
  const fits = wanted === undefined || kind === wanted || (kind === 'integer' && wanted === 'number')
  if (!fits) return [at(path, `is no ${typeof kind === 'string' ? kind : 'value of any kind'} any more`)]
  if ('const' in inner) return []
  return [
    ...LOWER.flatMap(name =>
      tighter(outer[name], inner[name], 1) ? [at(path, `${name} ${bounds(inner, outer, name)}`)] : [],
    ),
    ...UPPER.flatMap(name =>
      tighter(outer[name], inner[name], -1) ? [at(path, `${name} ${bounds(inner, outer, name)}`)] : [],
    ),
    ...EXACT.flatMap(name =>
      outer[name] !== undefined && outer[name] !== inner[name]
        ? [at(path, `${name} ${bounds(inner, outer, name)}`)]
        : [],
    ),
  ]
}

const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems']
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems']
const EXACT = ['pattern', 'format', 'multipleOf']

function bounds(inner: Json, outer: Json, name: string): string {
  return `differs (${JSON.stringify(inner[name]) ?? 'none'}, ${JSON.stringify(outer[name])})`
}

function tighter(outer: unknown, inner: unknown, sign: 1 | -1): boolean {
  if (typeof outer !== 'number') return false
  return typeof inner !== 'number' || (outer - inner) * sign > 0
}

function fieldMisfits(inner: Side, outer: Side, open: boolean, path: string, seen: Set<string>): string[] {
  const [own, wanted] = [fieldsOf(inner.schema), fieldsOf(outer.schema)]
  const [sure, needed] = [requiredIn(inner.schema), requiredIn(outer.schema)]
  const missing = needed.filter(name => !sure.includes(name)).map(name => at(join(path, name), 'is not always there'))
  const closed = outer.schema['additionalProperties'] === false
  const more = Object.keys(own).filter(name => !(name in wanted) && closed && !open)
  const unlimited = closed && !open && isAnyObject(inner.schema)
  const { additionalProperties: values } = inner.schema
  const { additionalProperties: others } = outer.schema
  return [
    ...missing,
    ...more.map(name => at(join(path, name), 'is no field any more')),
    ...(unlimited ? [at(path, 'takes no other fields any more')] : []),
    ...Object.entries(wanted).flatMap(([name, schema]) => {
      const { [name]: before } = own
      return before ? misfits({ ...inner, schema: before }, { ...outer, schema }, open, join(path, name), seen) : []
    }),
    ...(isSchema(values) && isSchema(others)
      ? misfits({ ...inner, schema: values }, { ...outer, schema: others }, open, join(path, '*'), seen)
      : []),
  ]
}

function isAnyObject({ type, additionalProperties }: Json): boolean {
  return type === 'object' && additionalProperties !== false
}

function fieldsOf({ properties }: Json): Record<string, Json> {
  // Cast: the properties of a JSON Schema are schemas.
  return (properties ?? {}) as Record<string, Json>
}

function requiredIn({ required }: Json): string[] {
  return Array.isArray(required) ? (required as string[]) : []
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Number.isInteger(value) ? 'integer' : Array.isArray(value) ? 'array' : typeof value
}

function fewest(reasons: readonly string[][]): string[] | undefined {
  return reasons.toSorted((a, b) => a.length - b.length)[0]
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function at(path: string, reason: string): string {
  return path === '' ? reason : `${path}: ${reason}`
}
