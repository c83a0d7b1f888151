import { z } from 'zod'

export type Json = Record<string, unknown>
type Io = 'input' | 'output'

/** The name that zod gives the one recursive schema, `z.json()`, and its name in the documents. */
const RECURSIVE = { from: '__schema0', to: 'Json' } as const
const TIME = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`

/** The schemas of a document, each entity once and by its name. */
export class Schemas {
  readonly #prefix: string
  readonly #named = new Map<string, unknown>()

  /** `prefix`: where the document has its schemas, such as `#/components/schemas/`. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** A schema as JSON Schema; what has a name in it is a reference. */
  of(schema: z.ZodType, io: Io): Json {
    const { $defs = {}, properties = {} } = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => override(zodSchema, jsonSchema, io),
    })
    for (const [id, { id: _id, ...definition }] of Object.entries($defs))
      this.#add(renamed(id), this.#pointed(definition))
    // Cast: an object of one property has the schema of that property.
    return this.#pointed(properties['schema']) as Json
  }

  /** A reference to a schema under that name, which it gets unless it is a reference or an equal one has a name already. */
  named(name: string, schema: Json): Json {
    if (typeof schema['$ref'] === 'string') return schema
    for (const [known, other] of this.#named) if (Bun.deepEquals(other, schema)) return this.ref(known)
    this.#add(name, schema)
    return this.ref(name)
  }

  ref(name: string): Json {
    return { $ref: this.#prefix + name }
  }

  /** Every schema with a name. What equals one of them elsewhere in `value` becomes a reference to it. */
  finish<T>(value: T): { value: T; schemas: Json } {
    const names = new Map([...this.#named].map(([name, schema]) => [JSON.stringify(schema), name]))
    const replaced = (inner: unknown, isRoot: boolean): unknown => {
      if (Array.isArray(inner)) return inner.map(each => replaced(each, false))
      if (typeof inner !== 'object' || inner === null) return inner
      const name = !isRoot && 'properties' in inner ? names.get(JSON.stringify(inner)) : undefined
      if (name !== undefined) return this.ref(name)
      return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, replaced(each, false)]))
    }
    const schemas = [...this.#named].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return {
      // Cast: references take the place of schemas only.
      value: replaced(value, true) as T,
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, replaced(schema, true)])),
    }
  }

  #add(name: string, schema: unknown): void {
    const before = this.#named.get(name)
    if (before !== undefined && !Bun.deepEquals(before, schema)) throw new Error(`two schemas have the name ${name}`)
    this.#named.set(name, schema)
  }

  /** References to `$defs` of a schema become references to the document's schemas. */
  #pointed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(each => this.#pointed(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) =>
        key === '$ref' && typeof inner === 'string'
          ? [key, this.#prefix + renamed(inner.replace('#/$defs/', ''))]
          : [key, this.#pointed(inner)],
      ),
    )
  }
}

function renamed(id: string): string {
  return id === RECURSIVE.from ? RECURSIVE.to : id
}

/** Answers may get new fields (docs/releasing.md), and their numbers and times need no more than their kind. */
function override(schema: z.core.$ZodTypes, json: z.core.JSONSchema.BaseSchema, io: Io): void {
  if (io === 'input') return
  const { def } = schema._zod
  if (def.type === 'object' && !def.catchall) delete json.additionalProperties
  if (json.type === 'integer' && json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
  if (json.type === 'integer' && json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  if (json.format === 'date-time' && json.pattern !== undefined) json.pattern = TIME
}

/** `groups.add-members` → `GroupsAddMembers`; `not_found` → `NotFound`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|[._-])(\w)/g, (_all, letter: string) => letter.toUpperCase())
}
