import { AppError } from '../../contracts/errors.ts'
import { parseJson } from './exact-json.ts'

export interface BodyLimits {
  /** A larger body is 413, whether or not its length was announced. */
  max_body_bytes: number
  /** A body that takes longer to arrive is 408. */
  body_seconds: number
}

/**
 * Reads a JSON object. 415 for another content type, 400 if it is not a JSON object. An empty body without a content type is an
 * empty object.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) throw new AppError('unsupported_media_type')
  const text = await readText(request, limits)
  if (text === '' && type === null) return {}
  if (type === null) throw new AppError('unsupported_media_type')
  return parseObject(text)
}

/** The body as text: 415 if it is compressed, 413 and 408 above `limits`, 400 if it is not UTF-8 or incomplete. */
export async function readText({ headers, body }: Request, limits: BodyLimits): Promise<string> {
  refuseEncoded(headers)
  if (Number(headers.get('content-length') ?? 0) > limits.max_body_bytes) throw new AppError('too_large')
  if (!body) return ''
  const bytes = await readBytes(body, limits)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new AppError('malformed', { detail: 'The body is not UTF-8' })
  }
}

/** 415 for a compressed body. */
export function refuseEncoded(headers: Headers): void {
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    throw new AppError('unsupported_media_type', {
      detail: 'The body must not be compressed',
      accept_encoding: 'identity',
    })
}

async function readBytes(body: ReadableStream<Uint8Array>, limits: BodyLimits): Promise<Uint8Array> {
  const reader = body.getReader()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new AppError('request_timeout')), limits.body_seconds * 1_000)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise])
      if (done) return Buffer.concat(chunks)
      size += value.byteLength
      if (size > limits.max_body_bytes) throw new AppError('too_large')
      chunks.push(value)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    // The client has disconnected or framed the body wrongly, which is not an error of the server and is not logged.
    throw new AppError('malformed', { detail: 'The body did not arrive whole' })
  } finally {
    clearTimeout(timer)
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
  // Cast: the line above checks that it is an object.
  return value as Record<string, unknown>
}
