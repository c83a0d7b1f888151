import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import { openDiskFiles } from '../../src/adapters/files/disk/open.ts'
import { openInspector, thumbnailId, type Inspection } from '../../src/files/inspector.ts'
import { bytesOf, NO_LIMIT, read, streamOf } from '../conformance/files/subject.ts'
import * as images from '../support/images.ts'

async function inspecting() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-inspect-'))
  const files = await openDiskFiles(folder)
  const inspector = openInspector(files)
  return {
    files,
    async inspect(bytes: Uint8Array): Promise<Inspection & { id: string }> {
      const id = crypto.randomUUID()
      await files.put(id, streamOf(bytes), NO_LIMIT)
      return { id, ...(await inspector.inspect(id, bytes.byteLength)) }
    },
    async thumbnail(id: string): Promise<Buffer> {
      return Buffer.from(await read(files, thumbnailId(id)))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

test('the type of content is found by its bytes, and unknown or textual content is never markup', async () => {
  await using place = await inspecting()
  const text = (content: string) => new TextEncoder().encode(content)
  const cases: [content: Uint8Array, type: string][] = [
    [images.png(3, 3), 'image/png'],
    [await images.jpeg(3, 3), 'image/jpeg'],
    [await images.webp(3, 3), 'image/webp'],
    [images.animatedGif(10, 10), 'image/gif'],
    [images.bitmap(3, 3), 'image/bmp'],
    [text('%PDF-1.7\n'), 'application/pdf'],
    [Buffer.from('504b0304', 'hex'), 'application/zip'],
    [text('naïve — 漢字 🙂\r\n\ttext'), 'text/plain'],
    [text('<!doctype html><script>alert(1)</script>'), 'text/plain'],
    [text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 'text/plain'],
    [text('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>'), 'text/plain'],
    [text('BEGIN:VCARD\nVERSION:4.0\n'), 'text/plain'],
    [text('a\0b'), 'application/octet-stream'],
    [Buffer.from('ÄÖÜ', 'latin1'), 'application/octet-stream'],
    [bytesOf(1000), 'application/octet-stream'],
    [text('🙂'.repeat(20_000)), 'text/plain'],
  ]
  for (const [content, type] of cases) expect((await place.inspect(content)).content_type).toBe(type)
})

test('an image has the size at which it is shown, and a thumbnail of at most 512 pixels a side', async () => {
  await using place = await inspecting()
  for (const make of [images.jpeg, images.webp, async (w: number, h: number) => images.png(w, h)]) {
    const large = await place.inspect(await make(1200, 600))
    expect(large).toMatchObject({ width: 1200, height: 600, thumbnail: true })
    expect(await new Bun.Image(await place.thumbnail(large.id)).metadata()).toEqual({
      format: 'webp',
      width: 512,
      height: 256,
    })
    const small = await place.inspect(await make(20, 10))
    expect(await new Bun.Image(await place.thumbnail(small.id)).metadata()).toMatchObject({ width: 20, height: 10 })
  }
  expect(await place.inspect(new TextEncoder().encode('hello'))).toMatchObject({ width: null, thumbnail: false })
})

test('the orientation of a photograph is applied in its size and its thumbnail, and its metadata is not in the thumbnail', async () => {
  await using place = await inspecting()
  const upright = await images.jpeg(200, 100)
  const secret = Buffer.from('Exif\0\0 home address, 52.5N 13.4E')
  for (const [orientation, left] of [
    [1, ['red', 'red']],
    [2, ['blue', 'blue']],
    [3, ['blue', 'blue']],
    [6, ['red', 'blue']],
    [8, ['blue', 'red']],
  ] as const) {
    const photograph = images.withSegment(images.withSegment(upright, 0xfe, secret), 0xe1, images.exif(orientation))
    const found = await place.inspect(photograph)
    const turned = orientation >= 5
    expect(found).toMatchObject(turned ? { width: 100, height: 200 } : { width: 200, height: 100 })
    const thumbnail = await place.thumbnail(found.id)
    expect(thumbnail.includes('Exif') || thumbnail.includes('home address') || thumbnail.includes('EXIF')).toBe(false)
    expect([orientation, ...(await leftSide(thumbnail))]).toEqual([orientation, ...left])
  }
})

test('an animation has the size of its canvas, and a thumbnail of its first picture if it can be decoded', async () => {
  await using place = await inspecting()
  expect(await place.inspect(images.animatedGif(10, 10))).toMatchObject({
    content_type: 'image/gif',
    width: 10,
    height: 10,
    thumbnail: true,
  })
  expect(await place.inspect(await images.animatedWebp(40, 20))).toMatchObject({
    content_type: 'image/webp',
    width: 40,
    height: 20,
  })
})

test('an image that would cost too much to decode has no thumbnail, and costs little', async () => {
  await using place = await inspecting()
  const many = images.png(5_000, 4_000)
  const inflated = (megabytes: number) => deflateSync(Buffer.alloc(megabytes << 20), { level: 9 })
  const claims = Buffer.concat([
    images.PNG_SIGNATURE,
    images.pngHeader(60_000, 60_000),
    images.pngChunk('IDAT', deflateSync(Buffer.alloc(10))),
    images.PNG_END,
  ])
  const profile = images.png(3, 3, images.pngChunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), inflated(320)])))
  const encode = (width: number, progressive: boolean) =>
    new Bun.Image(images.bitmap(4, 4)).resize(width, 4_000).jpeg({ progressive, quality: 50 }).buffer()
  const [progressive, baseline, narrow] = [
    await encode(5_000, true),
    await encode(5_000, false),
    await encode(10, true),
  ]
  Bun.gc(true)
  const before = process.memoryUsage().rss
  expect(await place.inspect(many)).toMatchObject({ width: 5_000, height: 4_000, thumbnail: false })
  expect(await place.inspect(claims)).toMatchObject({ content_type: 'application/octet-stream', width: null })
  expect(await place.inspect(profile)).toMatchObject({ thumbnail: false })
  expect(await place.inspect(progressive)).toMatchObject({ width: 5_000, height: 4_000, thumbnail: false })
  expect(await place.inspect(narrow)).toMatchObject({ thumbnail: true })
  expect(await place.inspect(repeatScan(narrow))).toMatchObject({
    width: 10,
    height: 4_000,
    thumbnail: false,
  })
  expect(await place.inspect(baseline)).toMatchObject({ width: 5_000, height: 4_000, thumbnail: true })
  expect(process.memoryUsage().rss - before).toBeLessThan(224 << 20)
})

test('more images than are decoded at once wait for their turn, and all get their thumbnails', async () => {
  await using place = await inspecting()
  const image = await images.jpeg(300, 200)
  const found = await Promise.all(Array.from({ length: 30 }, () => place.inspect(image)))
  expect(found.every(({ thumbnail }) => thumbnail)).toBe(true)
})

/** A progressive image whose last scan is repeated. */
function repeatScan(image: Buffer): Buffer {
  const start = image.lastIndexOf(Buffer.from([0xff, 0xda]))
  const scan = image.subarray(start, image.length - 2)
  return Buffer.concat([image.subarray(0, start), ...Array.from({ length: 100 }, () => scan), image.subarray(-2)])
}

/** Whether the upper and the lower left quarter are red or blue. */
async function leftSide(image: Buffer): Promise<('red' | 'blue')[]> {
  const png = await new Bun.Image(image).resize(2, 2).png({ compressionLevel: 0 }).buffer()
  const start = png.indexOf('IDAT')
  const pixels = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)))
  const row = pixels.length / 2
  // Each row begins with its filter.
  expect([pixels[0], pixels[row]]).toEqual([0, 0])
  return [0, row].map(at => (pixels.readUInt8(at + 1) > pixels.readUInt8(at + 3) ? 'red' : 'blue'))
}
