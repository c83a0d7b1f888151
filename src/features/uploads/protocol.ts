import type { ErrorDetails } from '../../../contracts/errors.ts'
import type { UploadRecord } from '../../domain/uploads.ts'

/** The protocol tus 1.0, as headers. */
export const TUS_VERSION = '1.0.0'
export const EXTENSIONS = 'creation,creation-with-upload,termination,expiration'
const PART_TYPE = 'application/offset+octet-stream'

interface Refusing {
  fail: (code: 'validation_failed', details: ErrorDetails) => never
}

export function checkVersion({ fail }: { fail: (code: 'tus_version') => never }, headers: Headers): void {
  if (headers.get('tus-resumable') !== TUS_VERSION) return fail('tus_version')
}

/** Whether the request has a part of the file as its body. */
export function hasPart(headers: Headers): boolean {
  return headers.get('content-type')?.toLowerCase() === PART_TYPE
}

/** A number of bytes that the protocol needs; 422 if it is not one. */
export function numberIn({ fail }: Refusing, headers: Headers, name: string): number {
  const text = headers.get(name)
  if (text !== null && /^\d{1,15}$/.test(text)) return Number(text)
  const message = text === null ? 'is needed' : 'must be a number of bytes'
  return fail('validation_failed', { errors: [{ path: name, message }] })
}

/** What an answer says of an upload. `Parley-File-Id` once the file exists. */
export function headersOf({ id, offset, finished, expires_at }: UploadRecord): Record<string, string> {
  return {
    'upload-offset': String(offset),
    ...(finished ? { 'parley-file-id': id } : { 'upload-expires': new Date(expires_at).toUTCString() }),
  }
}
