const PART = /^([0-9a-f-]{36})-part-[0-9a-f-]{36}$/

/** A new blob for a part of an upload. */
export function partId(upload_id: string): string {
  return `${upload_id}-part-${crypto.randomUUID()}`
}

/** The upload that the blob is a part of; null if it is none. */
export function uploadOfPart(blob_id: string): string | null {
  return PART.exec(blob_id)?.[1] ?? null
}
