import type { StatusPatch, StatusRecord } from '../domain/status.ts'

/** What users set as their status, and when they were last active. Rows outside the log; connections are not stored. */
export interface Statuses {
  /** Those that exist, in no particular order. At most 1,000 ids. */
  findMany(user_ids: readonly string[]): Promise<StatusRecord[]>
  /**
   * Merges the patch into what holds at `now` (`present`), and returns the record after it. Concurrent patches of different
   * fields are all applied, also where each finds the record expired.
   */
  save(user_id: string, patch: StatusPatch, now: string): Promise<StatusRecord>
  /** Moves `last_active_at` to `at`, never back. */
  touch(user_id: string, at: string): Promise<void>
  /** Also where there is none. */
  remove(user_id: string): Promise<void>
}
