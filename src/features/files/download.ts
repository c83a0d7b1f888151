import { AppError } from '../../../contracts/errors.ts'
import { Bytes } from '../../../contracts/kit.ts'
import type { HttpCall, Services } from '../../context.ts'
import { isInline } from '../../domain/content-types.ts'
import type { FileRecord } from '../../domain/records.ts'
import { THUMBNAIL_TYPE, thumbnailId } from '../../files/inspector.ts'
import type { ByteRange } from '../../ports/files.ts'
import { disposition } from './disposition.ts'
import { isUnchanged, rangeOf } from './conditions.ts'

/** The bytes that are sent: of a file or of its thumbnail. */
export interface Sent {
  id: string
  name: string
  content_type: string
  size: number
  etag: string
}

export function ofFile({ id, name, content_type, size, sha256 }: FileRecord): Sent {
  return { id, name, content_type, size, etag: `"${sha256}"` }
}

/** null: it has none. */
export async function ofThumbnail({ files }: Pick<Services, 'files'>, file: FileRecord): Promise<Sent | null> {
  const id = thumbnailId(file.id)
  const size = file.thumbnail ? await files.size(id) : null
  return size === null
    ? null
    : { id, name: `${file.name}.webp`, content_type: THUMBNAIL_TYPE, size, etag: `"${file.sha256}-thumbnail"` }
}

/**
 * The answer with the bytes, or a part of them. A browser that gets them runs nothing: types that are not known to be harmless are
 * offered for download, the type is not guessed, and a page made of them would have no rights.
 */
export function download(
  { files }: Pick<Services, 'files'>,
  sent: Sent,
  http: HttpCall,
  pages: 'same-origin' | 'cross-origin' = 'same-origin',
): Bytes<200 | 206 | 304> {
  const { id, name, content_type, size, etag } = sent
  // Whether the caller may still see the file is asked each time.
  const kept = { etag, 'cache-control': 'private, no-cache' }
  if (isUnchanged(http.headers, etag)) return new Bytes(304, kept, null)
  const range = rangeOf(http.headers, { etag, size })
  if (range === 'unsatisfiable') throw new AppError('range_not_satisfiable', { size })
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const headers = {
    ...kept,
    'content-type': content_type.startsWith('text/') ? `${content_type}; charset=utf-8` : content_type,
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
    'content-disposition': disposition(isInline(content_type) ? 'inline' : 'attachment', name),
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': pages,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
  }
  return new Bytes(range ? 206 : 200, headers, () => open(files, id, range))
}

async function open(
  files: Services['files'],
  id: string,
  range: ByteRange | null,
): Promise<ReadableStream<Uint8Array>> {
  const bytes = await files.get(id, ...(range ? [range] : []))
  // Deleted since its row was read.
  if (!bytes) throw new AppError('not_found')
  return bytes
}
