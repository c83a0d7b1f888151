import type { UploadRecord, UploadState } from '../domain/uploads.ts'

/** Uploads in progress, and for some time those that are finished. */
export interface Uploads {
  /**
   * Stores an upload whose id is not stored yet, and reserves its length (`FileRows.usage`). Refused, and nothing is stored, if the
   * user would then have more than `max_open` unfinished uploads, or use more than `quota_bytes`; also with concurrent calls.
   */
  create(upload: UploadRecord, limits: UploadLimits): Promise<'created' | 'too_many_uploads' | 'quota_exceeded'>
  find(id: string): Promise<UploadRecord | null>
  /**
   * Replaces the state of an upload that is still as expected; false otherwise, and nothing is changed. Of concurrent calls with
   * the same expectation, each of which changes what is expected, one is carried out.
   */
  advance(id: string, expected: ExpectedUpload, state: UploadState): Promise<boolean>
  /** The upload as it was last, to one caller only; null if there is none. What it has reserved is free, unless its file exists. */
  remove(id: string): Promise<UploadRecord | null>
  /** Those that have expired at `now`, the earliest first. */
  expired(now: string, limit: number): Promise<UploadRecord[]>
}

export interface UploadLimits {
  quota_bytes: number
  max_open: number
}
export type ExpectedUpload = Pick<UploadRecord, 'offset' | 'claimed_until' | 'finished'>
