/** A file that arrives in parts, by the tus protocol. Its id becomes that of the file. */
export interface UploadRecord {
  /** Random, and known to its uploader only. */
  id: string
  user_id: string
  /** The header `Upload-Metadata` as it was given, which is answered again. */
  metadata: string
  /** In bytes. */
  length: number
  /** How many of them are stored. */
  offset: number
  /** Blobs that hold them, in order. */
  parts: UploadPart[]
  /** Until when a process makes a file of the parts. */
  claimed_until: string | null
  /** Whether the file exists; the parts are then removed. */
  finished: boolean
  created_at: string
  /** Moved by every part. Then the upload is removed; a finished one is forgotten, and its file stays. */
  expires_at: string
}

export interface UploadPart {
  id: string
  size: number
}

/** What changes as an upload goes on. */
export type UploadState = Pick<UploadRecord, 'offset' | 'parts' | 'claimed_until' | 'finished' | 'expires_at'>

/** A full part. A process that is killed loses less than this of what it has received. */
export const PART_BYTES = 8 * 1024 * 1024
/** A last part that is smaller is stored again together with what follows it, so that the number of parts is bounded. */
const MIN_PART_BYTES = 1024 * 1024
/** How long an upload may rest (specification, Files). */
const EXPIRY_MS = 24 * 60 * 60 * 1000

export function expiryOf(now: Date): string {
  return new Date(now.getTime() + EXPIRY_MS).toISOString()
}

/** What the next part is made of: a small last part, if there is one, and at most so many bytes of what arrives. */
export function nextPart({ parts, length, offset }: UploadRecord): { merged: UploadPart | null; room: number } {
  const last = parts.at(-1)
  const merged = last && last.size < MIN_PART_BYTES ? last : null
  return { merged, room: Math.min(PART_BYTES - (merged?.size ?? 0), length - offset) }
}

/** The upload after a part, which contains the merged one. */
export function withPart(upload: UploadRecord, part: UploadPart, merged: UploadPart | null, now: Date): UploadRecord {
  const kept = merged ? upload.parts.slice(0, -1) : upload.parts
  const offset = upload.offset - (merged?.size ?? 0) + part.size
  return { ...upload, offset, parts: [...kept, part], expires_at: expiryOf(now) }
}

/** Characters of the header `Upload-Metadata`. */
const MAX_METADATA = 4_096

/** The keys and values of `Upload-Metadata`, a list of keys each with its value in Base64; null if it is not one. */
export function parseMetadata(header: string): Map<string, string> | null {
  const pairs = new Map<string, string>()
  if (header.length > MAX_METADATA) return null
  if (header.trim() === '') return pairs
  for (const pair of header.split(',')) {
    const [, key = '', value = ''] = /^ *([!-+.-~]+)(?: +([A-Za-z0-9+/]*={0,2}))? *$/.exec(pair) ?? []
    if (key === '' || pairs.has(key)) return null
    pairs.set(key, Buffer.from(value, 'base64').toString('utf8'))
  }
  return pairs
}

/** What the uploader calls the file. */
export function nameOf({ metadata }: UploadRecord): string {
  const pairs = parseMetadata(metadata)
  return pairs?.get('filename') ?? pairs?.get('name') ?? ''
}
