/** The generated files of the client: types and tables of the contract without zod. `bun run docs` writes them. */
import { format, resolveConfig } from 'prettier'
import { basename, join, resolve } from 'node:path'
import { entities, entityNames, errorCodes, events, frames } from './client-types/declarations.ts'
import { methods, operationTypes } from './client-types/operations.ts'
import { procedures, routes } from './client-types/routes.ts'
import { errorTable, limitsTable, operationTable } from './client-types/tables.ts'

const ROOT = resolve(import.meta.dir, '../..')
const HEAD = '// Generated from contracts/ by `bun run docs`. Do not edit.\n'

const FILES: Record<string, () => string> = {
  'entities.ts': entities,
  'error-codes.ts': errorCodes,
  'error-table.ts': errorTable,
  'events.ts': events,
  'frames.ts': frames,
  'limits.ts': limitsTable,
  'methods.ts': methods,
  'operation-table.ts': operationTable,
  'operations.ts': operationTypes,
  'procedures.ts': procedures,
  'routes.ts': routes,
}

/** What the generated files import from each other and from the client, by module. */
const EXPORTED: Record<string, readonly string[]> = {
  './entities.ts': entityNames(),
  './error-codes.ts': ['ErrorCode', 'Problem'],
  './operations.ts': ['Operations'],
  '../call-options.ts': ['CallOptions', 'UploadOptions'],
}

export const CLIENT_FILES = Object.keys(FILES).map(name => `src/sdk/generated/${name}`)

/** The text that a generated file has to have. */
export async function clientFile(file: string): Promise<string> {
  const name = basename(file)
  const make = FILES[name]
  if (!make) throw new Error(`${file} is not generated`)
  const text = make()
  const code = text.replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
  const imports = Object.entries(EXPORTED).flatMap(([module, names]) => {
    const used = names.filter(each => new RegExp(String.raw`\b${each}\b`).test(code))
    return module === `./${name}` || used.length === 0 ? [] : [`import type { ${used.join(', ')} } from '${module}'\n`]
  })
  const path = join(ROOT, file)
  return format(`${HEAD}${imports.join('')}${text}`, { ...(await resolveConfig(path)), filepath: path })
}
