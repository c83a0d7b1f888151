const SOI = 0xd8
const START_OF_SCAN = 0xda
/** Frames whose coefficients are held until the last scan. */
const PROGRESSIVE = new Set([0xc2, 0xc6, 0xca, 0xce])
/** Markers without a length. */
const BARE = new Set([0x01, SOI, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7])

/** What a JPEG costs to decode: a baseline one is decoded at the size of the thumbnail, a progressive one whole, scan by scan. */
export interface JpegCost {
  progressive: boolean
  scans: number
}

export function jpegCost(bytes: Uint8Array): JpegCost {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let progressive = false
  let scans = 0
  for (let at = buffer.indexOf(0xff); at !== -1 && at + 1 < buffer.length; at = buffer.indexOf(0xff, at)) {
    const marker = buffer.readUInt8(at + 1)
    if (PROGRESSIVE.has(marker)) progressive = true
    if (marker === START_OF_SCAN) scans += 1
    // Zero is a stuffed byte of a scan, 0xff is fill.
    const hasLength = marker !== 0 && marker !== 0xff && !BARE.has(marker) && at + 3 < buffer.length
    at += hasLength ? 2 + buffer.readUInt16BE(at + 2) : marker === 0xff ? 1 : 2
  }
  return { progressive, scans }
}
