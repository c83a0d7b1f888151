import { format, resolveConfig } from 'prettier'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { EVENTS } from '../../contracts/events.ts'
import { FEATURE_LEVELS } from '../../contracts/feature-level.ts'
import { operations } from '../../contracts/index.ts'
import { CLOSE_CODES } from '../../contracts/socket.ts'
import { EventConversation, EventMessage } from '../../contracts/entities.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { SETTINGS } from '../../src/settings.ts'
import { EXAMPLES } from '../../src/transport/frame-examples.ts'
import { Schemas, type Json } from '../../src/transport/openapi-schemas.ts'
import { code, errorsTable, limitsTable, table } from '../../src/transport/tables.ts'

const ROOT = resolve(import.meta.dir, '../..')
const DOCS = join(ROOT, 'docs')

/** The generated tables, by the name in `<!-- table: name -->` … `<!-- end -->`. */
const TABLES: Record<string, () => string> = {
  settings: () => table(['Setting', 'Default', 'Values', 'Meaning'], Object.entries(SETTINGS).map(settingRow)),
  commands: () =>
    table(
      ['Command', 'What it does'],
      Object.entries(COMMANDS).map(([name, { usage, summary }]) => [code(`${name} ${usage}`.trim()), summary]),
    ),
  'close codes': () =>
    table(
      ['Code', 'Reason', 'Reconnect?', 'When'],
      Object.entries(CLOSE_CODES).map(([code, { reason, reconnect, when }]) => [code, reason, reconnect, when]),
    ),
  events: () =>
    table(
      ['Event', 'Stream', '`data`'],
      Object.entries(EVENTS).map(([name, { stream, data }]) => [code(name), STREAMS[stream], dataOf(data)]),
    ),
  'frame examples': () => ['server.ready', 'result.messages.get', 'server.error'].map(exampleOf).join('\n\n'),
  'entities of events': () => [EventMessage, EventConversation].map(fieldsTable).join('\n\n'),
  'feature levels': () =>
    table(
      ['Level', 'What came with it'],
      FEATURE_LEVELS.map((text, index) => [String(index + 1), text]),
    ),
  errors: errorsTable,
  operations: () =>
    table(
      ['Operation', 'REST', 'What it does'],
      operations().map(([name, { method, path, summary }]) => [code(name), code(`${method} ${path}`), summary]),
    ),
  limits: limitsTable,
}

export const GENERATED = ['commands.md', 'configuration.md', 'protocol.md', 'releasing.md']
const STREAMS = { conversation: "the conversation's", user: "the user's own", none: 'none' }

/** The document with its tables generated again from the contracts and settings. */
export async function generated(file: string): Promise<string> {
  const path = join(DOCS, file)
  const text = await Bun.file(path).text()
  const filled = text.replace(
    /(<!-- table: ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, open: string, name: string, close: string) => {
      const make = TABLES[name]
      if (!make) throw new Error(`${file} asks for an unknown table "${name}"`)
      return `${open}\n${make()}\n\n${close}`
    },
  )
  return format(filled, { ...(await resolveConfig(path)), filepath: path })
}

export function pathOf(file: string): string {
  return join(DOCS, file)
}

function exampleOf(name: string): string {
  return `\`\`\`json\n${JSON.stringify(EXAMPLES[name], null, 2)}\n\`\`\``
}

/** The fields of an entity, each with its type and meaning. */
function fieldsTable(entity: z.ZodObject): string {
  const { id = '' } = entity.meta() ?? {}
  const { properties = {} } = new Schemas('#/').of(z.object(entity.shape), 'output') as {
    properties?: Record<string, Json>
  }
  const rows = Object.entries(properties).map(([name, schema]) => [
    code(name),
    typeText(schema),
    typeof schema['description'] === 'string' ? schema['description'] : '',
  ])
  return table([code(id), 'Type', 'Meaning'], rows)
}

function typeText({ $ref, anyOf, enum: values, type, items, format: kind }: Json): string {
  if (typeof $ref === 'string') return $ref.split('/').at(-1) ?? ''
  if (Array.isArray(anyOf)) return anyOf.map(each => typeText(each as Json)).join(' or ')
  if (Array.isArray(values)) return values.map(value => code(String(value))).join(', ')
  if (type === 'array') return `array of ${typeText(items as Json)}`
  if (kind === 'date-time') return 'time'
  return kind === 'uuid' ? 'id' : typeof type === 'string' ? type : 'any'
}

function settingRow([name, schema]: [string, z.ZodType]): string[] {
  const { default: fallback, description, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return [
    code(name),
    fallback === undefined || fallback === '' ? '' : code(JSON.stringify(fallback).replaceAll('"', '')),
    values(rest),
    description ?? '',
  ]
}

function values({
  enum: choices,
  minimum,
  maximum,
  minLength,
  maxLength,
  pattern,
  format: kind,
}: z.core.JSONSchema.JSONSchema): string {
  if (choices) return choices.map(choice => code(String(choice))).join(', ')
  if (minimum !== undefined && maximum !== undefined) return `${minimum} – ${maximum}`
  if (kind === 'uri') return 'URL'
  if (pattern !== undefined) return code(pattern)
  if (maxLength !== undefined) return `${minLength ?? 0} – ${maxLength} characters`
  return 'text'
}

/** The name of the schema, such as `EventMessage`; its fields if it has no name. */
function dataOf(data: z.ZodObject): string {
  const { id } = data.meta() ?? {}
  return typeof id === 'string' ? id : code(`{${Object.keys(data.shape).join(', ')}}`)
}
