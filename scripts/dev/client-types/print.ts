import type { z } from 'zod'
import * as entities from '../../../contracts/entities.ts'

/** What a caller may give, or what the server answers. */
export type Mode = 'input' | 'output'

/** The named schemas whose name means something else in a browser. */
const RENAMED: Record<string, string> = { File: 'StoredFile' }
const NAMED_SHAPES = Object.values(entities).flatMap(value => {
  if (typeof value !== 'object' || !('shape' in value)) return []
  const name = nameOf(value)
  const shape: Record<string, z.ZodType> = value.shape
  return name === null ? [] : [{ name, shape }]
})
/** The fields of every list (contracts/fields.ts, `list`). */
const LIST = 'object,data,first_id,last_id,has_more,next_start'
/** An object of which more fields are missing is printed in full. */
const MOST_OMITTED = 3

/** The name under which a schema is exported; null if it has none. */
export function nameOf(schema: z.ZodType): string | null {
  const { id } = schema.meta() ?? {}
  return id === undefined ? null : (RENAMED[id] ?? id)
}

/** The TypeScript type of a schema. Named schemas are printed by name. */
export function typeOf(schema: z.ZodType, mode: Mode): string {
  return nameOf(schema) ?? bodyOf(schema, mode)
}

/** As `typeOf`, also for a named schema. */
export function bodyOf(schema: z.ZodType, mode: Mode): string {
  // Cast: `def` is a union over `type`, of which this function reads the fields by their kind.
  const def = schema.def as z.core.$ZodTypes['_zod']['def']
  const inner = (type: z.core.$ZodType) => typeOf(type as z.ZodType, mode)
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the last case refuses the other kinds
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'unknown':
      return def.type
    case 'lazy':
      // The only recursive schema is `z.json()`.
      return 'Json'
    case 'literal':
      return def.values.map(value => JSON.stringify(value)).join(' | ')
    case 'enum':
      return Object.values(def.entries)
        .map(value => JSON.stringify(value))
        .join(' | ')
    case 'array':
      return `(${inner(def.element)})[]`
    case 'record':
      return `Record<${inner(def.keyType)}, ${inner(def.valueType)}>`
    case 'union':
      return def.options.map(inner).join(' | ')
    case 'nullable':
      return `${inner(def.innerType)} | null`
    case 'optional':
      return orUndefined(inner(def.innerType))
    case 'default':
      return mode === 'input' ? orUndefined(inner(def.innerType)) : inner(def.innerType)
    case 'pipe':
      return inner(mode === 'input' ? def.in : def.out)
    case 'object':
      return objectOf(def.shape as Record<string, z.ZodType>, mode)
    default:
      throw new Error(`a schema of the type ${def.type} has no TypeScript type yet: add it to ${import.meta.file}`)
  }
}

function orUndefined(type: string): string {
  return type === 'unknown' ? type : `${type} | undefined`
}

function objectOf(shape: Record<string, z.ZodType>, mode: Mode): string {
  const { data } = shape
  if (data && Object.keys(shape).join() === LIST) return `List<${typeOf(elementOf(data), mode)}>`
  return omittedOf(shape) ?? fieldsOf(shape, mode)
}

function elementOf(schema: z.ZodType): z.ZodType {
  // Cast: `data` of a list is an array.
  return (schema as z.ZodArray<z.ZodType>).element
}

/** `Omit<User, 'email'>` for what is made by `User.omit`. Of several, the one of which the fewest fields are missing. */
function omittedOf(shape: Record<string, z.ZodType>): string | null {
  const [best] = NAMED_SHAPES.filter(({ shape: whole }) =>
    Object.entries(shape).every(([key, one]) => whole[key] === one),
  )
    .map(({ name, shape: whole }) => ({ name, missing: Object.keys(whole).filter(key => !(key in shape)) }))
    .filter(({ missing }) => missing.length > 0 && missing.length <= MOST_OMITTED)
    .toSorted((a, b) => a.missing.length - b.missing.length)
  return best ? `Omit<${best.name}, ${best.missing.map(key => `'${key}'`).join(' | ')}>` : null
}

/** The fields of an object in braces, each with its description. */
export function fieldsOf(shape: Record<string, z.ZodType>, mode: Mode, more = ''): string {
  const fields = Object.entries(shape).map(([key, schema]) => {
    const optional = mode === 'input' ? isOptional(schema) : schema._zod.optout === 'optional'
    return `${comment(describe(schema, mode))}${key}${optional ? '?' : ''}: ${typeOf(schema, mode)}`
  })
  return fields.length === 0 && more === '' ? 'Record<string, never>' : `{ ${[...fields, more].join('\n')} }`
}

/** The description of a schema or of what it wraps, and the default of an input. */
function describe(schema: z.ZodType, mode: Mode): string {
  const { description, id } = schema.meta() ?? {}
  const def = schema.def as z.core.$ZodTypes['_zod']['def']
  const fallback = def.type === 'default' && mode === 'input' ? `Default: ${JSON.stringify(def.defaultValue)}` : ''
  const wraps = def.type === 'optional' || def.type === 'nullable' || def.type === 'default'
  const own = description ?? (wraps ? describe(def.innerType as z.ZodType, mode) : '')
  return [id === undefined ? own : '', fallback].filter(text => text !== '').join('. ')
}

/** Whether a caller may leave the field out. */
export function isOptional(schema: z.ZodType): boolean {
  return schema._zod.optin !== undefined
}

const WIDTH = 110

/** A documentation comment on lines of its own; nothing without text. */
export function comment(text: string): string {
  const lines = text
    .replaceAll('*/', '*\\/')
    .split(' ')
    .reduce<string[]>(([line = '', ...done], word) => {
      const longer = line === '' ? word : `${line} ${word}`
      return longer.length > WIDTH ? [word, line, ...done] : [longer, ...done]
    }, [])
    .toReversed()
  if (text === '') return ''
  return lines.length === 1 ? `/** ${text} */\n` : `/**\n${lines.map(line => ` * ${line}\n`).join('')} */\n`
}
