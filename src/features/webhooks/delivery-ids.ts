import { createHash } from 'node:crypto'

/** A UUIDv7 with the event's time, the same each time: an event that is handled twice is one delivery. */
export function deliveryId(webhook_id: string, entry: { stream: string; change: number; at: string }): string {
  const bytes = createHash('sha256').update(`${webhook_id}:${entry.stream}:${entry.change}`).digest().subarray(0, 16)
  bytes.writeUIntBE(Date.parse(entry.at), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return dashed(bytes.toString('hex'))
}

/** The least and the greatest id of deliveries of events from `since` to `until`, in milliseconds. */
export function deliveryIds(since: number, until: number): { first: string; last: string } {
  const hex = (ms: number) => ms.toString(16).padStart(12, '0')
  return { first: dashed(`${hex(since)}70008000000000000000`), last: dashed(`${hex(until)}7fffbfffffffffffffff`) }
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
