import busboy from 'busboy'
import type { Readable } from 'node:stream'
import { AppError } from '../../contracts/errors.ts'
import type { Form } from '../context.ts'

/** Parts besides the file, and the bytes of each. */
const MAX_FIELDS = 16
const MAX_FIELD_BYTES = 16 * 1024
/** Bytes of the file that are read ahead of the handler. */
const READ_AHEAD = 64 * 1024

export interface OpenedForm extends Form {
  /** The fields that stand before the file. */
  readonly fields: Readonly<Record<string, string>>
  /** Stops reading. */
  close(): void
}

/**
 * Reads a multipart form up to its file, and the file as the handler reads it: no more than `READ_AHEAD` of it is kept in
 * memory. 415 for another content type, 400 if it is malformed, 422 for a field that is too long, given twice, or is another
 * file.
 */
export async function openForm(headers: Headers, body: ReadableStream<Uint8Array>): Promise<OpenedForm> {
  const parser = openParser(headers)
  const reader = body.getReader()
  const fields: Record<string, string> = Object.create(null) as Record<string, string>
  const taken = new Set<string>()
  const begun = Promise.withResolvers<Form['file']>()
  const ended = Promise.withResolvers<void>()
  // A reader of the form gets the failure; without one it must not end the process.
  ended.promise.catch(() => {})
  begun.promise.catch(() => {})

  let before: Readonly<Record<string, string>> | null = null

  function fail(error: unknown): void {
    const failure = toFailure(error)
    begun.reject(failure)
    ended.reject(failure)
    parser.destroy(failure)
  }
  const refuse = (path: string, message: string) =>
    fail(new AppError('validation_failed', { errors: [{ path: path.slice(0, 64), message }] }))

  parser.on('field', (name, value, { valueTruncated, nameTruncated }) => {
    if (valueTruncated || nameTruncated) return refuse(name, 'is too long')
    if (taken.has(name)) return refuse(name, 'is given twice')
    taken.add(name)
    fields[name] = value
  })
  parser.on('file', (name, file, { filename }) => {
    // An error of the file reaches its reader through the iterator; without a reader it is that of the parser.
    file.on('error', () => {})
    if (name !== 'file') return refuse(name, 'is not a file field')
    before = { ...fields }
    // Clients write a quotation mark of a name like that (WHATWG, multipart form data).
    begun.resolve({ name: (filename ?? '').replaceAll('%22', '"'), bytes: toWeb(file) })
  })
  parser.on('filesLimit', () => refuse('file', 'is given twice'))
  parser.on('fieldsLimit', () => refuse('', `must have at most ${MAX_FIELDS} fields`))
  parser.on('error', fail)
  parser.on('close', () => {
    begun.resolve(null)
    ended.resolve()
  })
  void pump(reader, parser).catch(fail)

  const file = await begun.promise
  const first = before ?? fields
  return {
    fields: first,
    file,
    async rest() {
      await ended.promise
      return Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in first)))
    },
    close() {
      parser.destroy()
      void reader.cancel().catch(() => {})
    },
  }
}

function toFailure(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('malformed', { detail: 'The form is malformed' })
}

function openParser(headers: Headers): busboy.Busboy {
  const type = headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw new AppError('unsupported_media_type')
  try {
    return busboy({
      headers: { 'content-type': type },
      defParamCharset: 'utf8',
      fileHwm: READ_AHEAD,
      limits: { files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, fieldNameSize: 64 },
    })
  } catch {
    throw new AppError('malformed', { detail: 'The form has no boundary' })
  }
}

/** Gives the body to the parser, and waits while what was parsed is not read. */
async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, parser: busboy.Busboy): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read()
    if (parser.destroyed) return
    if (done) return void parser.end()
    if (parser.write(value)) continue
    const free = Promise.withResolvers<void>()
    parser.once('drain', free.resolve)
    parser.once('close', free.resolve)
    await free.promise
    parser.off('drain', free.resolve)
    parser.off('close', free.resolve)
  }
}

/** As a web stream that reads no further ahead than the file itself. */
function toWeb(file: Readable): ReadableStream<Uint8Array> {
  const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next().catch((error: unknown) => {
          throw toFailure(error)
        })
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
      cancel() {
        file.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
