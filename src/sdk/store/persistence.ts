/** The record that vouches for those of conversations: it is saved together with them. */
export const HEAD = 'head'
/** Of the records. Those of another version are not read. */
export const VERSION = 1
/** A tab that has saved within this time goes on saving; the others do not. */
export const LEASE_MS = 5_000

/**
 * Keeps what a store knows between two starts of an app: records by key, for each user. Records are plain data, which
 * structured clone and JSON can copy. Several tabs may share it. What fails is not reported: the store then begins with nothing.
 */
export interface StorePersistence {
  load(user_id: string): Promise<ReadonlyMap<string, unknown>>
  /**
   * Saves records in one step, all or none; undefined removes one. `whole`: every other record whose key begins with `c ` is removed.
   * Answers false and saves nothing if `isTaken` of what is there.
   */
  save(user_id: string, records: ReadonlyMap<string, unknown>, whole: boolean): Promise<boolean>
  /** Removes everything of the user. */
  clear(user_id: string): Promise<void>
}

export interface Head {
  readonly version: number
  /** The tab that has saved it. */
  readonly writer: string
  /** When, in milliseconds since 1970. */
  readonly at: number
}

export function isHead(record: unknown): record is Head {
  return typeof record === 'object' && record !== null && 'writer' in record && 'at' in record && 'version' in record
}

/** Whether a head forbids to save the records of another one: another tab has saved since, or saves now. */
export function isTaken(there: unknown, head: unknown, whole: boolean): boolean {
  if (!isHead(there) || !isHead(head) || there.writer === head.writer) return false
  return !whole || Math.abs(head.at - there.at) < LEASE_MS
}
