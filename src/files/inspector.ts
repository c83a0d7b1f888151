import { UNKNOWN_TYPE } from '../domain/content-types.ts'
import type { Files } from '../ports/files.ts'
import { Unavailable } from '../ports/storage.ts'
import { openSlots } from '../slots.ts'
import { sizeOf, thumbnailOf } from './images.ts'
import { sniff } from './sniff.ts'

/** How much of a file is read to recognise it. */
const HEAD_BYTES = 64 * 1024
/** Larger images are stored without a thumbnail; of some formats the size is not known then. */
const MAX_IMAGE_BYTES = 32 * 1024 * 1024
/** Images are decoded by the runtime's threads, each in up to about 130 MiB. */
const CONCURRENT_IMAGES = 2
const MAX_WAITING = 256

/** What the content of a stored file says about it (specification, Files). */
export interface Inspection {
  content_type: string
  /** Of an image as it is shown, with its orientation applied; null for anything else. */
  width: number | null
  height: number | null
  /** Whether a thumbnail is stored, under `thumbnailId`. */
  thumbnail: boolean
}

export interface Inspector {
  /** Of a file that is stored; makes and stores the thumbnail. Rejects with `Unavailable` if too many images wait. */
  inspect(id: string, bytes: number): Promise<Inspection>
}

export const THUMBNAIL_TYPE = 'image/webp'

/** The id of the bytes of a file's thumbnail. They are deleted with those of the file. */
export function thumbnailId(id: string): string {
  return `${id}-thumbnail`
}

/** Types whose pictures the runtime decodes. One that it cannot decode is not what its signature says. */
const DECODED: ReadonlySet<string> = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/bmp',
])

export function openInspector(files: Files): Inspector {
  const slots = openSlots(CONCURRENT_IMAGES, MAX_WAITING, () => new Unavailable('too many images wait'))

  async function read(id: string, bytes: number): Promise<Uint8Array> {
    const stream = await files.get(id, { start: 0, end: bytes - 1 })
    if (!stream) throw new Error('the file to inspect is not stored')
    return new Uint8Array(await new Response(stream).arrayBuffer())
  }

  async function image(id: string, bytes: number, content_type: string, head: Uint8Array): Promise<Inspection> {
    const whole = bytes > MAX_IMAGE_BYTES ? null : bytes > HEAD_BYTES ? await read(id, bytes) : head
    const size = await sizeOf(whole ?? head)
    const thumbnail = size && whole && (await thumbnailOf(whole, content_type))
    if (thumbnail) await files.put(thumbnailId(id), thumbnail.stream(), { max_bytes: thumbnail.size })
    return {
      content_type: size || !whole ? content_type : UNKNOWN_TYPE,
      width: size?.width ?? null,
      height: size?.height ?? null,
      thumbnail: Boolean(thumbnail),
    }
  }

  return {
    async inspect(id, bytes) {
      const head = await read(id, Math.min(bytes, HEAD_BYTES))
      const content_type = await sniff(head)
      if (!DECODED.has(content_type)) return { content_type, width: null, height: null, thumbnail: false }
      // What waits holds no bytes but its head.
      return slots.run(() => image(id, bytes, content_type, head))
    },
  }
}
