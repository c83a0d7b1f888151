import type { FileRecord } from '../domain/records.ts'

/**
 * The rows of files: what a file is, whose it is, and what refers to it. References are written with what refers: by an append
 * (a message, a conversation's avatar) or by `Users.update` (a user's avatar). What refers and its reference appear and
 * disappear together.
 *
 * - A file to which something refers is not removed, also with concurrent appends and after a crash at any point. An append that
 *   names a file which is removed meanwhile is a `conflict`.
 * - A file to which nothing refers any more is listed by `expired`.
 */
export interface FileRows {
  /**
   * Stores a file to which nothing refers yet. `quota_exceeded`: the user would use more than `quota_bytes`, also with concurrent
   * calls; then nothing is stored. `expires_at` is when it expires if nothing ever refers to it. `quota_bytes` null: an upload
   * with the file's id has reserved its bytes; such a file is never refused, and creating it again changes nothing.
   */
  create(
    file: FileRecord,
    limits: { quota_bytes: number | null; expires_at: string },
  ): Promise<'created' | 'quota_exceeded'>
  /** Those that exist, in no particular order; at most 1,000 ids. */
  findMany(ids: readonly string[]): Promise<FileRecord[]>
  /**
   * Those of the files, at most 1,000, that are shown to the user by a reference: a message or the avatar of a conversation in
   * which the user is a member now, or the avatar of any user. null: of any conversation.
   */
  shownTo(user_id: string | null, ids: readonly string[]): Promise<Set<string>>
  /** By id, from `start` on (inclusive). */
  listOfUser(user_id: string, start: string, limit: number): Promise<FileRecord[]>
  /** The bytes that the user's files take, and those that unfinished uploads have reserved. */
  usage(user_id: string): Promise<number>
  /** Removes the row if nothing refers to the file; `missing` if it was removed before the call. `deleted`: that the user did it is remembered until `expires_at`. */
  remove(id: string, deleted?: { expires_at: string }): Promise<'removed' | 'referenced' | 'missing'>
  /** Who has deleted the file; null if it was not deleted, or is forgotten. */
  deletedBy(id: string): Promise<string | null>
  /** Files that have expired at `now`: candidates for `remove`, which forgets those to which something refers. */
  expired(now: string, limit: number): Promise<FileRecord[]>
  /** All files of the user to which nothing refers expire at `now`. */
  expireAll(user_id: string, now: string): Promise<void>
}
