import { jpegCost } from './jpeg.ts'

/** Decoded whole: four bytes a pixel, 64 MiB. */
const MAX_PIXELS = 4096 * 4096
/** A baseline JPEG is decoded at a fraction of its size. */
const MAX_SCALED_PIXELS = 100_000_000
/** An encoder writes about ten; each costs the decoder a pass over all of the picture. */
const MAX_SCANS = 64
/** The longer side of a thumbnail. */
const THUMBNAIL_SIDE = 512
const THUMBNAIL_QUALITY = 80
/** Only the header is read, so it may claim any size; the decoder still bounds what it inflates. */
const ANY_SIZE = 0x3fff * 0x3fff

export interface Size {
  width: number
  height: number
}

/** As it is shown, with the orientation of its metadata applied; null if the header is none of an image. */
export async function sizeOf(bytes: Uint8Array): Promise<Size | null> {
  try {
    const { width, height } = await new Bun.Image(bytes, { maxPixels: ANY_SIZE }).metadata()
    return { width, height }
  } catch {
    return null
  }
}

/**
 * A WebP of at most 512 × 512 pixels without metadata, with the orientation applied; of an animation the first picture. Null if
 * the image cannot be decoded, or would cost too much memory or time. Runs outside the event loop.
 */
export async function thumbnailOf(bytes: Uint8Array, content_type: string): Promise<Blob | null> {
  const { progressive, scans } = content_type === 'image/jpeg' ? jpegCost(bytes) : { progressive: true, scans: 0 }
  if (scans > MAX_SCANS) return null
  try {
    return await new Bun.Image(bytes, { maxPixels: progressive ? MAX_PIXELS : MAX_SCALED_PIXELS })
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: THUMBNAIL_QUALITY })
      .blob()
  } catch {
    return null
  }
}
