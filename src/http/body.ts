import { AppError } from '../../contracts/errors.ts'
import { parseJson } from './exact-json.ts'

/**
 * Reads a JSON object of at most `most` bytes. 415 for another content type, 413 above the size whether it was announced or
 * not, 400 for what is not a JSON object. An empty body without a content type is an empty object.
 */
export async function readJson(request: Request, most: number): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) throw new AppError('unsupported_media_type')
  const text = await readText(request, most)
  if (text === '' && type === null) return {}
  if (type === null) throw new AppError('unsupported_media_type')
  return parseObject(text)
}

/** The body as text; bytes that are not UTF-8 are 400. */
export async function readText(request: Request, most: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > most) throw new AppError('too_large')
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > most) throw new AppError('too_large')
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new AppError('malformed', { detail: 'The body is not UTF-8' })
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    throw new AppError('malformed', { detail: 'The body is not JSON' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('malformed', { detail: 'The body is not a JSON object' })
  // An object with string keys is what was just checked.
  return value as Record<string, unknown>
}
