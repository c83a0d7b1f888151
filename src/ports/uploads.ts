import type { UploadRecord, UploadState } from '../domain/uploads.ts'

/** Uploads in progress, and for some time those that are finished. */
export interface Uploads {
  /** Stores an upload whose id is not stored yet. */
  create(upload: UploadRecord): Promise<void>
  find(id: string): Promise<UploadRecord | null>
  /** Those of the user that are not finished, in no particular order; at most 1,000. One that was created before is among them. */
  openOf(user_id: string): Promise<UploadRecord[]>
  /**
   * Replaces the state of an upload that is still as expected; false otherwise, and nothing is changed. Of concurrent calls with
   * the same expectation, each of which changes what is expected, one is carried out.
   */
  advance(id: string, expected: ExpectedUpload, state: UploadState): Promise<boolean>
  /** The upload as it was last, to one caller only; null if there is none. */
  remove(id: string): Promise<UploadRecord | null>
  /** Those that have expired at `now`, the earliest first. */
  expired(now: string, limit: number): Promise<UploadRecord[]>
}

export type ExpectedUpload = Pick<UploadRecord, 'offset' | 'claimed_until' | 'finished'>
