import type { Operation } from './operations.ts'

/** The input of an operation. */
export type Fields = Readonly<Record<string, unknown>>

export interface RequestParts {
  /** Path and query. */
  to: string
  body: string | Blob | FormData | null
  type: string | null
}

/** Puts the fields into path, query and body. A form's type is set by `fetch`, with its boundary. */
export function requestOf(operation: Operation, input: Fields): RequestParts {
  const { method, flags } = operation
  const { path, rest } = fillPath(operation, input)
  const { body, ...fields } = rest
  if (flags.includes('o'))
    return { to: path + queryOf(fields), body: bytesOf(operation, 'body', body), type: 'application/octet-stream' }
  if (flags.includes('f')) return { to: path, body: formOf(operation, rest), type: null }
  if (!flags.includes('b')) return { to: path + queryOf(rest), body: null, type: null }
  const bare = method === 'DELETE' && Object.keys(rest).length === 0
  return bare
    ? { to: path, body: null, type: null }
    : { to: path, body: JSON.stringify(rest), type: 'application/json' }
}

/** React Native gives files as objects with a `uri`. */
function bytesOf({ name }: Operation, field: string, value: unknown): Blob {
  const native = typeof value === 'object' && value !== null && 'uri' in value
  // Cast: what React Native sends as a blob.
  if (value instanceof Blob || native) return value as Blob
  throw new TypeError(`${name}: ${field} must be a Blob`)
}

/** The file last, so that the server knows the fields before it reads the file. */
function formOf(operation: Operation, { file, ...fields }: Fields): FormData {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, String(value))
  const bytes = bytesOf(operation, 'file', file)
  // Without a name Bun sends an empty one, which makes the part a field.
  form.append('file', bytes, (bytes as Partial<File>).name || 'blob')
  return form
}

function fillPath(operation: Operation, input: Fields) {
  const rest = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, key: string) => {
    if (rest[key] === undefined) throw new TypeError(`${operation.name}: ${key} is missing`)
    delete rest[key]
    return encodeURIComponent(String(input[key]))
  })
  return { path, rest }
}

/** Without `URLSearchParams`, of which React Native has only a part. */
function queryOf(fields: Fields): string {
  const parts = Object.entries(fields).flatMap(([key, value]) =>
    [value].flat().map(each => `${key}=${encodeURIComponent(String(each))}`),
  )
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}
