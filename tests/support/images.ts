import { crc32, deflateSync } from 'node:zlib'

/** Images made of their parts, so that each part can be made wrong. */

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.byteLength, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

/** Eight bits of red, green and blue for each pixel. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(8, 8)
  header.writeUInt8(2, 9)
  return pngChunk('IHDR', header)
}

export const PNG_END = pngChunk('IEND', Buffer.alloc(0))

/** A PNG of one colour, with chunks before its pixels. */
export function png(width: number, height: number, ...chunks: Buffer[]): Buffer {
  const pixels = pngChunk('IDAT', deflateSync(Buffer.alloc(height * (width * 3 + 1))))
  return Buffer.concat([PNG_SIGNATURE, pngHeader(width, height), ...chunks, pixels, PNG_END])
}

/** Left half red, right half blue. */
export async function jpeg(width: number, height: number): Promise<Buffer> {
  return new Bun.Image(bitmap(width, height)).jpeg({ quality: 95 }).buffer()
}

export async function webp(width: number, height: number): Promise<Buffer> {
  return new Bun.Image(bitmap(width, height)).webp().buffer()
}

export function bitmap(width: number, height: number): Buffer {
  const row = (width * 3 + 3) & ~3
  const file = Buffer.alloc(54 + row * height)
  file.write('BM', 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(-height, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) file.writeUInt8(255, 54 + y * row + x * 3 + (x < width / 2 ? 2 : 0))
  return file
}

/** A segment of a JPEG that goes after its first two bytes. */
export function withSegment(image: Uint8Array, marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, (data.byteLength + 2) >> 8, (data.byteLength + 2) & 0xff])
  return Buffer.concat([image.subarray(0, 2), head, data, image.subarray(2)])
}

/** EXIF data of one entry, the orientation. */
export function exif(orientation: number): Buffer {
  const data = Buffer.from('4578696600004d4d002a00000008000101120003000000010000000000000000', 'hex')
  data.writeUInt16BE(orientation, 24)
  return data
}

/** Two frames of 10 × 10 pixels, of one colour each, on a screen of the given size. */
export function animatedGif(width: number, height: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt16LE(width, 0)
  size.writeUInt16LE(height, 2)
  const frame = Buffer.from('21f904000a0000002c000000000a000a00000208848fa9cbed0fa39c00', 'hex')
  return Buffer.concat([
    Buffer.from('GIF89a', 'latin1'),
    size,
    Buffer.from('f00000ff000000ff00', 'hex'),
    frame,
    frame,
    Buffer.from('3b', 'hex'),
  ])
}

function riff(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32LE(data.byteLength, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.byteLength % 2)])
}

/** Two frames of the picture. */
export async function animatedWebp(width: number, height: number): Promise<Buffer> {
  const picture = (await webp(width, height)).subarray(12)
  const uint24 = (value: number) => Buffer.from([value & 0xff, (value >> 8) & 0xff, value >> 16])
  const canvas = Buffer.concat([Buffer.from([0x02, 0, 0, 0]), uint24(width - 1), uint24(height - 1)])
  const place = Buffer.concat([
    uint24(0),
    uint24(0),
    uint24(width - 1),
    uint24(height - 1),
    uint24(100),
    Buffer.from([0]),
  ])
  const frame = riff('ANMF', Buffer.concat([place, picture]))
  const chunks = [riff('VP8X', canvas), riff('ANIM', Buffer.alloc(6)), frame, frame]
  return riff('RIFF', Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks]))
}
