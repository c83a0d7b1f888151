import type { ByteRange } from '../../ports/files.ts'

/** Whether the client has these bytes already (RFC 9110, 13.1.2). */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const known = headers.get('if-none-match')
  if (known === null) return false
  return known.trim() === '*' || known.split(',').some(each => each.trim().replace(/^W\//, '') === etag)
}

/**
 * The range that is asked for; null: all of it. Several ranges, other units and a range of another version are answered with all
 * of it, as RFC 9110 (14.2, 13.1.5) allows.
 */
export function rangeOf(
  headers: Headers,
  { etag, size }: { etag: string; size: number },
): ByteRange | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec((headers.get('range') ?? '').replaceAll(' ', '')) ?? []
  if (first === '' && last === '') return null
  const version = headers.get('if-range')
  if (version !== null && version.trim() !== etag) return null
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const [start, end] = [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
  if (last !== '' && Number(last) < start) return null
  return start >= size ? 'unsatisfiable' : { start, end }
}
